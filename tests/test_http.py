"""HTTP/1.1 as real clients and bad ones speak it: connections, framing, limits, and how the server stops."""

import resource
import select
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack

import pytest

from raw_http import Connection
from server import BINARY, clean_environment, eventually, module, table

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
        connection.send(b"GET /sleep?ms=200 HTTP/1.1\r\nHost: h\r\n\r\n" + b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n" * 2)
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
        for connection in idle:  # Each is still there.
            connection.request("GET", "/hello")
            assert connection.read_response().status == 200


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
        connection.request("GET", "/hello")  # The connection isn't out of step.
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


def test_options_star(server):
    assert send(server, b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status in (200, 204, 404, 405, 501)


def test_connect_is_refused(server):
    assert send(server, b"CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n").status in (400, 405, 501)


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


# --- What is no request.

@pytest.mark.parametrize("data", [
    b"GARBAGE\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /hello\r\n\r\n",
    b"GET  /hello HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /hello  HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /hello HTTP/1.1 \r\nHost: h\r\n\r\n",
    b"GET /hel\x01lo HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /hello#fragment HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET hello HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET ftp://h/hello HTTP/1.1\r\nHost: h\r\n\r\n",
    b"G\xc3\x84T /hello HTTP/1.1\r\nHost: h\r\n\r\n",
    b" GET /hello HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /hello HTTP/1.1\r\n Host: h\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: h\r\nX-A: a\r\n b\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: h\r\nX-A : a\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: h\r\n: a\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: h\r\nX(A): a\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: h\r\nNoColon\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: h\r\nX-A: a\x00b\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: h\r\nX-A: a\rb\r\n\r\n",
    b"GET /hello HTTP/1.1\nHost: h\n\n",
    b"GET /hello HTTP/1.1\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n",
    b"GET /hello HTTP/1.1\r\nHost: a@b\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 100,
])
def test_a_malformed_request_is_400_and_ends_the_connection(server, data):
    with server.connect() as connection:
        connection.send(data)
        connection.half_close()
        response = connection.read_response()
        assert response.status == 400
        assert not response.keeps_alive
        assert connection.at_end()


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/3.0", b"HTTP/1.2", b"HTTP/0.9"])
def test_another_version_is_505(server, version):
    response = send(server, b"GET /hello " + version + b"\r\nHost: h\r\n\r\n")
    assert response.status == (505 if version != b"HTTP/1.2" else response.status)
    assert response.status in (200, 505)


def test_the_preface_of_http_2_is_refused(server):
    response = send(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert response.status in (400, 505)


@pytest.mark.parametrize("query", ["{}", "|", "^", "[]", "`", "\\", "a=b;c", "~!*'()", "%", "%zz"])
def test_queries_that_browsers_send_unescaped(server, query):
    response = send(server, f"GET /environment?{query} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    assert response.status == 200
    assert f"env QUERY_STRING={query}\n" in response.text


def test_a_path_in_utf_8_that_was_not_escaped(server):
    response = send(server, "GET /environment/ä HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    assert response.status == 400 or "env PATH_INFO=/ä\n" in response.text


# --- Request smuggling: two readings of one message.

@pytest.mark.parametrize("fields", [
    b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Content-Length: 5\r\nContent-Length: 5",
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Content-Length: 5, 5",
    b"Content-Length: +5",
    b"Content-Length: -5",
    b"Content-Length: 0x5",
    b"Content-Length: 5 5",
    b"Content-Length:",
    b"Content-Length: 99999999999999999999999",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\r\n chunked",
    b"Transfer-Encoding\x00: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"Transfer_Encoding : chunked",
])
def test_ambiguous_framing_is_refused_and_ends_the_connection(server, fields):
    # If the body were read in the other way, its bytes would be a second request.
    answer = server.exchange(b"POST /echo HTTP/1.1\r\nHost: h\r\n" + fields
                             + b"\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 "))
    assert HELLO.encode() not in answer
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("chunks", [
    b"5\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    b"5\r\nhelloX\r\n0\r\n\r\n",
    b"-5\r\nhello\r\n0\r\n\r\n",
    b"+5\r\nhello\r\n0\r\n\r\n",
    b"0x5\r\nhello\r\n0\r\n\r\n",
    b"g\r\nhello\r\n0\r\n\r\n",
    b"\r\nhello\r\n0\r\n\r\n",
    b"5 \r\nhel\r\n0\r\n\r\n",
    b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
])
def test_malformed_chunks_end_the_connection(server, chunks):
    answer = server.exchange(b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
                             + b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
    assert HELLO.encode() not in answer
    assert b" 200 " not in answer


@pytest.mark.parametrize("before, endless", [
    (b"5;", b"x" * 1000), (b"", b"0" * 1000), (b"5\r\nhello\r\n0\r\n", b"X-Trailer: x\r\n" * 100),
    (b"5\r\nhello\r\n0\r\nX-Trailer: ", b"x" * 1000)])
def test_framing_without_an_end_is_refused(server, before, endless):
    with server.connect() as connection:
        connection.send(b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + before)
        # For ever, but for the server's answer.
        while not select.select([connection.socket], [], [], 0)[0]:
            connection.send(endless)
        assert connection.read_response().status == 400


def test_http_1_0_with_chunks_is_refused(server):
    answer = server.exchange(b"POST /count HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))


def test_an_answer_in_between_is_not_split_by_the_path(server):
    response = server.get("/environment/%0d%0aSet-Cookie:%20evil=1")
    assert response.status == 200
    assert response.one("Set-Cookie") is None


# --- Limits.

def test_a_long_target_is_414(server):
    response = send(server, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n")
    assert response.status == 414


@pytest.mark.parametrize("fields", [b"X-Large: " + b"x" * 100_000 + b"\r\n", b"".join(b"X-%d: x\r\n" % i for i in range(200))])
def test_large_or_many_headers_are_431(server, fields):
    with server.connect() as connection:
        connection.send(b"GET /hello HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n")
        assert connection.read_response().status == 431


def test_headers_below_the_limit_are_taken(server):
    fields = b"".join(b"X-%d: %s\r\n" % (i, b"x" * 400) for i in range(100))
    assert send(server, b"GET /hello HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n").status == 200


def test_head_bytes_max(start):
    server = start(table("[server]", head_bytes_max=2000) + module("/hello", "hello.wasm"))
    line = b"GET /hello HTTP/1.1\r\nHost: h\r\nX: "
    assert send(server, line + b"x" * (2000 - len(line) - 4) + b"\r\n\r\n").status == 200
    assert send(server, line + b"x" * (2001 - len(line) - 4) + b"\r\n\r\n").status == 431


def test_a_large_body_that_nobody_reads_costs_the_connection_only(server):
    with server.connect() as connection:
        connection.send(b"POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n")
        assert connection.read_response().text == HELLO
        # What would be read in vain isn't waited for.
        assert connection.at_end()


def test_time_limits_of_connections(start):
    server = start(table("[server]", idle_ms_max=300, head_ms_max=300, io_ms_max=300)
                   + module("/hello", "hello.wasm") + module("/count", "count.wasm"))
    with server.connect() as silent, server.connect() as head, server.connect() as body, server.connect() as idle:
        head.send(b"GET /hello HTTP/1.1\r\nHost:")
        body.send(b"POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
        idle.request("GET", "/hello")
        assert idle.read_response().keeps_alive
        response = head.read_response()
        assert response.status == 408 and not response.keeps_alive
        assert head.at_end()
        assert b" 200 " not in body.read_to_end()
        assert idle.at_end()
        assert silent.at_end()


def test_a_client_that_sends_its_head_for_ever_is_ended(start):
    server = start(table("[server]", head_ms_max=500, idle_ms_max=60_000) + module("/hello", "hello.wasm"))
    with server.connect() as connection:
        connection.send(b"GET /hello HTTP/1.1\r\nHost: h\r\n")
        # Each byte comes in time for any limit between two of them; the head's end doesn't.
        while not select.select([connection.socket], [], [], 0.05)[0]:
            connection.send(b"X")
        assert connection.read_response().status == 408


def test_a_client_that_does_not_read_is_ended(start):
    server = start(table("[server]", io_ms_max=500) + module("/flood", "flood.wasm", wall_ms_max=0, concurrency_max=1))
    with server.connect(receive_buffer=4096) as stalled:
        stalled.request("GET", "/flood?bytes=1000000000")
        assert stalled.read_head().status == 200
        assert server.get("/flood?bytes=1").status in (200, 503)
        # Its guest is gone when there is room for another.
        eventually(lambda: server.get("/flood?bytes=1").status == 200)


def test_connections_max(start):
    server = start(table("[server]", connections_max=3) + module("/hello", "hello.wasm"))
    held = [server.connect() for _ in range(3)]
    for connection in held:
        connection.request("GET", "/hello")
        assert connection.read_response().status == 200
    waiting = server.connect()
    waiting.request("GET", "/hello", [("Connection", "close")])
    held.pop().close()  # Makes room for it: it wasn't refused, it waited.
    assert waiting.read_response().text == HELLO
    for connection in [*held, waiting]:
        connection.close()


# --- Addresses.

def test_ipv6(start):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    server = start(module("/...", "environment.wasm"), listen="[::1]:0")
    assert f"[::1]:{server.port}" in server.log
    with server.connect() as connection:
        connection.send(f"GET / HTTP/1.1\r\nHost: [::1]:{server.port}\r\n\r\n".encode())
        text = connection.read_response().text
    assert "env REMOTE_ADDR=::1\n" in text
    assert f"env SERVER_NAME=[::1]\n" in text
    assert f"env X_FULL_URL=http://[::1]:{server.port}/\n" in text


def test_a_port_in_use(server, tmp_path):
    (tmp_path / "modules.toml").write_text(module("/", "hello.wasm"))
    done = subprocess.run([BINARY, "-c", "modules.toml", "--listen", f"127.0.0.1:{server.port}"], cwd=tmp_path,
                          capture_output=True, env=clean_environment(), timeout=60, text=True)
    assert done.returncode != 0
    assert f"can't listen on 127.0.0.1:{server.port}" in done.stderr


# --- Stopping.

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_graceful_stop_finishes_what_runs(start, number, workers):
    server = start(module("/drip", "drip.wasm") + module("/hello", "hello.wasm"), workers=workers)
    with server.connect() as running, server.connect() as idle:
        idle.request("GET", "/hello")
        assert idle.read_response().status == 200
        running.request("GET", "/drip?lines=8&ms=100")
        assert running.read_head().status == 200
        assert running.read_chunk() == b"line 1\n"
        server.signal(number)
        assert idle.at_end()
        rest = []
        while chunk := running.read_chunk():
            rest.append(chunk)
        assert rest == [b"line %d\n" % line for line in range(2, 9)]
        assert running.at_end()
    assert server.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        server.connect()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_second_signal_ends_at_once(start, workers):
    server = start(module("/drip", "drip.wasm", wall_ms_max=0), workers=workers)
    with server.connect() as running, server.connect() as probe:
        probe.request("GET", "/healthz")
        probe.read_response()
        running.request("GET", "/drip?ms=1000000")
        assert running.read_head().status == 200
        server.signal(signal.SIGTERM)
        assert probe.at_end()
        assert server.process.poll() is None
        server.signal(signal.SIGTERM)
        server.wait()
        running.read_to_end()
    server.kill()  # Its exit code may say that it was cut short.


def test_drain_ms_max_bounds_the_stop(start):
    server = start(table("[server]", drain_ms_max=200) + module("/drip", "drip.wasm", wall_ms_max=0), workers=2)
    with server.connect() as running:
        running.request("GET", "/drip?ms=1000000")
        assert running.read_head().status == 200
        server.signal(signal.SIGTERM)
        server.wait()
        running.read_to_end()
    server.kill()


def test_clients_that_come_and_go_during_load(server):
    """Resets, half requests and early leavers leave nothing behind that others would feel."""
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
