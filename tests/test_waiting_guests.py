"""Tests that a guest which waits in a host call holds up no other request on its worker."""

import pytest

from configuration import module, table
from processes import wait_idle

POLLS = ["read", "relative", "absolute", "input"]
ENDLESS = ["time", "zero", "yield"]


@pytest.fixture(scope="module")
def server(start_shared):
    return start_shared(table("[server]", wall_ms_max=0, cpu_ms_max=0)
                        + module("/wait", "wait.wasm") + module("/hello", "hello.wasm"), workers=1)


def begin(connection, how: str, query: str = ""):
    """Sends a request whose guest waits, and waits until it says so. The body's byte isn't sent."""
    connection.request("POST", f"/wait?how={how}{query}", [("Content-Length", "1")])
    assert connection.read_head().status == 200
    assert connection.read_chunk() == b"waiting\n"


def assert_answers(server):
    assert len(server.workers()) == 1
    for _ in range(3):
        assert server.get("/hello").status == 200


@pytest.mark.parametrize("how", POLLS)
def test_a_wait_for_input(server, how):
    with server.connect() as connection:
        begin(connection, how)
        assert_answers(server)
        connection.send(b"x")
        assert connection.read_chunk() == b"input\n"
        assert connection.read_chunk() == b""


@pytest.mark.parametrize("how", ["relative", "absolute", "time", "zero", "yield"])
def test_a_wait_for_time(server, how):
    with server.connect() as connection:
        begin(connection, how, "&ms=100")
        assert_answers(server)
        assert connection.read_chunk() == b"time\n"
        assert connection.read_chunk() == b""


@pytest.mark.parametrize("how", POLLS + ENDLESS)
def test_a_wait_without_end(server, how):
    with server.connect() as connection:
        begin(connection, how)
        assert_answers(server)


def test_a_write_that_nobody_reads(server):
    with server.connect(receive_buffer=4096) as connection:
        connection.request("GET", "/wait?how=write")
        assert connection.read_head().status == 200
        wait_idle(server.processes())  # Until the guest is suspended in the middle of its call.
        assert_answers(server)


def test_all_of_them_at_once(server):
    connections = [server.connect() for _ in POLLS + ENDLESS]
    for connection, how in zip(connections, POLLS + ENDLESS, strict=True):
        begin(connection, how)
    assert_answers(server)
    for connection, how in zip(connections, POLLS + ENDLESS, strict=True):
        if how in POLLS:
            connection.send(b"x")
            assert connection.read_chunk() == b"input\n"
        connection.close()
    assert_answers(server)
