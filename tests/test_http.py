"""Tests HTTP/1.1 with good and bad clients: connections, methods, bodies."""

import resource
import socket
import threading
from contextlib import ExitStack

import pytest

from configuration import module
from raw_http import Connection

HELLO = "Hello, world!\n"


@pytest.fixture(scope="module")
def server(start_shared):
    return start_shared(
        "".join(module(f"/{name}/...", f"{name}.wasm")
                for name in ("hello", "echo", "count", "environment", "drip", "sleep", "flood", "read_some")))


def send(server, data: bytes, method: str = "GET"):
    """Sends bytes as they are and reads one answer."""
    with server.connect() as connection:
        connection.send(data)
        return connection.read_response(method)


# --- Connections.

def test_keep_alive(server):
    with server.connect() as connection:
        for number in range(50):
            connection.request("POST", "/echo", body=b"%d" % number)
            response = connection.read_response()
            assert response.body == b"%d" % number
            assert response.keeps_alive


def test_connection_close(server):
    with server.connect() as connection:
        connection.request("GET", "/hello", [("Connection", "close")])
        response = connection.read_response()
        assert response.one("Connection") == "close"
        assert connection.at_end()


def test_http_1_0_closes_unless_asked(server):
    with server.connect() as connection:
        connection.send(b"GET /hello HTTP/1.0\r\n\r\n")
        assert connection.read_response().text == HELLO
        assert connection.at_end()


def test_http_1_0_keep_alive(server):
    with server.connect() as connection:
        for _ in range(2):
            connection.send(b"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            response = connection.read_response()
            assert response.text == HELLO
            assert response.one("Connection") == "keep-alive"
            assert response.one("Transfer-Encoding") is None


def test_http_1_0_never_gets_chunks(server):
    with server.connect() as connection:
        connection.send(b"GET /flood?bytes=1000000 HTTP/1.0\r\n\r\n")
        head = connection.read_head()
        assert head.one("Transfer-Encoding") is None
        assert len(connection.read_to_end()) == 1_000_000


def test_pipelining(server):
    with server.connect() as connection:
        connection.send(b"".join(
            b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n%04d" % number for number in range(200)))
        for number in range(200):
            assert connection.read_response().body == b"%04d" % number


def test_pipelining_keeps_the_order_behind_a_slow_answer(server):
    with server.connect() as connection:
        connection.send(b"GET /sleep?ms=200 HTTP/1.1\r\nHost: h\r\n\r\n"
                        + b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n" * 2)
        assert [connection.read_response().text for _ in range(3)] == ["awake\n", HELLO, HELLO]


def test_what_follows_a_request_to_close_is_not_answered(server):
    answer = server.exchange(b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
                             b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_garbage_behind_a_pipelined_request(server):
    with server.connect() as connection:
        connection.send(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n\x00\x01\x02garbage\r\n\r\n")
        assert connection.read_response().text == HELLO
        response = connection.read_response()
        assert response.status == 400
        assert connection.at_end()


def test_empty_lines_before_a_request_are_skipped(server):
    assert send(server, b"\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n").status == 200


def test_a_request_byte_by_byte(server):
    with server.connect() as connection:
        for byte in b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n":
            connection.send(bytes([byte]))
        assert connection.read_response().body == b"abc"


def test_a_half_closed_client_gets_its_answers(server):
    with server.connect() as connection:
        connection.send(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\n"
                        b"Content-Length: 3\r\n\r\nabc")
        connection.half_close()
        assert connection.read_response().text == HELLO
        assert connection.read_response().body == b"abc"
        assert connection.at_end()


def test_many_idle_connections_beside_a_busy_one(server):
    count = 2_000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < count + 200:
        pytest.skip(f"only {hard} open files are allowed here")
    with ExitStack() as stack:
        idle = [stack.enter_context(server.connect()) for _ in range(count)]
        for connection in idle:
            connection.request("GET", "/hello")
        for connection in idle:
            assert connection.read_response().text == HELLO
        assert server.get("/hello").text == HELLO
        for connection in idle:  # Each connection is still open.
            connection.request("GET", "/hello")
            assert connection.read_response().status == 200


def test_clients_that_come_and_go_during_load(server):
    """Resets, half requests and clients that leave early disturb no other request."""
    def misbehave(kind: int):
        with Connection(server.address) as connection:
            if kind == 0:
                connection.send(b"GET /flood?bytes=10000000 HTTP/1.1\r\nHost: h\r\n\r\n")
                connection.socket.recv(10)
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            elif kind == 1:
                connection.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc")
            elif kind == 2:
                connection.send(b"GET /dr")
            else:
                connection.send(b"GET /drip?lines=1000&ms=10 HTTP/1.1\r\nHost: h\r\n\r\n")
                connection.socket.recv(1)

    for _ in range(25):
        threads = [threading.Thread(target=misbehave, args=(kind,)) for kind in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.get("/hello").text == HELLO


# --- Methods.

def test_head_has_the_head_of_get_and_no_body(server):
    with server.connect() as connection:
        connection.request("GET", "/hello")
        get = connection.read_response()
        connection.request("HEAD", "/hello")
        head = connection.read_response("HEAD")
        assert head.status == 200
        assert head.one("Content-Type") == get.one("Content-Type")
        assert head.one("Content-Length") in (None, str(len(HELLO)))
        connection.request("GET", "/hello")  # Its answer shows that the last one's end was right.
        assert connection.read_response().text == HELLO


def test_head_of_a_long_answer(server):
    with server.connect() as connection:
        connection.request("HEAD", "/flood?bytes=10000000")
        assert connection.read_response("HEAD").status == 200
        connection.request("GET", "/hello")
        assert connection.read_response().text == HELLO


def test_head_where_there_is_no_route(server):
    with server.connect() as connection:
        connection.request("HEAD", "/nowhere")
        assert connection.read_response("HEAD").status == 404
        connection.request("GET", "/hello")
        assert connection.read_response().text == HELLO


@pytest.mark.parametrize("target", [b"*", b"http://h"])
def test_options_star_is_answered_by_the_server(start, target):
    server = start(module("/...", "environment.wasm"))
    with server.connect() as connection:
        for _ in range(2):
            connection.send(b"OPTIONS " + target + b" HTTP/1.1\r\nHost: h\r\n\r\n")
            response = connection.read_response("OPTIONS")
            assert response.status == 204
            assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(response.one("Allow").split(", "))
    assert "env REQUEST_METHOD=OPTIONS\n" in server.get("/", method="OPTIONS").text


def test_connect_is_refused(server):
    response = send(server, b"CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n")
    assert response.status in (400, 405, 501)


def test_upgrade_is_refused_politely(server):
    response = send(server, b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    assert (response.status, response.text) == (200, HELLO)
    assert response.one("Upgrade") is None


def test_upgrade_to_http_2_is_refused_politely(server):
    response = send(server, b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                            b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
    assert (response.status, response.text) == (200, HELLO)


# --- Bodies.

def test_chunked_request(server):
    with server.connect() as connection:
        for _ in range(2):
            connection.send(b"POST /environment HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                            b"5\r\nhello\r\n6;ext=\"x\"\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n")
            text = connection.read_response().text
            assert "env CONTENT_LENGTH=11\n" in text
            assert "X_TRAILER" not in text


def test_chunked_request_with_an_empty_body(server):
    with server.connect() as connection:
        connection.send(b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        assert connection.read_response().text == "bytes=0 sum=0\n"


@pytest.mark.parametrize("size", [b"A", b"a", b"0000000a"])
def test_chunk_sizes_in_every_spelling(server, size):
    response = send(server, b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + size + b"\r\n0123456789\r\n0\r\n\r\n")
    assert response.body == b"0123456789"


def test_a_streamed_answer_is_chunked(server):
    response = server.get("/drip?lines=3&ms=20")
    assert response.chunks == [b"line 1\n", b"line 2\n", b"line 3\n"]


def test_expect_100_continue(server):
    with server.connect() as connection:
        connection.send(b"POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert connection.read_head().status == 100
        connection.send(b"abc")
        assert connection.read_response().text == f"bytes=3 sum={sum(b'abc')}\n"


def test_expect_100_continue_of_a_chunked_body(server):
    with server.connect() as connection:
        connection.send(b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                        b"Expect: 100-continue\r\n\r\n")
        assert connection.read_head().status == 100
        connection.send(b"3\r\nabc\r\n0\r\n\r\n")
        assert connection.read_response().text.startswith("bytes=3 ")


def test_expect_100_continue_is_not_asked_for_a_body_that_nobody_reads(server):
    with server.connect() as connection:
        connection.send(b"POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert connection.read_head().status == 200


def test_another_expectation_is_417(server):
    assert send(server, b"GET /hello HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n").status == 417


def test_a_body_that_ends_early_ends_the_connection(server):
    with server.connect() as connection:
        connection.send(b"POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc")
        connection.half_close()
        # The guest must not take it for the whole body.
        assert b" 200 " not in connection.read_to_end()


def test_a_chunked_body_that_ends_early_ends_the_connection(server):
    assert b" 200 " not in server.exchange(
        b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", half_close=True)
