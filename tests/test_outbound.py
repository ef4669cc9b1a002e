"""Guests that call others: what reaches the other side, and what is refused."""

import contextlib
import os
import re
import signal
import socket
import threading
from pathlib import Path

from configuration import module
from outbound import (
    BAD_HEADERS, BAD_METHOD, BAD_URL, FAILED, INVALID_HANDLE, NOT_ALLOWED, guest_at, run, serve, steps, upstream,
)
from processes import is_running, process_state
from server import run_wagi
from waiting import eventually


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
    """A name that resolves to an address which isn't public, such as localhost, is refused."""
    other = upstream()
    public = start(guest_at(f"*.localhost:{other.port}"))
    # Such a name is refused if the system's resolver knows it, and isn't found otherwise.
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
