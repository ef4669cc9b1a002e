"""`wagi bindle serve` as processes: they agree, replace each other, are locked down, reload and drain."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from bindle_service import start
from bindles import Bindle, Parcel, hello, refuse
from configuration import BINARY
from processes import children, is_running, process_state
from server import clean_environment
from test_bindle import insecure
from test_bindle_server_command import basic
from test_tls import make_certificate
from waiting import eventually


def workers(server) -> list[int]:
    return children(server.process.pid)


def answers_of_all(server, path: str, **headers) -> set[int]:
    """The statuses of so many new connections that each of a few workers has answered some."""
    return {server.call("GET", path, **headers).status for _ in range(40)}


@pytest.fixture
def server(start):
    return start("--unsigned", "--workers", "3")


def test_all_workers_have_what_one_of_them_took(server):
    assert len(workers(server)) == 3
    bindle = hello()
    assert server.create(bindle).status == 202
    assert answers_of_all(server, f"/_i/{bindle.id}") == {200}
    assert {server.create(bindle).status for _ in range(20)} == {409}
    for parcel in bindle.parcels:
        assert server.upload(bindle, parcel).status == 200
    assert answers_of_all(server, f"/_i/{bindle.id}@{bindle.parcels[0].digest}") == {200}
    assert server.call("DELETE", f"/_i/{bindle.id}").status == 200
    assert answers_of_all(server, f"/_i/{bindle.id}") == {403}
    assert {server.call("GET", "/_q?yanked=true").toml["total"] for _ in range(20)} == {1}


def test_a_worker_that_died_is_replaced_by_one_that_knows_all(server):
    server.create(Bindle("before/1.0.0", []))
    before = workers(server)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(workers(server)) == 3 and not set(workers(server)) & set(before), "others run")
    assert server.log.count("it is started again in") == 3
    assert answers_of_all(server, "/_i/before/1.0.0") == {200}
    assert server.create(Bindle("after/1.0.0", [])).status == 201
    assert answers_of_all(server, "/_i/after/1.0.0") == {200}


def test_workers_are_locked_down(server):
    assert "workers are locked down" in server.log
    for pid in workers(server):
        status = Path(f"/proc/{pid}/status").read_text()
        assert re.search(r"^NoNewPrivs:\s*1$", status, re.M)
        assert re.search(r"^Seccomp:\s*2$", status, re.M)


def test_workers_end_with_the_first_process(start):
    server = start("--unsigned", "--workers", "2")
    pids = workers(server)
    server.process.kill()
    server.process.wait()
    eventually(lambda: not any(is_running(pid) for pid in pids), "nobody is left")
    server.process.returncode = 0  # It was killed, as the test wants it.


def password(folder, text: str):
    hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=text, text=True, capture_output=True,
                            check=True).stdout
    (folder / "users").write_text(f"anna:{hashed}")


def test_a_reload_reads_passwords_anew_and_a_bad_file_changes_nothing(start, tmp_path):
    password(tmp_path, "old")
    server = start("--unsigned", "--htpasswd", "users", "--workers", "2")
    assert answers_of_all(server, "/_q", authorization=basic("anna", "old")) == {200}
    password(tmp_path, "new")
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: "reloaded: generation 2 serves" in server.log, "it has reloaded")
    # The old workers may accept for a moment longer.
    eventually(lambda: answers_of_all(server, "/_q", authorization=basic("anna", "old")) == {401}, "new ones answer")
    assert answers_of_all(server, "/_q", authorization=basic("anna", "new")) == {200}
    (tmp_path / "users").write_text("nonsense")
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: "the reload failed: what served before goes on" in server.log, "it has tried")
    assert re.search("error.*users", server.log)
    assert answers_of_all(server, "/_q", authorization=basic("anna", "new")) == {200}


def test_a_reload_loses_no_request_and_no_invoice(start):
    server = start("--unsigned", "--workers", "2")
    for reloads in range(1, 4):
        server.process.send_signal(signal.SIGHUP)
        for number in range(20):
            assert server.create(Bindle(f"n{reloads}/1.0.{number}", [])).status == 201
        eventually(lambda reloads=reloads: f"reloaded: generation {reloads + 1} serves" in server.log, "it has reloaded")
    assert {server.call("GET", "/_q?l=0").toml["total"] for _ in range(20)} == {60}


def test_a_certificate_that_is_renewed_is_served_without_a_reload(start, tmp_path):
    certificate, key = make_certificate(tmp_path, "first")
    server = start("--unsigned", "--tls-cert", certificate, "--tls-key", key, tls=insecure(certificate))
    assert server.call("GET", "/_q").status == 200
    newer, newer_key = make_certificate(tmp_path, "second")
    server.tls = insecure(newer)
    shutil.copy(newer_key, key)
    shutil.copy(newer, certificate)
    eventually(lambda: "reloaded: generation 2 serves" in server.log, "it has noticed")

    def is_served() -> bool:
        with contextlib.suppress(ssl.SSLCertVerificationError):
            return server.call("GET", "/_q").status == 200
        return False
    eventually(is_served, "the new workers answer")
    certificate.write_text("broken")
    eventually(lambda: "the reload failed" in server.log, "it has noticed that, too")
    assert server.call("GET", "/_q").status == 200


def test_a_stop_lets_an_upload_finish(start):
    server = start("--unsigned", "--workers", "2")
    parcel = Parcel("p", b"x" * 100)
    bindle = Bindle("slow/1.0.0", [parcel])
    server.create(bindle)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", f"/v1/_i/{bindle.id}@{parcel.digest}")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"x" * 50)
    eventually(lambda: any((Path(server.log_path).parent / "served/partial").iterdir()), "the upload has begun")
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: "stopping" in server.log, "it is told")
    connection.send(b"x" * 50)
    assert connection.getresponse().status == 200
    connection.close()
    assert server.process.wait(30) == 0
    assert process_state(server.process.pid) is None


def test_a_unix_socket(tmp_path):
    process = subprocess.Popen([BINARY, "bindle", "serve", "--directory", "served", "--unsigned", "-l", "unix:sock"],
                               cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=clean_environment())
    try:
        line = next(line for line in process.stderr if "bindles at" in line)
        assert line.split(" info ")[1] == "bindles at unix:sock, 0 invoices in served\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "sock"))
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert not (tmp_path / "sock").exists()


@pytest.mark.parametrize("number", ["0", "x", "-1"])
def test_numbers_of_workers_that_are_refused(tmp_path, number):
    assert "--workers" in refuse("serve", "--directory", "d", "--unsigned", "--workers", number, folder=tmp_path)
