"""Tests on which addresses the server listens, and how it stops."""

import signal
import socket
import subprocess

import pytest

from configuration import BINARY, module, table
from server import clean_environment


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


def test_a_port_in_use(start, tmp_path):
    server = start(module("/", "hello.wasm"))
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
    server.kill()  # Not stop(), which would check the exit code.


def test_drain_ms_max_bounds_the_stop(start):
    server = start(table("[server]", drain_ms_max=200) + module("/drip", "drip.wasm", wall_ms_max=0), workers=2)
    with server.connect() as running:
        running.request("GET", "/drip?ms=1000000")
        assert running.read_head().status == 200
        server.signal(signal.SIGTERM)
        server.wait()
        running.read_to_end()
    server.kill()
