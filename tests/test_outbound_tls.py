"""Guests that call others over TLS."""

import shutil
import socket
import ssl
import subprocess

import pytest

from outbound import FAILED, run, serve, upstream


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
