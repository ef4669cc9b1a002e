"""Tests HTTPS: versions, negotiation, and wrong certificates."""

import os
import re
import shutil
import signal
import ssl
import subprocess
import threading

import pytest

from configuration import module, table
from raw_http import Connection, Truncated
from server import run_wagi
from waiting import eventually

MODULES = "".join(module(f"/{name}", f"{name}.wasm")
                  for name in ("hello", "environment", "echo", "flood", "trap", "drip"))


def make_certificate(folder, name: str):
    """Makes a key and its self-signed certificate; returns their paths."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-subj", f"/CN={name}", "-days", "2",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    return make_certificate(tmp_path_factory.mktemp("tls"), "first")


def context(certificate, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=certificate)
    made.minimum_version, made.maximum_version = least, most
    return made


@pytest.fixture(scope="module")
def server(start_shared, certificate):
    return start_shared(MODULES, "--tls-cert", certificate[0], "--tls-key", certificate[1],
                        tls=context(certificate[0]))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_that_are_spoken(server, certificate, version):
    with Connection(server.address, tls=context(certificate[0], version, version)) as connection:
        assert connection.socket.version() == version.name.replace("_", ".")
        for _ in range(2):
            connection.request("GET", "/hello")
            assert connection.read_response().text == "Hello, world!\n"


@pytest.mark.filterwarnings("ignore:.*TLSv1.*:DeprecationWarning")
def test_tls_1_1_is_refused(server, certificate):
    old = context(certificate[0], ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    old.set_ciphers("ALL:@SECLEVEL=0")  # The default would refuse old versions on this side.
    with pytest.raises(ssl.SSLError, match="(?i)alert|version"):
        Connection(server.address, tls=old)
    assert server.get("/hello").status == 200


def test_the_address_says_https(server):
    assert f"https://127.0.0.1:{server.port}" in server.log


def test_the_guest_is_told(server):
    text = server.get("/environment?q").text
    assert "env HTTPS=on\n" in text
    assert "env REQUEST_SCHEME=https\n" in text
    assert "env X_FULL_URL=https://test:3000/environment?q\n" in text


def test_without_tls_the_guest_is_not_told(start):
    text = start(MODULES).get("/environment").text
    assert "env HTTPS=" not in text
    assert "env REQUEST_SCHEME=http\n" in text


@pytest.mark.parametrize("offered, chosen", [
    (["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"), (["http/1.0", "http/1.1"], "http/1.1"), ([], None)])
def test_alpn(server, certificate, offered, chosen):
    made = context(certificate[0])
    if offered:
        made.set_alpn_protocols(offered)
    with Connection(server.address, tls=made) as connection:
        assert connection.socket.selected_alpn_protocol() == chosen
        connection.request("GET", "/hello")
        assert connection.read_response().status == 200


def test_plain_http_to_the_tls_port_is_told_so(server):
    with Connection(server.address) as connection:
        connection.send(b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")
        response = connection.read_response()
        assert response.status == 400
        assert "https" in response.text.lower() or "tls" in response.text.lower()
        assert connection.at_end()


def test_tls_to_a_plain_port_is_told_so(start, certificate):
    server = start(MODULES)
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        Connection(server.address, tls=context(certificate[0]))
    assert server.get("/hello").status == 200


@pytest.mark.parametrize("data", [
    b"\x16\x03\x01\x02\x00" + b"\xff" * 512, b"\x80\x2e" + b"\x01\x00\x02" * 20, b"\x00" * 600])
def test_a_broken_handshake_ends_the_connection_only(server, data):
    with Connection(server.address) as connection:
        connection.send(data)
        try:
            connection.read_to_end()
        except ConnectionResetError:
            pass
    assert server.get("/hello").status == 200


def test_a_handshake_that_never_comes_is_ended(start, certificate):
    server = start(table("[server]", head_ms_max=200, idle_ms_max=200) + MODULES, "--tls-cert", certificate[0],
                   "--tls-key", certificate[1], tls=context(certificate[0]))
    with Connection(server.address) as silent, Connection(server.address) as half:
        half.send(b"\x16\x03\x01")
        assert silent.at_end()
        half.read_to_end()


def test_large_bodies_both_ways(server):
    body = os.urandom(5 << 20)
    with server.connect() as connection:
        # Python's TLS objects mustn't be used by two threads, so the answer is read after sending.
        connection.request("POST", "/echo", body=body[:60_000])
        assert connection.read_response().body == body[:60_000]
        connection.request("GET", "/flood?bytes=5000000")
        assert len(connection.read_response().body) == 5_000_000


def test_many_clients_at_once(server):
    failures = []

    def ask():
        try:
            for _ in range(10):
                assert server.get("/hello").text == "Hello, world!\n"
        except Exception as error:  # noqa: BLE001: it is raised again by the assertion below
            failures.append(error)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_streaming(server):
    with server.connect() as connection:
        connection.request("GET", "/drip?ms=10000000")
        connection.read_head()
        assert connection.read_chunk() == b"line 1\n"


def test_an_answer_cut_off_is_seen(server):
    with server.connect() as connection, pytest.raises((Truncated, ssl.SSLError, ConnectionResetError)):
        connection.request("GET", "/trap?after=1000000")
        connection.read_response()


def test_the_end_of_a_connection_is_announced(server):
    with server.connect() as connection:
        connection.socket.suppress_ragged_eofs = False  # Fails at an end without close_notify.
        connection.request("GET", "/hello", [("Connection", "close")])
        assert connection.read_response().status == 200
        assert connection.at_end()


# --- Certificates.

def test_the_server_table_names_them_too(start, certificate):
    server = start(table("[server]", tls_cert=str(certificate[0]), tls_key=str(certificate[1])) + MODULES,
                   tls=context(certificate[0]))
    assert server.get("/hello").status == 200


def test_the_environment_names_them_too(start, certificate):
    server = start(MODULES, env={"WAGI_TLS_CERT": certificate[0], "WAGI_TLS_KEY": certificate[1]},
                   tls=context(certificate[0]))
    assert server.get("/hello").status == 200


def test_wrong_certificates_and_keys(certificate, tmp_path):
    crt, key = certificate
    _, other_key = make_certificate(tmp_path, "other")
    (tmp_path / "text").write_text("not a certificate\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "modules.toml").write_text(MODULES)

    def fails_with(*flags) -> str:
        done = run_wagi("-c", tmp_path / "modules.toml", "-l", "127.0.0.1:0", *flags, folder=tmp_path)
        assert done.returncode != 0
        return done.stderr

    assert "tls_cert needs tls_key" in fails_with("--tls-cert", crt)
    assert "tls_key needs tls_cert" in fails_with("--tls-key", key)
    assert "/no/such/cert" in fails_with("--tls-cert", "/no/such/cert", "--tls-key", key)
    assert "/no/such/key" in fails_with("--tls-cert", crt, "--tls-key", "/no/such/key")
    assert "text" in fails_with("--tls-cert", tmp_path / "text", "--tls-key", key)
    assert "text" in fails_with("--tls-cert", crt, "--tls-key", tmp_path / "text")
    assert "empty" in fails_with("--tls-cert", tmp_path / "empty", "--tls-key", key)
    assert "isn't the key" in fails_with("--tls-cert", crt, "--tls-key", other_key)
    assert str(tmp_path) in fails_with("--tls-cert", tmp_path, "--tls-key", key)


def expired(folder):
    """Makes a certificate that expired yesterday, and its key; returns their paths."""
    key, request, certificate = (folder / f"expired.{ending}" for ending in ("key", "csr", "crt"))
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", request, "-subj", "/CN=old.example"], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "-1", "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def test_an_expired_certificate_is_warned_of_by_check_start_and_reload(start, certificate, tmp_path):
    crt, key = expired(tmp_path)
    flags = ("--tls-cert", crt, "--tls-key", key)
    warning = r"TLS: \S+expired\.crt: the certificate of /CN=old\.example expired at \S+ \S+ UTC"
    server = start(MODULES, *flags)
    server.wait_log(warning)
    server.signal(signal.SIGHUP)
    server.wait_log(warning, times=2)
    done = run_wagi("check", server.config_path, *flags, folder=server.folder)
    assert done.returncode == 0
    assert re.search(warning + r".*\(warning\)\n", done.stdout)
    done = run_wagi("check", server.config_path, "--tls-cert", certificate[0], "--tls-key", certificate[1],
                    folder=server.folder)
    assert "certificate" not in done.stdout


def test_a_renewed_certificate_is_taken_by_a_reload(start, certificate, tmp_path):
    crt, key = (tmp_path / path.name for path in certificate)
    for source, target in zip(certificate, (crt, key)):
        shutil.copy(source, target)
    server = start(MODULES, "--tls-cert", crt, "--tls-key", key, tls=context(crt))
    assert server.get("/hello").status == 200
    for source, target in zip(make_certificate(tmp_path, "renewed"), (crt, key)):
        source.rename(target)
    server.signal(signal.SIGHUP)

    def is_renewed():
        try:
            with Connection(server.address, tls=context(crt)) as connection:
                connection.request("GET", "/hello")
                return connection.read_response().status == 200
        except ssl.SSLCertVerificationError:
            return False
    eventually(is_renewed)


def test_a_broken_certificate_in_a_reload_keeps_the_old_one(start, certificate, tmp_path):
    crt, key = (tmp_path / path.name for path in certificate)
    for source, target in zip(certificate, (crt, key)):
        shutil.copy(source, target)
    server = start(MODULES, "--tls-cert", crt, "--tls-key", key, tls=context(certificate[0]))
    crt.write_text("broken")
    server.signal(signal.SIGHUP)
    server.wait_log(crt.name)
    assert server.get("/hello").status == 200
