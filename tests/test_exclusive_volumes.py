"""Tests exclusive volumes, which one request has at a time, across workers and servers."""

import fcntl
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from configuration import module
from processes import wait_idle
from server import refusal
from waiting import eventually


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "data"
    path.mkdir()
    return path


def exclusive(folder, route: str = "/", **keys) -> str:
    return module(route, "increment.wasm", volumes={"/data": {"path": str(folder), "exclusive": True}}, **keys)


@contextmanager
def locked(folder):
    """Holds the lock of a volume, as flock(1) would."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_locked(folder) -> bool:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def count(folder) -> int:
    path = folder / "count"
    return int(path.read_text()) if path.exists() else 0


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_requests_at_once_come_one_after_another(start, folder, workers):
    server = start(exclusive(folder), workers=workers)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: server.get("/?ms=2"), range(60)))
    assert [answer.status for answer in answers] == [200] * 60
    assert sorted(int(answer.text) for answer in answers) == list(range(1, 61))
    assert not is_locked(folder)


def test_routes_and_servers_share_the_lock_of_a_folder(start, folder):
    (folder.parent / "same").symlink_to(folder)
    first = start(exclusive(folder, "/a") + exclusive(folder.parent / "same", "/b"))
    second = start(exclusive(folder, "/c"))
    targets = [(first, "/a?ms=2"), (first, "/b?ms=2"), (second, "/c?ms=2")] * 15
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda target: target[0].get(target[1]).status, targets))
    assert statuses == [200] * len(targets)
    assert count(folder) == len(targets)


def test_one_folder_under_two_names_does_not_wait_for_itself(start, folder):
    volume = {"path": str(folder), "exclusive": True}
    server = start(module("/", "increment.wasm", volumes={"/data": volume, "/again": volume}))
    assert server.get("/").text == "1\n"


def test_a_request_waits_for_who_has_the_volume(start, folder):
    server = start(exclusive(folder) + module("/hello", "hello.wasm"))
    with server.connect() as connection:
        with locked(folder):
            connection.request("GET", "/")
            assert server.get("/hello").status == 200  # The worker itself doesn't wait.
            assert count(folder) == 0
        assert connection.read_response().text == "1\n"


def test_who_waits_too_long_is_told_so(start, folder):
    server = start(exclusive(folder, wall_ms_max=50))
    with locked(folder):
        assert server.get("/").status == 504
    server.wait_log("waited 50 ms .wall_ms_max. for an exclusive volume")
    assert count(folder) == 0
    assert server.get("/").text == "1\n"


def test_who_leaves_while_waiting_runs_nothing(start, folder):
    server = start(exclusive(folder))
    (worker,) = server.workers()
    server.get("/")
    wait_idle([worker])
    before = open_files(worker)
    with locked(folder):
        with server.connect() as connection:
            connection.request("GET", "/")
            eventually(lambda: open_files(worker) > before, "the request has come")
        eventually(lambda: open_files(worker) == before, "the worker knows that the client left")
    assert server.get("/").text == "2\n"


def test_waiting_requests_count_for_concurrency_max(start, folder):
    server = start(exclusive(folder, concurrency_max=1) + module("/hello", "hello.wasm"))
    with server.connect() as connection:
        with locked(folder):
            connection.request("GET", "/")
            eventually(lambda: server.get("/").status == 503, "the first request waits")
        assert connection.read_response().status == 200


@pytest.mark.parametrize("head", [b"Content-Length: 10", b"Transfer-Encoding: chunked"])
def test_a_slow_upload_does_not_hold_the_volume(start, folder, head):
    server = start(exclusive(folder))
    with server.connect() as slow:
        slow.send(b"POST / HTTP/1.1\r\nHost: test\r\n" + head + b"\r\n\r\n")
        slow.send(b"5\r\n12345\r\n" if b"chunked" in head else b"12345")
        assert server.get("/").text == "1\n"
        slow.send(b"0\r\n\r\n" if b"chunked" in head else b"67890")
        assert slow.read_response("POST").text == "2\n"


def test_a_worker_that_is_killed_leaves_the_volume(start, folder):
    server = start(exclusive(folder), workers=2)
    with server.connect() as holder:
        holder.request("GET", "/?ms=60000")
        eventually(lambda: is_locked(folder), "the guest has the volume")
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(lambda: server.get("/").status) for _ in range(8)]
            for worker in server.workers():
                os.kill(worker, signal.SIGKILL)
            for request in waiting:
                request.exception()  # Requests of a killed worker are cut off.
        eventually(lambda: not is_locked(folder), "the volume is free")
        answers = eventually(lambda: server_answers(server), "a new worker serves")
    assert answers == 200


def server_answers(server):
    try:
        return server.get("/").status
    except OSError:  # The next worker is being started.
        return None


def test_a_new_generation_waits_for_the_old_one(start, folder):
    server = start(exclusive(folder))
    with server.connect() as new:
        with server.connect() as old:
            old.request("GET", "/?ms=60000")
            eventually(lambda: is_locked(folder), "the old generation's guest has the volume")
            server.write_config(exclusive(folder) + module("/hello", "hello.wasm"))
            server.signal(signal.SIGHUP)
            eventually(lambda: server.get("/hello").status == 200, "the new generation answers")
            new.request("GET", "/")
            assert server.get("/hello").status == 200
            assert is_locked(folder) and count(folder) == 0
        assert new.read_response().text == "1\n"  # The old guest had ended before it wrote.


def test_exclusive_is_yes_or_no(write):
    text = module("/", "increment.wasm", volumes={"/data": {"path": "x", "exclusive": "yes"}})
    assert "exclusive" in refusal(write(text))
