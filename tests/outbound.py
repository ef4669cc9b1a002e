"""A server whose guest calls others as its query says, and what it prints of that."""

import socket
from urllib.parse import quote, urlencode

import pytest

from configuration import module
from upstream import Upstream

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


def sends(answer: bytes):
    """Answers so and closes the connection, once the other side has what it was sent."""
    def handle(request):
        request.send(answer)
        request.peer.shutdown(socket.SHUT_WR)
        request.wait_end()
        raise EOFError
    return handle
