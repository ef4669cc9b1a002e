"""Many addresses and certificates in one server: [[listen]], Unix sockets, systemd's, SNI, clients' certificates."""

import re
import signal
import socket
import ssl
import subprocess
import sys

import pytest

from configuration import BINARY, module, table
from server import clean_environment, run_wagi
from test_sites import site
from waiting import eventually

HELLO = module("/hello", "hello.wasm")


def make_certificate(folder, name: str, names: str, signer: tuple | None = None):
    """A new key and its certificate for these subjectAltNames, self-signed or by `signer`: their paths."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    by = ["-CA", signer[0], "-CAkey", signer[1]] if signer else []
    part = folder / f"{name}.part"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", part, "-subj", f"/CN={name}", "-days", "60", *by,
                    "-addext", f"subjectAltName={names}"], check=True, capture_output=True)
    part.rename(certificate)
    return str(certificate), str(key)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("listeners")


@pytest.fixture(scope="module")
def certificates(folder):
    return {name: make_certificate(folder, name, names) for name, names in [
        ("fallback", "DNS:fallback.example"), ("a", "DNS:a.example"), ("b", "DNS:*.b.example")]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def speak(connection: socket.socket, host: str, path: str = "/hello") -> str:
    connection.settimeout(10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer.decode()


def tls_context(**options) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    for name, value in options.items():
        setattr(made, name, value)
    return made


def shown(port: int, host: str | None) -> str:
    """The names in the certificate that a client gets who asks for `host`."""
    with socket.create_connection(("127.0.0.1", port), 10) as plain, \
            tls_context().wrap_socket(plain, server_hostname=host) as secure:
        der = secure.getpeercert(binary_form=True)
    text = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-ext", "subjectAltName"], input=der,
                          check=True, capture_output=True).stdout.decode()
    return text.splitlines()[1].strip()


def listen(address: str, certificate=None, **keys) -> str:
    if certificate:
        keys |= {"tls_cert": certificate[0], "tls_key": certificate[1]}
    return table("[[listen]]", address=address, **keys)


def test_every_address_serves(start, certificates, tmp_path):
    first, second, path = free_port(), free_port(), tmp_path / "wagi.sock"
    server = start(listen(f"127.0.0.1:{first}") + listen(f"127.0.0.1:{second}", certificates["a"])
                   + listen(f"unix:{path}", mode="0600") + HELLO, listen=None)
    assert f"Ready: serving on http://127.0.0.1:{first}, https://127.0.0.1:{second}, unix:{path}\n" in server.log
    with socket.create_connection(("127.0.0.1", first)) as plain:
        assert "Hello, world!" in speak(plain, "x")
    with socket.create_connection(("127.0.0.1", second)) as plain, \
            tls_context().wrap_socket(plain, server_hostname="a.example") as secure:
        assert "Hello, world!" in speak(secure, "a.example")
    assert path.stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(str(path))
        assert "Hello, world!" in speak(local, "x")
    server.stop()
    assert not path.exists()


def test_a_client_of_a_unix_socket_has_no_address(start, tmp_path):
    path = tmp_path / "wagi.sock"
    server = start(listen(f"unix:{path}") + listen("127.0.0.1:0") + module("/env", "environment.wasm"), listen=None)
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(str(path))
        text = speak(local, "x", "/env")
    assert "env REMOTE_ADDR=unix:\n" in text and "env REMOTE_HOST=unix:\n" in text
    assert server.get("/env").text.count("env REMOTE_ADDR=127.0.0.1\n") == 1


def test_a_flag_gives_the_one_address(start):
    server = start(listen(f"127.0.0.1:{free_port()}") + listen("127.0.0.1:1") + HELLO)
    assert server.get("/hello").status == 200


def test_a_reload_adds_and_removes_addresses_and_keeps_the_others(start, tmp_path):
    kept, gone, new, path = free_port(), free_port(), free_port(), tmp_path / "wagi.sock"
    server = start(listen(f"127.0.0.1:{kept}") + listen(f"127.0.0.1:{gone}") + HELLO, listen=None)
    server.write_config(listen(f"127.0.0.1:{new}") + listen(f"127.0.0.1:{kept}") + listen(f"unix:{path}") + HELLO)
    server.signal(signal.SIGHUP)
    server.wait_log(f"reloaded: generation 2 serves 1 routes on http://127.0.0.1:{new}, ")
    for port in (kept, new):
        with socket.create_connection(("127.0.0.1", port)) as plain:
            assert "Hello, world!" in speak(plain, "x")

    def refused() -> bool:
        with socket.socket() as plain:
            return plain.connect_ex(("127.0.0.1", gone)) != 0
    eventually(refused, "the address is given up")
    server.write_config(listen(f"127.0.0.1:{kept}") + HELLO)
    server.signal(signal.SIGHUP)
    server.wait_log("reloaded: generation 3")
    eventually(lambda: not path.exists(), "the socket's file is gone")


def test_an_address_that_is_taken_changes_nothing(start):
    kept = free_port()
    server = start(listen(f"127.0.0.1:{kept}") + HELLO, listen=None)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server.write_config(listen(f"127.0.0.1:{kept}") + listen(f"127.0.0.1:{other.getsockname()[1]}") + HELLO)
        server.signal(signal.SIGHUP)
        server.wait_log("another program does")
    assert server.get("/hello").status == 200


def test_unix_paths_that_are_wrong(tmp_path):
    config = tmp_path / "modules.toml"
    (tmp_path / "file").write_text("precious")
    config.write_text(listen(f"unix:{tmp_path / 'file'}") + HELLO)
    done = run_wagi("-c", config)
    assert done.returncode == 1 and "the path exists and is no socket" in done.stderr
    assert (tmp_path / "file").read_text() == "precious"
    config.write_text(listen(f"unix:/{'x' * 200}") + HELLO)
    assert "is too long: the path of a socket has at most 107 bytes" in run_wagi("-c", config).stderr


def test_the_socket_of_a_killed_server_is_taken_over(start, tmp_path):
    path = tmp_path / "wagi.sock"
    config = listen("127.0.0.1:0") + listen(f"unix:{path}") + HELLO
    start(config, listen=None).kill()
    assert path.exists()
    start(config, listen=None)
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(str(path))
        assert "Hello, world!" in speak(local, "x")


# As systemd does it: the descriptors from 3 on, and three variables.
HAND_OVER = """
import os, socket, sys
sockets = [socket.create_server(("127.0.0.1", int(port))) for port in sys.argv[1].split(",")]
for number, each in enumerate(sockets):
    os.dup2(each.fileno(), 50 + number)
for number in range(len(sockets)):
    os.dup2(50 + number, 3 + number)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": sys.argv[2]}
os.execv(sys.argv[3], sys.argv[3:])
"""


def test_sockets_of_systemd(tmp_path):
    first, second = free_port(), free_port()
    config = tmp_path / "modules.toml"
    config.write_text(listen("systemd:admin") + listen("systemd:web") + HELLO)
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", HAND_OVER, f"{first},{second}", "web:admin", str(BINARY), "-c", str(config)],
            stdout=log, stderr=log, env=clean_environment(TMPDIR=tmp_path), cwd=tmp_path)
    try:
        ready = f"Ready: serving on http://127.0.0.1:{second}, http://127.0.0.1:{first}\n"
        eventually(lambda: ready in (tmp_path / "log").read_text(), "it serves")
        for generation in (2, 3):
            for port in (first, second):
                with socket.create_connection(("127.0.0.1", port)) as plain:
                    assert "Hello, world!" in speak(plain, "x")
            process.send_signal(signal.SIGHUP)
            eventually(lambda: f"reloaded: generation {generation}" in (tmp_path / "log").read_text(), "the reload")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_socket_that_was_not_handed_over(tmp_path):
    config = tmp_path / "modules.toml"
    config.write_text(listen("systemd:web") + HELLO)
    assert "no socket was handed over" in run_wagi("-c", config).stderr


# --- Certificates.


def of_sites(certificates, **server) -> str:
    return (table("[server]", tls_cert=certificates["fallback"][0], tls_key=certificates["fallback"][1], **server)
            + HELLO
            + site(["a.example"], HELLO, tls_cert=certificates["a"][0], tls_key=certificates["a"][1])
            + site(["x.b.example"], HELLO, tls_cert=certificates["b"][0], tls_key=certificates["b"][1]))


def test_a_host_shows_its_own_certificate(start, certificates):
    server = start(of_sites(certificates))
    assert shown(server.port, "a.example") == "DNS:a.example"
    assert shown(server.port, "x.b.example") == "DNS:*.b.example"
    assert shown(server.port, "other.example") == "DNS:fallback.example"
    assert shown(server.port, None) == "DNS:fallback.example"


def test_a_renewed_certificate_is_served_and_a_bad_one_is_not(start, tmp_path):
    certificate = make_certificate(tmp_path, "site", "DNS:a.example,DNS:first.example")
    server = start(site(["a.example"], HELLO, tls_cert=certificate[0], tls_key=certificate[1]))
    assert shown(server.port, "a.example") == "DNS:a.example, DNS:first.example"
    make_certificate(tmp_path, "site", "DNS:a.example,DNS:second.example")
    server.wait_log("reloaded: generation [0-9]+")
    eventually(lambda: "second" in shown(server.port, "a.example"), "the new certificate")
    (tmp_path / "site.crt").write_text("rubbish")
    server.wait_log("expected a certificate in PEM format")
    assert "second" in shown(server.port, "a.example")


def resumes(port: int, session, version) -> tuple[bool, ssl.SSLSession]:
    context = resumes.context
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port), 10) as plain, \
            context.wrap_socket(plain, server_hostname="a.example", session=session) as secure:
        speak(secure, "a.example")
        return secure.session_reused, secure.session


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed_by_every_worker_and_after_a_reload(start, certificates, version):
    server = start(of_sites(certificates), workers=3)
    resumes.context = tls_context()
    _, session = resumes(server.port, None, version)
    assert all(resumes(server.port, session, version)[0] for _ in range(12))
    server.signal(signal.SIGHUP)
    server.wait_log("reloaded: generation 2")
    assert all(resumes(server.port, session, version)[0] for _ in range(6))


@pytest.fixture(scope="module")
def clients(folder):
    authority = make_certificate(folder, "authority", "DNS:authority")
    stranger = make_certificate(folder, "stranger", "DNS:stranger")
    return {"authority": authority, "stranger": stranger}


def ask_as(port: int, certificate, path: str = "/env") -> str:
    context = tls_context()
    if certificate:
        context.load_cert_chain(*certificate)
    with socket.create_connection(("127.0.0.1", port), 10) as plain, \
            context.wrap_socket(plain, server_hostname="a.example") as secure:
        return speak(secure, "a.example", path)


@pytest.mark.parametrize("verify", ["required", "optional"])
def test_clients_show_certificates(start, certificates, clients, verify):
    port = free_port()
    server = start(listen(f"127.0.0.1:{port}", certificates["a"], verify_client=verify,
                          client_ca=clients["authority"][0])
                   + listen("127.0.0.1:0") + module("/env", "environment.wasm",
                                                    environment={"SSL_CLIENT_S_DN": "CN=forged"}), listen=None)
    text = ask_as(port, clients["authority"])
    for line in ("AUTH_TYPE=CLIENT_CERT", "REMOTE_USER=CN=authority", "SSL_CLIENT_VERIFY=SUCCESS",
                 "SSL_CLIENT_S_DN=CN=authority", "SSL_CLIENT_S_DN_CN=authority", "SSL_CLIENT_I_DN=CN=authority"):
        assert f"env {line}\n" in text
    assert re.search(r"env SSL_CLIENT_M_SERIAL=[0-9A-F]+\n", text)
    assert re.search(r"env SSL_CLIENT_V_END=\w{3} .* GMT\n", text)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask_as(port, clients["stranger"])
    if verify == "required":
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask_as(port, None)
    else:
        text = ask_as(port, None)
        assert "env SSL_CLIENT_VERIFY=NONE\n" in text and "env REMOTE_USER=\n" in text and "forged" not in text
    plain_port = int(re.search(r"http://127.0.0.1:([0-9]+)", server.log)[1])
    with socket.create_connection(("127.0.0.1", plain_port)) as plain:
        text = speak(plain, "a.example", "/env")
    assert "env SSL_CLIENT_VERIFY=" not in text and "env SSL_CLIENT_S_DN=CN=forged\n" in text


def test_a_listener_with_a_least_version(start, certificates):
    port = free_port()
    start(listen(f"127.0.0.1:{port}", certificates["a"], tls_min="1.3") + listen("127.0.0.1:0") + HELLO, listen=None)
    old = tls_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    with socket.create_connection(("127.0.0.1", port)) as plain, pytest.raises(ssl.SSLError):
        old.wrap_socket(plain, server_hostname="a.example")
    assert shown(port, "a.example") == "DNS:a.example"


def test_routes_and_check_show_listeners_and_certificates(certificates, clients, tmp_path):
    config = tmp_path / "modules.toml"
    config.write_text(listen("127.0.0.1:80") + listen("[::]:443", certificates["a"], verify_client="optional",
                                                      client_ca=clients["authority"][0]) + HELLO)
    for command in ("routes", "check"):
        text = run_wagi(command, config).stdout
        assert re.search(r"^127.0.0.1:80 +no$", text, re.M), text
        assert re.search(r"^\[::\]:443 +1.2, 1.3 +\S+a.crt +a certificate of \S+authority.crt, or none$", text, re.M)
        assert re.search(r"^\S+a.crt +20\d\d-\d\d-\d\d \(in 59 days\) +a.example$", text, re.M), text


@pytest.mark.parametrize("text, said", [
    (lambda c: listen("127.0.0.1:80") + listen("127.0.0.1:80"), ":5:11: `address`: the [[listen]] of line 2 has"),
    (lambda c: listen("127.0.0.1:80", tls=True), ":2:11: 127.0.0.1:80 has `tls = true` and no certificate"),
    (lambda c: listen("127.0.0.1:80", (c["a"][0], c["b"][1])), ":3:12: TLS: "),
    (lambda c: site(["b.example"], HELLO, tls_cert=c["a"][0], tls_key=c["a"][1]),
     ":3:12: TLS: the certificate of "),
    (lambda c: listen("localhost:80"), ":2:11: `address`: `localhost:80` is no address to listen on"),
    (lambda c: listen("127.0.0.1:80", c["a"], verify_client="required"), ":3:17: `verify_client` needs `client_ca`"),
    (lambda c: listen("127.0.0.1:80", c["a"], verify_client="required", client_ca=c["a"][1]),
     ":2:11: TLS: "),
])
def test_what_is_wrong_has_its_place(certificates, tmp_path, text, said):
    config = tmp_path / "modules.toml"
    config.write_text(text(certificates) + HELLO)
    done = run_wagi("check", config)
    assert done.returncode == 1
    assert f"modules.toml{said}" in done.stdout, done.stdout


def test_a_host_that_the_certificate_is_not_for_is_warned_of(certificates, tmp_path):
    config = tmp_path / "modules.toml"
    config.write_text(listen("127.0.0.1:80", certificates["a"]) + site(["c.example", "d.example"], HELLO))
    text = run_wagi("check", config).stdout
    assert "TLS: clients of c.example and 1 other hosts get the certificate of " in text
