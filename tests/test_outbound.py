"""Guests that call others: what reaches the other side, what comes back, and what is refused."""

import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from configuration import ROOT, module
from processes import is_running, process_state
from server import run_wagi
from upstream import Upstream
from waiting import eventually

ALLOWED, INVALID_HANDLE, NOT_ALLOWED, BAD_METHOD, BAD_HEADERS, BAD_URL, FAILED, TOO_MANY = 0, 1, 7, 8, 9, 10, 11, 13


def guest_at(*hosts: str, route: str = "/out", **keys) -> str:
    return module(route, "outbound.wasm", allowed_hosts=list(hosts), **keys)


def steps(*pairs, route: str = "/out") -> str:
    return f"{route}?{urlencode(pairs, quote_via=quote)}"


def run(server, *pairs, **options) -> str:
    """What the guest printed."""
    response = server.get(steps(*pairs), **options)
    assert response.status == 200, response.text
    return response.body.decode("latin-1")


@pytest.fixture
def upstream():
    """Starts one whose answers the test's function makes: upstream(handle, tls=None)."""
    started = []

    def make(handle=lambda request: request.answer(), tls=None, **options) -> Upstream:
        started.append(Upstream(handle, tls, **options))
        return started[-1]
    yield make
    for one in started:
        one.close()


@pytest.fixture
def serve(start):
    """A server whose guest may call the given upstream, with a guest that calls nobody beside it."""
    def make(upstream, *hosts, server: str = "", env=None, workers=1, **keys):
        allowed = hosts or (upstream.url("").rstrip("/"),)
        return start(server + guest_at(*allowed, **keys) + module("/hello", "hello.wasm"), env=env, workers=workers)
    return make


def test_a_request_and_its_answer(upstream, serve):
    other = upstream(lambda r: r.answer(b"some text", "201 Created", "X-One: 1\r\nX-Two:  b \r\nx-two: c\r\n"))
    printed = run(serve(other), ("method", "PATCH"), ("headers", "A: 1\nb:2\n"), ("fill", 5), ("get", other.url("/a?b=c%20d#e")),
                  ("head", "x-one"), ("head", "X-TWO"), ("head", "X-Three"), ("heads", 1), ("read", 4), ("close", 1))
    assert printed == ("get 0 201\nhead 0 1\nhead 0 b\nhead 5 \nheads 0\ncontent-length:9\nx-one:1\nx-two:b\nx-two:c\n"
                       "read 0 9\nsome text\nclose 0\n")
    [request] = other.requests
    assert request.line == "PATCH /a?b=c%20d HTTP/1.1"
    assert request.all("Host") == [f"127.0.0.1:{other.port}"]
    assert request.all("a") == ["1"] and request.all("b") == ["2"]
    assert request.all("Content-Length") == ["5"]
    assert request.all("User-Agent")[0].startswith("wagi/")


def test_what_is_the_hosts_to_say(upstream, serve):
    other = upstream()
    headers = ("Host: evil\nContent-Length: 99\nTransfer-Encoding: chunked\nConnection: close, X-Mine\nX-Mine: 1\nTE: trailers\n"
               "Upgrade: h2c\nExpect: 100-continue\nUser-Agent: me\nX-Kept: yes\n")
    assert run(serve(other), ("headers", headers), ("get", other.url())) == "get 0 200\n"
    [request] = other.requests
    assert request.fields == [("Host", f"127.0.0.1:{other.port}"), ("User-Agent", "me"), ("X-Kept", "yes")]


def test_headers_that_are_none(upstream, serve):
    other = upstream()
    server = serve(other)
    for headers in ("no colon", "A: 1\rB: 2", "A: \x01", "A B: 1", ": 1", " A: 1", "A\t: 1", "A: 1\r\nB: 2"):
        assert run(server, ("headers", headers), ("get", other.url())) == f"get {BAD_HEADERS} 0\n", headers
    assert other.connections == 0


def test_methods(upstream, serve):
    other = upstream()
    server = serve(other)
    for method in ("GET", "QUERY", "x-y"):
        assert run(server, ("method", method), ("get", other.url())) == "get 0 200\n"
    for method in ("", "G ET", "GET\r\nX:", "CONNECT", "connect", "G" * 33):
        assert run(server, ("method", method), ("get", other.url())) == f"get {BAD_METHOD} 0\n"
    assert len(other.requests) == 3


def test_a_module_without_allowed_hosts_is_served_and_calls_nobody(start):
    server = start(module("/out", "outbound.wasm"))
    assert run(server, ("get", "http://127.0.0.1/"), ("close", 1), ("head", "a"), ("read", 5)).startswith(
        f"get {NOT_ALLOWED} 0\nclose {INVALID_HANDLE}\nhead {INVALID_HANDLE} \nread {INVALID_HANDLE} 0\n")
    assert "isn't in allowed_hosts" in server.log
    assert not connectors_of(server), "no route has a need of one"


AMBIGUOUS = [
    "http://127.0.0.1:{port}@example.com/", "http://example.com@127.0.0.1:{port}/", "http://127.0.0.1\\@:{port}/",
    "http://127.1:{port}/", "http://2130706433:{port}/", "http://0x7f.1:{port}/", "http://0177.0.0.1:{port}/",
    "http://127.0.0.1:{port}:80/", "http://[::1%25lo]:{port}/", "http://127.0.0.1:{port}\t/", "ht\ntp://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "127.0.0.1:{port}", "http:/127.0.0.1:{port}/", "http:///",
    "http://127。0。0。1:{port}/", "http://%31%32%37.0.0.1:{port}/", "http://127.0.0.1:{port}/\r\nX: y", ""]


def test_urls_that_two_readers_understand_differently(upstream, start):
    other = upstream()
    server = start(guest_at(other.url("").rstrip("/"), "insecure:allow-all"))
    for url in AMBIGUOUS:
        assert run(server, ("get", url.format(port=other.port))) == f"get {BAD_URL} 0\n", url
    assert other.connections == 0


def test_everything_is_no_private_address(upstream, start):
    other = upstream()
    server = start(guest_at("insecure:allow-all"))
    for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "0.0.0.0"):
        assert run(server, ("get", f"http://{host}:{other.port}/")) == f"get {NOT_ALLOWED} 0\n", host
    assert other.connections == 0


def test_scheme_host_and_port_must_match(upstream, start):
    other, second = upstream(), upstream()
    server = start(guest_at(other.url("").rstrip("/"), f"http://localhost:{second.port}"))
    assert run(server, ("get", other.url()), ("get", second.url(host="LocalHost."))) == "get 0 200\nget 0 200\n"
    for url in (second.url(), other.url(host="localhost"), other.url().replace("http:", "https:"), "http://127.0.0.1/"):
        assert run(server, ("get", url)) == f"get {NOT_ALLOWED} 0\n"


def test_a_private_name_needs_an_entry_that_says_so(upstream, start):
    """localhost stands for any name that resolves to an address that isn't public."""
    other = upstream()
    public = start(guest_at(f"*.localhost:{other.port}"))
    # Where the system's resolver knows such names they are refused, and elsewhere they aren't found.
    assert run(public, ("get", other.url(host="a.localhost"))) in (f"get {NOT_ALLOWED} 0\n", f"get {FAILED} 0\n")
    assert other.connections == 0
    private = start(guest_at(f"private:http://localhost:{other.port}"))
    assert run(private, ("get", other.url(host="localhost"))) == "get 0 200\n"


def test_redirects_are_not_followed(upstream, serve):
    other = upstream(lambda r: r.answer(b"", "302 Found", "Location: http://169.254.169.254/latest/meta-data/\r\n"))
    assert run(serve(other), ("get", other.url()), ("head", "location")) == (
        "get 0 302\nhead 0 http://169.254.169.254/latest/meta-data/\n")
    assert len(other.requests) == 1


# --- Bodies.


def test_a_body_goes_whole(upstream, serve):
    bodies = []
    other = upstream(lambda r: (bodies.append(r.body()), r.answer()))
    server = serve(other)
    for length in (0, 1, 65_536, 65_537, 3_000_000):
        assert run(server, ("method", "POST"), ("fill", length), ("get", other.url())) == "get 0 200\n"
        letters = b"abcdefghijklmnopqrstuvwxyz"
        assert bodies.pop() == letters * (length // 26) + letters[:length % 26]


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


def sends(answer: bytes):
    """Answers so and closes the connection, once the other side has what it was sent."""
    def handle(request):
        request.send(answer)
        request.peer.shutdown(socket.SHUT_WR)
        request.wait_end()
        raise EOFError
    return handle


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


def test_nobody_listens(upstream, serve):
    other = upstream()
    other.refuse()
    server = serve(other)
    assert run(server, ("get", other.url())) == f"get {FAILED} 0\n"
    assert "Connection refused" in server.log


# --- Ends.


def test_wall_ms_max_ends_a_guest_that_waits(upstream, serve):
    ended = threading.Event()
    other = upstream(lambda request: (request.wait_end(), ended.set()))
    server = serve(other, wall_ms_max=300)
    assert server.get(steps(("get", other.url()))).status == 504
    assert ended.wait(30), "the other side sees the end, too"


def test_a_client_that_leaves_ends_the_request(upstream, serve):
    ended = threading.Event()
    other = upstream(lambda request: (request.wait_end(), ended.set()))
    server = serve(other)
    with server.connect() as connection:
        connection.request("GET", steps(("get", other.url())))
        eventually(lambda: other.requests, "the request came")
    assert ended.wait(30)
    assert server.get("/hello").status == 200


def test_many_guests_at_once(upstream, serve):
    other = upstream(lambda request: request.answer(request.line.encode() * 500))
    server = serve(other)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(200)]
        for number, connection in enumerate(connections):
            connection.request("GET", steps(("get", other.url(f"/{number}")), ("read", 1000)))
        for number, connection in enumerate(connections):
            line = f"GET /{number} HTTP/1.1"
            assert connection.read_response().text == f"get 0 200\nread 0 {len(line) * 500}\n{line * 500}\n"
    assert len(other.requests) == 200


def test_another_route_of_the_same_server(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = start(guest_at(f"http://127.0.0.1:{port}") + module("/hello", "hello.wasm"), listen=f"127.0.0.1:{port}")
    assert run(server, ("get", f"http://127.0.0.1:{port}/hello"), ("read", 100)) == "get 0 200\nread 0 14\nHello, world!\n\n"


# --- TLS.


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A folder with ca.crt and the certificates that it issued: good (localhost, 127.0.0.1), other.example, old, alone."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("ca")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Test CA", "-days", "2",
            "-addext", "basicConstraints=critical,CA:true")
    names = {"good": ("2", "DNS:localhost,IP:127.0.0.1"), "other": ("2", "DNS:other.example"), "old": ("-1", "DNS:localhost")}
    for name, (days, alternatives) in names.items():
        (folder / "extensions").write_text(f"subjectAltName={alternatives}\n")
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.crt", "-days", days, "-extfile", "extensions")
    openssl("req", "-x509", *key, "-keyout", "alone.key", "-out", "alone.crt", "-subj", "/CN=alone", "-days", "2",
            "-addext", "subjectAltName=DNS:localhost")
    return folder


def with_certificate(folder, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context


def test_tls(upstream, serve, authority):
    context, asked = with_certificate(authority, "good"), []
    context.sni_callback = lambda stream, name, _: asked.append(name)
    other = upstream(lambda r: r.answer(bytes(100_000)), context)
    server = serve(other, other.url("", "localhost"), other.url(""), env={"SSL_CERT_FILE": authority / "ca.crt"})
    for _ in range(2):
        assert run(server, ("get", other.url(host="localhost")), ("read", 9999)).startswith("get 0 200\nread 0 100000\n")
    assert run(server, ("get", other.url()), ("read", 9999)).startswith("get 0 200\nread 0 100000\n")
    assert asked == ["localhost", None], "an address is no name to ask for"
    assert other.connections == 2


@pytest.mark.parametrize("name, said", [("other", "mismatch"), ("old", "expired"), ("alone", "self-signed")])
def test_certificates_that_are_not_trusted(upstream, serve, authority, name, said):
    other = upstream(tls=with_certificate(authority, name))
    server = serve(other, other.url("", "localhost"), env={"SSL_CERT_FILE": authority / "ca.crt"})
    assert run(server, ("get", other.url(host="localhost"))) == f"get {FAILED} 0\n"
    assert said in server.log and not other.requests


def test_an_end_that_tls_does_not_confirm_is_none(upstream, serve, authority):
    def cut(request):
        request.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        socket.socket(fileno=socket.dup(request.peer.fileno())).shutdown(socket.SHUT_RDWR)
    other = upstream(cut, with_certificate(authority, "good"))
    server = serve(other, other.url("", "localhost"), env={"SSL_CERT_FILE": authority / "ca.crt"})
    assert run(server, ("get", other.url(host="localhost")), ("read", 100)) == f"get 0 200\nread {FAILED} 5\nhello\n"


def test_a_server_without_tls(upstream, serve, authority):
    other = upstream(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n")
    server = serve(other, f"https://localhost:{other.port}", env={"SSL_CERT_FILE": authority / "ca.crt"})
    assert run(server, ("get", f"https://localhost:{other.port}/")) == f"get {FAILED} 0\n"


def test_without_roots_there_is_no_https(upstream, serve, tmp_path):
    other = upstream()
    server = serve(other, f"https://localhost:{other.port}", other.url(""), env={"SSL_CERT_FILE": tmp_path / "none"})
    assert "guests can't call https" in server.log
    assert run(server, ("get", f"https://localhost:{other.port}/"), ("get", other.url())) == f"get {FAILED} 0\nget 0 200\n"


# --- The process that connects.


def connectors_of(server) -> list[int]:
    return [pid for worker in server.workers() for pid in children(worker)]


def children(parent: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if (state := process_state(pid)) and state[1] == parent and state[0] != "Z"]


def test_a_worker_whose_connector_dies_is_started_again(upstream, serve):
    other = upstream()
    server = serve(other)
    [worker], [connector] = server.workers(), connectors_of(server)
    os.kill(connector, signal.SIGKILL)
    eventually(lambda: server.workers() not in ([], [worker]), "another worker runs")
    assert "connector of worker 0 is gone" in server.log
    eventually(lambda: not is_running(worker), "the old one has ended")
    assert run(server, ("get", other.url())) == "get 0 200\n"


def test_a_connector_ends_with_its_worker_and_leaves_no_zombie(upstream, serve):
    other = upstream()
    server = serve(other, workers=2)
    pids = connectors_of(server)
    assert len(pids) == 2
    os.kill(server.workers()[0], signal.SIGKILL)
    eventually(lambda: sum(process_state(pid) is None for pid in pids) == 1, "the supervisor has reaped its connector")
    server.stop()
    assert not any(map(process_state, pids))


def test_a_connector_keeps_little(upstream, serve):
    other = upstream()
    [pid] = connectors_of(serve(other))
    status = Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status and re.search(r"Seccomp:\t2", status)
    held = {Path(f"/proc/{pid}/fd/{fd.name}").readlink() for fd in Path(f"/proc/{pid}/fd").iterdir() if int(fd.name) > 2}
    assert len(held) == 1, held


def test_the_configuration_says_what_it_does_not_understand(write):
    text = module("/out", "outbound.wasm", allowed_hosts=["https://ok.example", "http://127.1", "http://a/b"])
    checked = run_wagi("check", str(write(text)))
    assert checked.returncode == 1
    assert re.search(r'modules\.toml:4:40: `allowed_hosts`: "http://127\.1" names no host', checked.stdout + checked.stderr)
    assert re.search(r'modules\.toml:4:56: `allowed_hosts`: "http://a/b" names no host.*leave out ./b\b', checked.stdout + checked.stderr)


# --- The examples, and with them the SDK in each language.

EXAMPLES = ROOT / "build" / "examples"


def example(name: str) -> str:
    path = EXAMPLES / f"{name}.wasm"
    if not path.exists():
        pytest.skip(f"{name} isn't built: its compiler is absent, or scripts/build-examples didn't run")
    return str(path)


@pytest.mark.parametrize("name, missing", [
    ("fetch", "there: the destination isn't in allowed_hosts."),
    ("fetch-go", 'Get "there": wagihttp: the destination isn\'t in allowed_hosts')])
def test_an_example_that_calls(upstream, start, kept_cache, name, missing):
    other = upstream(lambda r: r.answer(b"some text" * 10_000, fields="Content-Type: text/x\r\n"))
    path = example(name)
    server = start(module("/fetch", path, environment={"URL": other.url()}, allowed_hosts=[other.url("")])
                   + module("/alone", path, environment={"URL": other.url()}), **kept_cache)
    response = server.get("/fetch")
    status = "200" if name == "fetch" else "200 OK"
    assert response.text == f"{other.url()} answered {status}, text/x:\n\n" + "some text" * 10_000
    refused = server.get("/alone")
    assert (refused.status, refused.text.strip()) == (502, missing.replace("there", other.url()))


def test_the_example_that_proxies(upstream, start):
    bodies = []
    other = upstream(lambda r: (bodies.append(r.body()), r.answer(b"{}", "201 Created", "X-Mine: a\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n")))
    server = start(module("/proxy/...", example("proxy"), environment={"UPSTREAM": other.url("/base")},
                          allowed_hosts=[other.url("")]))
    body = b"x" * 200_000
    response = server.get("/proxy/a%20b?c=d", [("Content-Type", "text/y"), ("X-Theirs", "1"), ("Cookie", "c=1")],
                          method="PUT", body=body)
    assert (response.status, response.body, response.one("X-Mine")) == (201, b"{}", "a")
    assert response.all("Set-Cookie") == ["a", "b"]
    [request] = other.requests
    assert request.line == "PUT /base/a%20b?c=d HTTP/1.1" and bodies == [body]
    assert request.all("Host") == [f"127.0.0.1:{other.port}"], "not the client's"
    assert request.all("Content-Type") == ["text/y"] and request.all("X-Theirs") == ["1"]
    assert request.all("X-Forwarded-For") == ["127.0.0.1"]


def test_the_example_that_proxies_streams(upstream, start):
    passed = threading.Semaphore(0)

    def answer(request):
        request.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            request.send(b"7\r\npiece %d\r\n" % number)
            assert passed.acquire(timeout=30)
        request.send(b"0\r\n\r\n")
    other = upstream(answer)
    server = start(module("/proxy/...", example("proxy"), environment={"UPSTREAM": other.url("")}, allowed_hosts=[other.url("")]))
    with server.connect() as connection:
        connection.request("GET", "/proxy/")
        assert connection.read_head().status == 200
        for number in range(3):
            assert connection.read_chunk() == b"piece %d" % number
            passed.release()
        assert connection.read_chunk() == b""
