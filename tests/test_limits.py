"""Tests limits on a request, a module and a client, and that others aren't disturbed."""

import re
import select
from contextlib import ExitStack
from hashlib import sha256

import pytest

from configuration import module, table
from raw_http import Truncated
from server import refusal
from waiting import eventually

FOR_EVER_MS = 10**7


@pytest.fixture(scope="module")
def server(start_shared):
    return start_shared(
        table("[server]", memory_max="32MiB", cpu_ms_max=200, wall_ms_max=400, body_bytes_max=1000, concurrency_max=4)
        + "".join(module(f"/{name}", f"{name}.wasm") for name in (
            "grow_denied", "out_of_memory", "loop", "sleep", "drip", "count", "echo", "trap", "hello", "stderr"))
        + module("/grow_more", "grow_denied.wasm", memory_max="48 MiB")
        + module("/grow_most", "grow_denied.wasm", memory_max=0)
        + module("/sleep_more", "sleep.wasm", wall_ms_max=60_000)
        + module("/loop_by_wall", "loop.wasm", cpu_ms_max=0)
        + module("/loop_by_cpu", "loop.wasm", wall_ms_max=0)
        + module("/drip_freely", "drip.wasm", wall_ms_max=0, concurrency_max=0)
        + module("/drip_single", "drip.wasm", wall_ms_max=0, concurrency_max=1)
        + module("/drip_in_turn", "drip.wasm", wall_ms_max=0, concurrency_max=4)
        + module("/loop_freely", "loop.wasm", wall_ms_max=0, cpu_ms_max=0)
        + module("/count_more", "count.wasm", body_bytes_max=0)
        + module("/start_loop", "start_loop.wat")
        + module("/huge_memory_allowed", "huge_memory.wat", memory_max="1GiB")
        + module("/huge_table", "huge_table.wat")
        + module("/two_memories", "two_memories.wat"),
        workers=2)


def hold(stack: ExitStack, server, target: str):
    """Sends a request that runs until its connection is closed, and waits for its first bytes."""
    connection = stack.enter_context(server.connect())
    connection.request("GET", target)
    assert connection.read_head().status == 200
    return connection


# --- Memory.

@pytest.mark.parametrize("target, least, most", [
    ("/grow_denied", 30, 32), ("/grow_more", 46, 48), ("/grow_most", 129, 4096)])
def test_memory_max(server, target, least, most):
    response = server.get(target)
    assert response.status == 200
    assert least <= int(response.text.removeprefix("mib=")) <= most


def test_a_guest_that_is_out_of_memory_is_500(server):
    response = server.get("/out_of_memory")
    assert response.status == 500
    assert "memory" in response.text


def test_a_module_that_begins_above_its_limit_is_a_mistake(server, write):
    assert server.get("/huge_memory_allowed").text == "huge memory\n"
    said = refusal(write(module("/huge_memory_allowed", "huge_memory.wat", memory_max="1GiB")
                         + module("/huge_memory", "huge_memory.wat", memory_max="32MiB")))
    assert re.findall(r"modules\.toml:(\d+):\d+: .*huge_memory\.wat can't be started with a memory_max of 32 MiB: .*"
                      "exceeds memory limits", said) == ["8"]


def test_a_module_too_large_for_the_pool_runs_on_demand_and_a_line_says_so(server):
    for _ in range(3):
        assert server.get("/two_memories").text == "two memories\n"
    assert re.search(r"two_memories\.wat.*(pool|demand)", server.log)


def test_a_table_may_begin_with_more_than_the_pool_has(server):
    for _ in range(3):
        assert server.get("/huge_table").text == "huge table\n"


# --- Time.

@pytest.mark.parametrize("target", [
    "/loop", "/loop_by_cpu", "/loop_by_wall", "/start_loop", f"/sleep?ms={FOR_EVER_MS}"])
def test_over_its_time_a_guest_is_504(server, target):
    response = server.get(target)
    assert response.status == 504
    request_id = re.search("[0-9a-f]{16}", response.text)[0]
    server.wait_log(f"{request_id}.*[0-9]+ ms")


def test_time_that_a_guest_waits_for_its_body_counts(server):
    with server.connect() as connection:
        connection.request("POST", "/count", [("Content-Length", "10")])
        connection.send(b"abc")
        assert connection.read_response().status == 504


def test_time_that_a_chunked_body_takes_counts(server):
    with server.connect() as connection:
        connection.request("POST", "/count", [("Transfer-Encoding", "chunked")])
        connection.send_chunk(b"abc")
        assert connection.read_response().status == 504


def test_an_answer_that_has_begun_is_cut_off(server):
    for target in ("/loop?after=1", f"/drip?ms={FOR_EVER_MS}"):
        with server.connect() as connection, pytest.raises(Truncated):
            connection.request("GET", target)
            connection.read_response()


def test_a_modules_own_wall_ms_max(server):
    assert server.get("/sleep_more?ms=500").text == "awake\n"


# --- The body.

@pytest.mark.parametrize("size, status", [(0, 200), (1000, 200), (1001, 413), (10**15, 413)])
def test_body_bytes_max(server, size, status):
    with server.connect() as connection:
        connection.request("POST", "/count", [("Content-Length", str(size))])
        if size <= 1000:
            connection.send(b"\1" * size)
        response = connection.read_response()
        assert response.status == status
        if status == 200:
            assert response.text == f"bytes={size} sum={size}\n"


@pytest.mark.parametrize("sizes, status", [([1000], 200), ([500, 500], 200), ([500, 501], 413), ([1] * 1001, 413)])
def test_body_bytes_max_of_a_chunked_body(server, sizes, status):
    with server.connect() as connection:
        connection.request("POST", "/count", [("Transfer-Encoding", "chunked")])
        connection.send(b"".join(b"%x\r\n%s\r\n" % (size, b"\1" * size) for size in sizes) + b"0\r\n\r\n")
        assert connection.read_response().status == status


def test_body_bytes_max_of_a_chunked_body_that_comes_with_its_head(server):
    for size, status in ((1000, 200), (1001, 413)):
        with server.connect() as connection:
            connection.send(b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                            b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"\1" * size))
            assert connection.read_response().status == status


def test_a_large_body_that_was_sent_already_still_gets_its_413(server):
    with server.connect() as connection:
        connection.request("POST", "/count", body=b"x" * 200_000)
        assert connection.read_response().status == 413


def test_no_continue_for_a_body_over_the_limit(server):
    with server.connect() as connection:
        connection.request("POST", "/count", [("Content-Length", "1001"), ("Expect", "100-continue")])
        assert connection.read_head().status == 413


def test_a_modules_own_body_bytes_max(server):
    assert server.get("/count_more", method="POST", body=b"\1" * 200_000).text == "bytes=200000 sum=200000\n"


# --- Requests at once.

def test_concurrency_max_counts_over_all_workers(server):
    with ExitStack() as stack:
        held = [hold(stack, server, f"/drip_in_turn?ms={FOR_EVER_MS}") for _ in range(4)]
        for _ in range(10):  # Each request has a new connection, so that both workers get some.
            response = server.get("/drip_in_turn?ms=0")
            assert response.status == 503
            assert int(response.one("Retry-After")) >= 1
        assert server.get("/hello").status == 200
        held.pop().close()
        eventually(lambda: server.get("/drip_in_turn?ms=0").status == 200)
    eventually(lambda: server.get("/drip_in_turn?ms=0").status == 200)


def test_an_upload_of_unknown_length_holds_no_place_while_it_comes(server):
    with server.connect() as slow:
        slow.request("POST", "/drip_single?ms=0", [("Transfer-Encoding", "chunked")])
        slow.send_chunk(b"some of it")
        for _ in range(5):
            assert server.get("/drip_single?ms=0").status == 200
        slow.send_chunk(b"")
        assert slow.read_response("POST").status == 200


def test_concurrency_max_0_is_no_limit(server):
    with ExitStack() as stack:
        for _ in range(50):
            hold(stack, server, f"/drip_freely?ms={FOR_EVER_MS}")


def test_a_worker_that_is_full_says_so(start):
    """A worker's instances have a limit of their own, whatever the modules' limits are."""
    server = start(module("/drip", "drip.wasm", wall_ms_max=0, concurrency_max=0) + module("/hello", "hello.wasm"))
    with ExitStack() as stack:
        for _ in range(1000):
            hold(stack, server, f"/drip?ms={FOR_EVER_MS}")
        for target in ("/drip?ms=0", "/hello"):
            response = server.get(target)
            assert response.status == 503
            assert int(response.one("Retry-After")) >= 1
        assert server.get("/healthz").status == 200
    eventually(lambda: server.get("/hello").status == 200)


def test_guests_that_fail_give_their_place_back(server):
    for _ in range(10):
        assert server.get("/trap").status == 500
    for _ in range(10):
        with server.connect() as connection:
            connection.request("POST", "/count", [("Content-Length", "10"), ("Connection", "close")])
    eventually(lambda: server.get("/count").status == 200)


def test_a_503_keeps_the_connection(server):
    with ExitStack() as stack:
        hold(stack, server, f"/drip_single?ms={FOR_EVER_MS}")
        connection = stack.enter_context(server.connect())
        connection.request("GET", "/drip_single?ms=0")
        assert connection.read_response().status == 503
        connection.request("GET", "/hello")
        assert connection.read_response().status == 200


# --- Neighbours.

def test_an_endless_loop_never_stops_the_requests_beside_it(start):
    server = start(module("/loop", "loop.wasm", cpu_ms_max=0, wall_ms_max=0) + module("/hello", "hello.wasm")
                   + module("/drip", "drip.wasm"), workers=1)
    with ExitStack() as stack:
        loops = [hold(stack, server, "/loop?after=1") for _ in range(3)]
        for loop in loops:
            assert loop.read_chunk() == b"and now for ever\n"
        for _ in range(30):
            assert server.get("/hello").text == "Hello, world!\n"
        assert server.get("/drip?lines=3&ms=10").chunks == [b"line 1\n", b"line 2\n", b"line 3\n"]
        assert not select.select([loop.socket for loop in loops], [], [], 0)[0]  # They still run.


# --- stderr.

def test_stderr_is_bounded(start, tmp_path):
    server = start(module("/stderr", "stderr.wasm") + module("/hello", "hello.wasm"), "--log-dir", tmp_path / "logs")
    assert server.get("/stderr?lines=200000&code=0").status == 200  # 3.5 MB on stderr.
    assert server.get("/stderr?lines=1&code=0").status == 200
    text = (tmp_path / "logs" / sha256(b"/stderr").hexdigest() / "module.stderr").read_text()
    assert len(text) < 1_100_000
    assert text.startswith("complaint 1\n")
    assert text.endswith("complaint 1\n")  # The next request has a limit of its own.
