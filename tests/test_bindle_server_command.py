"""`wagi bindle serve` as it is run: who may read and write, what it keeps, and how it is called."""

import base64
import signal
import socket
import subprocess
import tomllib

import pytest

from bindle_service import blobs, server, start
from bindles import Bindle, Parcel, hello, refuse, run_bindle, sha256, succeed
from waiting import eventually


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def users(tmp_path):
    hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input="geheim: ä", text=True, capture_output=True,
                            check=True).stdout
    (tmp_path / "users").write_text(f"# who\nanna:{hashed}")
    return tmp_path / "users"


def test_names_and_passwords(start, users):
    server = start("--unsigned", "--htpasswd", users)
    bindle = hello()
    for authorization in ({}, {"authorization": basic("anna", "falsch")}, {"authorization": basic("otto", "geheim: ä")},
                          {"authorization": "Basic !"}, {"authorization": "Bearer x"}):
        answer = server.create(bindle, **authorization)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert server.call("GET", "/_q", **authorization).status == 401
    for _ in range(2):
        assert server.call("GET", "/_q", authorization=basic("anna", "geheim: ä")).status == 200
    assert server.create(bindle, authorization=basic("anna", "geheim: ä")).status == 202


def test_everybody_may_read_and_some_may_write(start, users):
    server = start("--unsigned", "--htpasswd", users, "--anonymous-get")
    assert server.call("GET", "/_q").status == 200
    assert server.call("GET", "/_q", authorization=basic("anna", "falsch")).status == 401
    assert server.create(hello()).status == 401
    assert server.call("DELETE", "/_i/a/1.0.0").status == 401


@pytest.mark.parametrize("line", ["anna", ":x", "anna:plain", "anna:{SHA}x", "anna:$apr1$x$y", "anna:$6$", ""])
def test_password_files_that_are_refused(tmp_path, line):
    (tmp_path / "users").write_text(line)
    assert "users" in refuse("serve", "--directory", "d", "--htpasswd", "users", "--unsigned", "-l", "127.0.0.1:0",
                             folder=tmp_path)


def test_only_what_a_known_key_signed(start, tmp_path):
    keyring = succeed("keys", "--create", "me.toml", "--label", "Me", folder=tmp_path)
    (tmp_path / "keyring.toml").write_text(keyring)
    succeed("keys", "--create", "stranger.toml", "--label", "Stranger", folder=tmp_path)
    server = start("--keyring", "keyring.toml")
    bindle = hello()
    bindle.write(tmp_path / "bindles")
    push = ("push", bindle.id, "--from", "bindles")
    assert "isn't signed" in refuse(*push, folder=tmp_path, url=server.url)
    assert "isn't in the keyring" in refuse(*push, "--key", "stranger.toml", folder=tmp_path, url=server.url)
    assert "created, 2 of 2 parcels" in succeed(*push, "--key", "me.toml", folder=tmp_path, url=server.url)
    signed = server.call("GET", f"/_i/{bindle.id}").body
    roles = [signature["role"] for signature in tomllib.loads(signed.decode())["signature"]]
    assert roles == ["creator", "host"]
    # A signature of other parcels, versions and names is none.
    for old, new in ((b'version = "1.2.3"', b'version = "1.2.4"'), (b'name = "example.com/hello"', b'name = "b"'),
                     (bindle.parcels[1].digest.encode(), sha256(b"other").encode())):
        tampered = server.call("POST", "/_i", signed.replace(old, new))
        assert tampered.status == 400
        assert "isn't one of this invoice" in tampered.error


def test_without_a_keyring_nothing_can_be_created(start):
    server = start()
    assert "no invoice can be created" in server.log
    assert server.create(hello()).status == 400


# --- The process.

def test_what_it_has_outlives_it(start):
    server = start("--unsigned")
    bindle = hello()
    server.create(bindle)
    server.upload(bindle, bindle.parcels[1])
    server.create(Bindle("old/1.0.0", []))
    server.call("DELETE", "/_i/old/1.0.0")
    keys = server.call("GET", "/bindle-keys").body
    invoice = server.call("GET", f"/_i/{bindle.id}").body
    assert server.stop() == 0
    server = start("--unsigned")
    assert server.call("GET", f"/_i/{bindle.id}").body == invoice
    assert [label["name"] for label in server.call("GET", f"/_r/missing/{bindle.id}").toml["missing"]] == ["hello.wasm"]
    assert server.call("GET", "/_i/old/1.0.0").status == 403
    assert server.call("GET", "/bindle-keys").body == keys


def test_a_directory_is_for_one_server(start, tmp_path):
    start("--unsigned")
    said = refuse("serve", "--directory", "served", "--unsigned", "-l", "127.0.0.1:0", folder=tmp_path)
    assert "in use by another server" in said


def test_a_broken_invoice_is_named_at_the_start(start, tmp_path):
    server = start("--unsigned")
    server.create(Bindle("a/1.0.0", []))
    assert server.stop() == 0
    (blob,) = blobs(tmp_path)
    (tmp_path / "served/blobs/sha256" / blob).chmod(0o600)
    (tmp_path / "served/blobs/sha256" / blob).write_text("broken")
    assert blob in refuse("serve", "--directory", "served", "--unsigned", "-l", "127.0.0.1:0", folder=tmp_path)


def test_it_ends_though_a_client_is_slow(start):
    server = start("--unsigned")
    parcel = Parcel("p", b"x" * 100)
    bindle = Bindle("slow/1.0.0", [parcel])
    server.create(bindle)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"POST /v1/_i/{bindle.id}@{parcel.digest} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx"
                           .encode())
        eventually(lambda: "created" in server.log)
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGINT)  # A second time: at once.
        assert server.process.wait(30) == 0


@pytest.mark.parametrize("flags, said", [
    (("--keyring", "none.toml"), "none.toml"), (("--strategy", "GreedyVerification"), "--strategy needs --keyring"),
    (("--unsigned", "--anonymous-get"), "--htpasswd"), (("--unsigned", "--tls-cert", "x"), "--tls-key"),
    (("--unsigned", "--host-key", "none.toml"), "none.toml")])
def test_flags_that_are_refused(tmp_path, flags, said):
    assert said in refuse("serve", "--directory", "d", "-l", "127.0.0.1:0", *flags, folder=tmp_path)


def test_an_address_that_is_none(tmp_path):
    assert "`localhost:1`" in refuse("serve", "--directory", "d", "-l", "localhost:1", folder=tmp_path)


def test_the_whole_command_has_a_page(tmp_path):
    page = run_bindle("--help", folder=tmp_path)
    assert page.returncode == 0
    for name in ("serve", "push", "pull", "info", "yank", "search", "keys"):
        assert f"\n  {name}" in page.stdout
        assert succeed(name, "--help", folder=tmp_path).count("Examples:") == 1
    assert "did you mean 'push'" in refuse("pusj", folder=tmp_path)
    assert run_bindle(folder=tmp_path).returncode == 2
