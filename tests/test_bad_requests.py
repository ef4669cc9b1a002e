"""Tests requests that are malformed, ambiguous, too large or too slow."""

import select

import pytest

from configuration import module, table
from waiting import eventually

HELLO = "Hello, world!\n"


@pytest.fixture(scope="module")
def server(start_shared):
    return start_shared(
        "".join(module(f"/{name}/...", f"{name}.wasm") for name in ("hello", "echo", "count", "environment")))


def send(server, data: bytes, method: str = "GET"):
    """Sends bytes as they are and reads one answer."""
    with server.connect() as connection:
        connection.send(data)
        return connection.read_response(method)


# --- Malformed requests.

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
    *(b"GET /hello HTTP/1.1\r\nHost: " + host + b"\r\n\r\n" for host in (
        b"h:x", b"h:-1", b"h:80:80", b"h:99999", b"[::1", b"::1", b"]h[", b"[zz]", b"%zz", b":80")),
    b"GET http://h:x/hello HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET http://h/hello HTTP/1.1\r\nHost: h:x\r\n\r\n",
    b"GET /hello/%zz HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /hello/100% HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST /hello HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n",
    b"POST /hello HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
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


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/3.0", b"HTTP/0.9"])
def test_another_version_is_505(server, version):
    assert send(server, b"GET /hello " + version + b"\r\nHost: h\r\n\r\n").status == 505


def test_a_later_minor_version_is_served_as_1_1(server):
    with server.connect() as connection:
        for _ in range(2):
            connection.send(b"GET /environment HTTP/1.2\r\nHost: h\r\n\r\n")
            response = connection.read_response()
            assert response.status == 200
            assert "env SERVER_PROTOCOL=HTTP/1.1\n" in response.text


def test_the_preface_of_http_2_is_refused(server):
    assert send(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status == 505


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
    b"5\r\nhello\r\n0\r\nX: folded\r\n trailer\r\n\r\n",
    b"5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
])
def test_malformed_chunks_end_the_connection(server, chunks):
    answer = server.exchange(b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
                             + b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
    assert HELLO.encode() not in answer
    assert b" 200 " not in answer


@pytest.mark.parametrize("end", [b"0\r\n\n", b"0\r\nX: y\n\r\n", b"5\n", b"5;a=\"\n"])
def test_a_bare_line_feed_in_the_framing_is_400_at_once(start, end):
    # Time-outs are far longer than a test waits, so that only the sent bytes can cause an answer.
    server = start(table("[server]", io_ms_max=600_000, head_ms_max=600_000) + module("/count", "count.wasm"))
    with server.connect() as connection:
        connection.send(b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + end)
        assert connection.read_response().status == 400
        assert connection.at_end()


@pytest.mark.parametrize("before, endless", [
    (b"5;", b"x" * 1000), (b"", b"0" * 1000), (b"5\r\nhello\r\n0\r\n", b"X-Trailer: x\r\n" * 100),
    (b"5\r\nhello\r\n0\r\nX-Trailer: ", b"x" * 1000)])
def test_framing_without_an_end_is_refused(server, before, endless):
    with server.connect() as connection:
        connection.send(b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + before)
        # Sends without end, until the server answers.
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


@pytest.mark.parametrize("fields", [
    b"X-Large: " + b"x" * 100_000 + b"\r\n", b"".join(b"X-%d: x\r\n" % i for i in range(200))])
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
        # The server doesn't wait for the rest of the request.
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
        # Each byte comes in time for a limit between two bytes, but the head's end doesn't.
        while not select.select([connection.socket], [], [], 0.05)[0]:
            connection.send(b"X")
        assert connection.read_response().status == 408


def test_a_client_that_does_not_read_is_ended(start):
    server = start(table("[server]", io_ms_max=500) + module("/flood", "flood.wasm", wall_ms_max=0, concurrency_max=1))
    with server.connect(receive_buffer=4096) as stalled:
        stalled.request("GET", "/flood?bytes=1000000000")
        assert stalled.read_head().status == 200
        assert server.get("/flood?bytes=1").status in (200, 503)
        # Its guest has ended once there is room for another.
        eventually(lambda: server.get("/flood?bytes=1").status == 200)


def test_connections_max(start):
    server = start(table("[server]", connections_max=3) + module("/hello", "hello.wasm"))
    held = [server.connect() for _ in range(3)]
    for connection in held:
        connection.request("GET", "/hello")
        assert connection.read_response().status == 200
    waiting = server.connect()
    waiting.request("GET", "/hello", [("Connection", "close")])
    held.pop().close()  # Makes room for the waiting request, which wasn't refused.
    assert waiting.read_response().text == HELLO
    for connection in [*held, waiting]:
        connection.close()
