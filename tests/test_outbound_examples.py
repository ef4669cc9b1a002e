"""The examples that call others."""

import threading

import pytest

from configuration import ROOT, module
from outbound import upstream

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
