"""Tests that bodies pass through as they come, in bounded memory, while somebody wants them."""

import os
import socket
import threading
from pathlib import Path

import pytest

from configuration import module, table
from processes import MemoryGrowth, wait_idle
from raw_http import Truncated
from waiting import eventually

# README.md promises 1 GiB; less is enough to show a body that is kept in memory.
BULK_MIB = int(os.environ.get("WAGI_TEST_BULK_MIB", "128"))
GROWTH_MIB_MAX = 64
MIB = 1 << 20
FOR_EVER_MS = 10**7


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def server(start_shared, temporary):
    return start_shared(
        table("[server]", body_bytes_max=0, wall_ms_max=0, cpu_ms_max=0)
        + "".join(module(f"/{name}", f"{name}.wasm") for name in ("drip", "echo", "count", "flood", "sleep", "hello"))
        + module("/limited", "count.wasm", body_bytes_max=1_000_000)
        + module("/environment", "environment.wasm"),
        env={"TMPDIR": temporary})


def leave(connection):
    connection.close()


def reset(connection):
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


# --- As it is printed.

def test_a_line_is_seen_when_it_is_printed(server):
    with server.connect() as connection:
        connection.request("GET", f"/drip?ms={FOR_EVER_MS}")
        assert connection.read_head().one("Transfer-Encoding") == "chunked"
        assert connection.read_chunk() == b"line 1\n"  # The guest sleeps for hours after it.


def test_lines_come_one_by_one_and_in_order(server):
    with server.connect() as connection:
        connection.request("GET", "/drip?lines=5&ms=20")
        connection.read_head()
        for line in range(1, 6):
            assert connection.read_chunk() == b"line %d\n" % line
        assert connection.read_chunk() == b""


def test_a_body_is_read_and_answered_while_it_comes(server):
    with server.connect() as connection:
        connection.request("POST", "/echo", [("Content-Length", "9")])
        head = connection.read_head()  # It comes before any of the body was sent.
        assert head.status == 200
        for piece in (b"one", b"two", b"end"):
            connection.send(piece)
            assert connection.read_chunk() == piece
        assert connection.read_chunk() == b""


def test_many_streams_at_once(server):
    connections = [server.connect() for _ in range(50)]
    for connection in connections:
        connection.request("GET", "/drip?lines=3&ms=50")
    for connection in connections:
        assert connection.read_response().chunks == [b"line 1\n", b"line 2\n", b"line 3\n"]
        connection.close()


# --- In bounded memory.

def upload(connection, mib: int, chunked: bool):
    block = b"\1" * MIB
    framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(mib * MIB))
    connection.request("POST", "/count", [framing])
    for _ in range(mib):
        connection.send_chunk(block) if chunked else connection.send(block)
    if chunked:
        connection.send(b"0\r\n\r\n")
    return connection.read_response()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_upload_in_bounded_memory(server, chunked):
    with server.connect() as connection:
        upload(connection, 1, chunked)
        memory = MemoryGrowth(server)
        response = upload(connection, BULK_MIB, chunked)
        assert response.text == f"bytes={BULK_MIB * MIB} sum={BULK_MIB * MIB}\n"
        assert memory.growth_mib() < GROWTH_MIB_MAX


def test_a_large_download_in_bounded_memory(server):
    with server.connect() as connection:
        connection.request("GET", "/flood?bytes=1000000")
        connection.read_response()
        memory = MemoryGrowth(server)
        connection.request("GET", f"/flood?bytes={BULK_MIB * MIB}")
        connection.read_head()
        total = 0
        while chunk := connection.read_chunk():
            total += len(chunk)
        assert total == BULK_MIB * MIB
        assert memory.growth_mib() < GROWTH_MIB_MAX


def letters(count: int) -> bytes:
    """The output of flood.wasm."""
    alphabet = b"abcdefghijklmnopqrstuvwxyz"
    return (alphabet * (count // 26 + 1))[:count]


def test_every_byte_of_a_download_is_in_its_place(server):
    assert server.get("/flood?bytes=5000001").body == letters(5_000_001)


def test_every_byte_of_an_echo_is_in_its_place(server):
    body = os.urandom(8 * MIB)
    with server.connect() as connection:
        sender = threading.Thread(target=connection.request, args=("POST", "/echo"), kwargs={"body": body})
        sender.start()
        response = connection.read_response()
        sender.join()
    assert response.body == body


def test_a_client_that_reads_slowly_holds_its_guest_back(server):
    with server.connect(receive_buffer=4096) as connection:
        memory = MemoryGrowth(server)
        connection.request("GET", f"/flood?bytes={BULK_MIB * MIB}")
        assert connection.read_head().status == 200
        wait_idle(server.processes())  # The guest has been suspended.
        assert memory.growth_mib() < GROWTH_MIB_MAX
        assert server.get("/hello").status == 200
        # The guest goes on where it was suspended.
        expected = letters(BULK_MIB * MIB)
        at = 0
        while chunk := connection.read_chunk():
            assert chunk == expected[at:at + len(chunk)]
            at += len(chunk)
        assert at == len(expected)


def test_a_guest_that_reads_slowly_holds_its_client_back(server):
    with server.connect() as connection:
        memory = MemoryGrowth(server)
        connection.request("POST", f"/sleep?ms={FOR_EVER_MS}", [("Content-Length", str(1 << 40))])
        connection.socket.setblocking(False)
        sent = refusals = 0
        block = b"x" * MIB

        def is_stuck():
            nonlocal sent, refusals
            try:
                sent += connection.socket.send(block)
                refusals = 0
            except BlockingIOError:
                refusals += 1
            return refusals == 20
        eventually(is_stuck, "the server takes no more")
        assert sent < GROWTH_MIB_MAX * MIB
        assert memory.growth_mib() < GROWTH_MIB_MAX
        reset(connection)


# --- Chunked bodies, which are spooled, since CGI states the length beforehand.

def test_content_length_of_a_chunked_body(server):
    with server.connect() as connection:
        connection.request("POST", "/environment", [("Transfer-Encoding", "chunked")])
        for size in (1, 10, 70_000, 100_000):
            connection.send_chunk(b"x" * size)
        connection.send(b"0\r\n\r\n")
        assert "env CONTENT_LENGTH=170011\n" in connection.read_response().text


def spool_files(server) -> list[str]:
    """The paths at which the unlinked temporary files of the server's processes were made."""
    found = []
    for pid in server.processes():
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = os.readlink(link)
            except FileNotFoundError:
                continue
            if target.endswith(" (deleted)") and "memfd:" not in target:
                found.append(target)
    return found


def test_a_chunked_body_goes_to_an_unlinked_file_past_the_limit(server, temporary):
    eventually(lambda: not spool_files(server))
    with server.connect() as connection:
        connection.request("POST", "/count", [("Transfer-Encoding", "chunked")])
        connection.send_chunk(b"\1" * 200_000)
        (path,) = eventually(lambda: spool_files(server))
        assert path.startswith(str(temporary))
        assert not list(temporary.glob("wagi-body-*"))
        connection.send(b"0\r\n\r\n")
        assert connection.read_response().text == "bytes=200000 sum=200000\n"
    eventually(lambda: not spool_files(server), "the file is closed")


def test_a_client_that_leaves_during_its_chunked_body_leaves_no_file(server):
    eventually(lambda: not spool_files(server))
    with server.connect() as connection:
        connection.request("POST", "/count", [("Transfer-Encoding", "chunked")])
        connection.send_chunk(b"\1" * 200_000)
        eventually(lambda: spool_files(server))
    eventually(lambda: not spool_files(server), "the file is closed")


def test_a_chunked_body_over_the_limit_is_refused_before_its_end(server):
    with server.connect() as connection:
        connection.request("POST", "/limited", [("Transfer-Encoding", "chunked")])
        connection.send_chunk(b"\1" * 1_000_001)
        assert connection.read_response().status == 413  # The last chunk was never sent.
    eventually(lambda: not spool_files(server))


# --- Clients that leave.

@pytest.fixture(scope="module")
def single(start_shared):
    """A server whose modules may run once at a time, for ever: that the next request runs shows
    that the guest of the last one has ended."""
    return start_shared(
        table("[server]", body_bytes_max=0, wall_ms_max=0, cpu_ms_max=0, concurrency_max=1)
        + "".join(module(f"/{name}", f"{name}.wasm") for name in ("drip", "sleep", "count", "flood", "compute")))


# The bytes of a body: more than the server reads ahead of a guest, but less than the kernel takes
# beyond that. With more, the end of a connection waits at the client until the guest reads.
LARGE = 120_000


@pytest.mark.parametrize("go", [leave, reset])
@pytest.mark.parametrize("running, body_bytes, quick", [
    (f"/sleep?ms={FOR_EVER_MS}", None, "/sleep?ms=0"),
    (f"/drip?ms={FOR_EVER_MS}", None, "/drip?ms=0"),
    ("/drip?ms=10&lines=100000000", None, "/drip?ms=0"),
    ("/flood?bytes=1000000000000", None, "/flood?bytes=1"),
    ("/compute?turns=1000000000", None, "/compute?turns=0"),
    ("/count", 10, "/count"),
    (f"/sleep?ms={FOR_EVER_MS}", LARGE, "/sleep?ms=0"),
    ("/compute?turns=1000000000", LARGE, "/compute?turns=0"),
])
def test_a_client_that_goes_away_ends_its_guest(single, running, body_bytes, quick, go):
    assert single.get(quick).status == 200
    connection = single.connect()
    if body_bytes is None:
        connection.request("GET", running)
    else:
        connection.request("POST", running, [("Content-Length", str(body_bytes + 1))])
        connection.send(b"x" * body_bytes)
    eventually(lambda: single.get(quick).status == 503, "the guest runs")
    go(connection)
    eventually(lambda: single.get(quick).status == 200, "the guest has ended")


def test_an_answer_cut_short_is_never_taken_for_whole(start):
    server = start(module("/drip", "drip.wasm", wall_ms_max=300))
    with server.connect() as connection, pytest.raises(Truncated):
        connection.request("GET", f"/drip?ms={FOR_EVER_MS}")
        connection.read_response()
    with server.connect() as connection:
        connection.send(b"GET /drip?ms=10000000 HTTP/1.0\r\n\r\n")
        connection.read_head()
        with pytest.raises(ConnectionResetError):  # Without chunks, only a reset shows the failure.
            connection.read_to_end()
