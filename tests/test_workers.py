"""Tests the processes of a server: how many there are, and what happens when one dies."""

import os
import signal

import pytest

from configuration import module, table
from processes import is_running
from waiting import eventually

FOR_EVER_MS = 10**7

MODULES = module("/hello", "hello.wasm") + module("/drip", "drip.wasm", wall_ms_max=0, concurrency_max=1)


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_are_processes(start, workers):
    server = start(MODULES, workers=workers)
    assert len(server.workers()) == workers
    assert server.get("/hello").status == 200


def test_a_worker_per_core_by_default(start):
    server = start(MODULES, workers=None)
    assert len(server.workers()) == len(os.sched_getaffinity(0))


def test_workers_0_is_one_process(start):
    server = start(MODULES, workers=0)
    assert server.workers() == []
    assert server.get("/hello").status == 200


def test_workers_of_the_server_table(start):
    server = start(table("[server]", workers=2) + MODULES, workers=None)
    assert len(server.workers()) == 2


def kill_and_wait(server, pid: int) -> list[int]:
    """Kills a worker, waits until another has taken its place, and returns the workers then."""
    count = len(server.workers())
    os.kill(pid, signal.SIGKILL)

    def is_replaced():
        workers = server.workers()
        return len(workers) == count and pid not in workers and workers
    return eventually(is_replaced, "the worker is replaced")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_worker_is_started_again_and_logged(start, workers):
    server = start(MODULES, workers=workers)
    victim = server.workers()[0]
    kill_and_wait(server, victim)
    for _ in range(10):
        assert server.get("/hello").text == "Hello, world!\n"
    server.wait_log(rf"worker.*\b{victim}\b.*signal 9")


def test_a_crash_is_survived_like_a_kill(start):
    server = start(MODULES, workers=1)
    (victim,) = server.workers()
    os.kill(victim, signal.SIGABRT)
    eventually(lambda: server.workers() not in ([victim], []))
    assert server.get("/hello").text == "Hello, world!\n"


def test_connections_that_nobody_had_accepted_survive_their_worker(start):
    server = start(MODULES, workers=1)
    (victim,) = server.workers()
    os.kill(victim, signal.SIGSTOP)
    waiting = [server.connect() for _ in range(5)]
    for connection in waiting:
        connection.request("GET", "/hello")
    os.kill(victim, signal.SIGKILL)
    for connection in waiting:
        assert connection.read_response().text == "Hello, world!\n"
        connection.close()


def test_the_places_of_a_dead_workers_requests_are_free_again(start):
    server = start(MODULES, workers=1)
    with server.connect() as running:
        running.request("GET", f"/drip?ms={FOR_EVER_MS}")
        assert running.read_head().status == 200
        assert server.get("/drip?ms=0").status == 503
        kill_and_wait(server, server.workers()[0])
        assert server.get("/drip?ms=0").status == 200


def test_a_worker_that_keeps_dying_is_started_less_and_less_often(start):
    server = start(MODULES, workers=1)
    for _ in range(4):
        kill_and_wait(server, server.workers()[0])
    assert server.get("/hello").status == 200
    delays = [int(delay) for delay in server.wait_log("worker.*started again in ([0-9]+) ms", 4)]
    assert delays == sorted(set(delays))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_workers_end_with_their_supervisor(start, number):
    server = start(MODULES, workers=2)
    workers = server.workers()
    os.kill(server.pid, number)
    server.wait()
    for worker in workers:
        eventually(lambda pid=worker: not is_running(pid), "the worker has ended")
    server.kill()


def test_a_worker_in_a_loop_is_still_stopped(start):
    server = start(table("[server]", drain_ms_max=200) + module("/loop", "loop.wasm", cpu_ms_max=0, wall_ms_max=0),
                   workers=1)
    with server.connect() as connection:
        connection.request("GET", "/loop?after=1")
        assert connection.read_head().status == 200
        server.signal(signal.SIGTERM)
        server.wait()
    server.kill()
