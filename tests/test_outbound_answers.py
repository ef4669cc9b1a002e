"""What comes back to a guest that called another: bodies, connections that are kept, and answers that are none."""

import socket
import subprocess
import threading

import pytest

from outbound import FAILED, INVALID_HANDLE, TOO_MANY, run, sends, serve, steps, upstream
from waiting import eventually


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_body_comes_whole(upstream, serve, framing):
    body = bytes(range(256)) * 2000

    def answer(request):
        if framing == "length":
            request.answer(body)
        elif framing == "chunked":
            chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(body[i:i + 777]), body[i:i + 777]) for i in range(0, len(body), 777))
            request.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n")
        else:
            request.send(b"HTTP/1.1 200 OK\r\n\r\n" + body)
            request.peer.shutdown(socket.SHUT_WR)
            request.wait_end()
    other = upstream(answer)
    server = serve(other)
    for piece in (7, 1000, 100_000):
        response = server.get(steps(("get", other.url()), ("read", piece)))
        assert response.body == b"get 0 200\nread 0 %d\n" % len(body) + body + b"\n"


def test_answers_stream_both_ways(upstream, serve):
    """Each piece is passed on before the next one is sent; nothing waits for the end."""
    passed = threading.Semaphore(0)

    def answer(request):
        request.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            assert passed.acquire(timeout=30)
            request.send(b"7\r\npiece %d\r\n" % number)
        request.send(b"0\r\n\r\n")
    other = upstream(answer)
    with serve(other).connect() as connection:
        connection.request("GET", steps(("get", other.url()), ("pass", 4096)))
        assert connection.read_head().status == 200
        assert connection.read_chunk() == b"get 0 200\n"
        for number in range(3):
            passed.release()
            assert connection.read_chunk() == b"piece %d" % number
        assert connection.read_chunk() == b""


def test_a_slow_answer_delays_nobody(upstream, serve):
    other = upstream()
    other.handle = lambda request: (other.closed.wait(30), request.answer())
    server = serve(other)
    with server.connect() as connection:
        connection.request("GET", steps(("get", other.url())))
        eventually(lambda: other.requests, "the request came")
        for _ in range(3):
            assert server.get("/hello").status == 200
        other.closed.set()
        assert connection.read_response().text == "get 0 200\n"


def test_answers_without_a_body(upstream, serve):
    other = upstream(lambda r: r.send(b"HTTP/1.1 204 No Content\r\n\r\n" if r.line.startswith("GET") else
                                      b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"))
    server = serve(other)
    for method, status in (("GET", 204), ("HEAD", 200), ("GET", 204)):
        assert run(server, ("method", method), ("get", other.url()), ("read", 10)) == f"get 0 {status}\nread 0 0\n\n"
    assert other.connections == 1


def test_interim_answers_are_passed_over(upstream, serve):
    other = upstream(lambda r: (r.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), r.answer()))
    assert run(serve(other), ("get", other.url()), ("head", "link")) == "get 0 200\nhead 5 \n"


def test_compressed_answers_are_bytes(upstream, serve):
    """Nothing here unpacks anything, so that nothing can be blown up."""
    packed = subprocess.run(["gzip", "-c"], input=bytes(1 << 20), capture_output=True, check=True).stdout
    other = upstream(lambda r: r.answer(packed, fields="Content-Encoding: gzip\r\n"))
    response = serve(other).get(steps(("get", other.url()), ("read", 65536)))
    assert response.body == b"get 0 200\nread 0 %d\n" % len(packed) + packed + b"\n"
    assert not other.requests[0].all("Accept-Encoding")


# --- Connections.

def test_a_connection_is_kept(upstream, serve):
    other = upstream()
    server = serve(other)
    for _ in range(3):
        assert run(server, ("get", other.url()), ("read", 100), ("get", other.url())).startswith("get 0 200\nread 0 5")
    assert len(other.requests) == 6 and other.connections == 1


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"])
def test_a_connection_that_must_not_be_kept(upstream, serve, answer):
    other = upstream(lambda r: r.send(answer))
    server = serve(other)
    for _ in range(2):
        assert run(server, ("get", other.url()), ("read", 100)) == "get 0 200\nread 0 2\nok\n"
    assert other.connections == 2


def test_an_answer_that_is_not_read_ends_its_connection(upstream, serve):
    other = upstream(lambda r: (r.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"), r.wait_end()))
    server = serve(other)
    assert run(server, ("get", other.url()), ("close", 1), ("get", other.url())) == "get 0 200\nclose 0\nget 0 200\n"
    assert other.connections == 2


def test_a_kept_connection_that_was_closed_meanwhile(upstream, serve):
    def answer(request):
        request.answer()
        raise EOFError  # Keeps no connection, and doesn't say so.
    other = upstream(answer)
    server = serve(other)
    for count in range(1, 4):
        assert run(server, ("method", "POST"), ("get", other.url())) == "get 0 200\n"
        eventually(lambda: other.ended == count, "the other side has closed it")
    assert other.connections == 3


def test_a_kept_connection_that_is_closed_by_the_next_request(upstream, serve):
    """As when both happen at once: sent again where that does no harm, and else an error."""
    def answer(request):
        if sum(r.connection == request.connection for r in other.requests) > 1:
            raise EOFError
        request.answer()
    other = upstream(answer)
    server = serve(other)
    assert run(server, ("get", other.url()), ("get", other.url())) == "get 0 200\nget 0 200\n"
    assert run(server, ("method", "POST"), ("get", other.url())) == f"get {FAILED} 0\n"


def test_answers_that_are_held_at_once_are_limited(upstream, serve):
    other = upstream()
    server = serve(other, http_max_concurrency=2)
    printed = run(server, ("get", other.url()), ("get", other.url()), ("get", other.url()), ("close", 1), ("get", other.url()))
    assert printed == f"get 0 200\nget 0 200\nget {TOO_MANY} 0\nclose {INVALID_HANDLE}\nget {TOO_MANY} 0\n"
    assert run(server, ("get", other.url()), ("close", 1), ("get", other.url()), ("get", other.url())).count("get 0") == 3


def test_sixteen_by_default(upstream, serve):
    other = upstream()
    assert run(serve(other), ("get", other.url()), ("again", 16)) == "get 0 200\n" * 16 + f"get {TOO_MANY} 0\n"


# --- Servers that misbehave.

NO_ANSWERS = [
    b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nX", b"\x16\x03\x01\x00\x05hello"]


def test_answers_that_are_none(upstream, serve):
    other = upstream()
    server = serve(other)
    for answer in NO_ANSWERS:
        other.handle = sends(answer)
        assert run(server, ("get", other.url()), ("close", 1)) == f"get {FAILED} 0\nclose {INVALID_HANDLE}\n", answer[:60]
    assert f"127.0.0.1:{other.port}" in server.log
    assert server.get("/hello").status == 200


def test_headers_without_end(upstream, serve):
    def send(request):
        request.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            request.send(b"X: y\r\n" * 1000)
    other = upstream(send)
    assert run(serve(other), ("get", other.url())) == f"get {FAILED} 0\n"


CUT_ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;" + b"x" * 300_000]


def test_an_answer_that_ends_in_its_midst(upstream, serve):
    other = upstream()
    server = serve(other)
    for answer in CUT_ANSWERS:
        other.handle = sends(answer)
        printed = run(server, ("get", other.url()), ("read", 1000), ("close", 1))
        assert printed == f"get 0 200\nread {FAILED} 5\nhello\nclose 0\n", answer[:60]


def test_an_answer_that_is_too_large(upstream, serve):
    other = upstream(lambda r: r.answer(bytes(2000)))
    server = serve(other, body_bytes_max=1000)
    assert run(server, ("get", other.url())) == f"get {FAILED} 0\n"
    assert "larger than body_bytes_max, 1000 bytes" in server.log


def test_an_answer_before_the_end_of_the_body(upstream, serve):
    def refuse(request):
        request.answer(b"", "413 Content Too Large", "Connection: close\r\n")
        request.peer.shutdown(socket.SHUT_WR)
        request.wait_end()
    other = upstream(refuse)
    assert run(serve(other), ("method", "POST"), ("fill", 4_000_000), ("get", other.url())) == "get 0 413\n"
