"""Tests our client with Bindle's own server, which takes signed invoices only, and vice versa."""

import subprocess
import tomllib

import pytest

from bindles import Bindle, BindleServer, asset, free_port, hello, reference_server, refuse, succeed
from configuration import BINARY
from server import clean_environment


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    port = free_port()
    running = BindleServer(folder, [reference_server(), f"127.0.0.1:{port}", "served"], port=port)
    yield running
    running.stop()


@pytest.fixture
def key(server, tmp_path):
    """The server's own file of keys that it trusts, in the format that ours have."""
    return server.log_path.parent / "served/secret_keys.toml"


def test_push_pull_search_and_yank(server, key, tmp_path):
    bindle = hello()
    bindle.write(tmp_path / "bindles")
    push = ("push", bindle.id, "--from", "bindles")
    assert "400" in refuse(*push, folder=tmp_path, url=server.url)  # The bindle isn't signed.
    assert succeed(*push, "--key", key, folder=tmp_path, url=server.url).endswith("created, 2 of 2 parcels sent\n")
    assert "was there already, 0 of 2" in succeed(*push, "--key", key, folder=tmp_path, url=server.url)
    assert succeed("search", "hello", folder=tmp_path, url=server.url) == "example.com/hello/1.2.3\n"

    other = tmp_path / "other"
    other.mkdir()
    (other / "host.toml").write_text(succeed("keys", folder=other, url=server.url))
    succeed("pull", bindle.id, "--to", "out", "--keyring", "host.toml", "--strategy", "MultipleAttestationGreedy[host]",
            folder=other, url=server.url)
    pulled = tomllib.loads((other / "out" / bindle.folder / "invoice.toml").read_text())
    assert [signature["role"] for signature in pulled["signature"]] == ["creator", "host"]
    for parcel in bindle.parcels:
        assert (other / "out" / bindle.folder / f"parcels/{parcel.digest}.dat").read_bytes() == parcel.content

    succeed("yank", bindle.id, folder=tmp_path, url=server.url)
    assert "yanked" in refuse("pull", bindle.id, folder=other, url=server.url)
    assert "yanked = true" in succeed("info", bindle.id, "--yanked", folder=tmp_path, url=server.url)
    assert "404" in refuse("pull", "none/1.0.0", folder=tmp_path, url=server.url)


def test_push_goes_on_where_an_earlier_one_ended(server, key, tmp_path):
    bindle = hello()
    folder = bindle.write(tmp_path / "bindles")
    (folder / f"parcels/{bindle.parcels[1].digest}.dat").unlink()
    push = ("push", bindle.id, "--from", "bindles", "--key", key)
    assert "css/style.css" in refuse(*push, folder=tmp_path, url=server.url)
    (folder / f"parcels/{bindle.parcels[1].digest}.dat").write_bytes(bindle.parcels[1].content)
    assert "was there already, 1 of 2" in succeed(*push, folder=tmp_path, url=server.url)


def test_signatures_are_the_same(server, key, tmp_path):
    """We verify signatures of Bindle's library, and make the same bytes: Ed25519 is deterministic.
    """
    bindle = Bindle("signed/1.0.0-rc.1+5", [asset("one", b"1", "g"), asset("two", b"2", "g")], ["g"])
    folder = bindle.write(tmp_path / "bindles")
    signed = subprocess.run([reference_server(), "sign", key.parent, folder / "invoice.toml"], capture_output=True,
                            text=True, check=True).stdout
    succeed("push", bindle.id, "--from", "bindles", "--key", key, folder=tmp_path, url=server.url)
    ours = tomllib.loads(succeed("info", bindle.id, folder=tmp_path, url=server.url))["signature"][0]
    theirs = tomllib.loads(signed)["signature"][0]
    assert {**ours, "at": 0} == {**theirs, "at": 0}
    # An invoice as Bindle's library writes it.
    (folder / "invoice.toml").write_text(signed)
    assert "was there already" in succeed("push", bindle.id, "--from", "bindles", "--key", key, folder=tmp_path,
                                          url=server.url)


@pytest.mark.parametrize("login", [False, True])
def test_its_client_against_our_server(tmp_path, login):
    flags, environment = [], {}
    if login:
        hashed = subprocess.run(["openssl", "passwd", "-6", "pw"], capture_output=True, text=True, check=True).stdout
        (tmp_path / "users").write_text(f"anna:{hashed}")
        flags, environment = ["--htpasswd", "users"], {"NAME": "anna", "PASSWORD": "pw"}
    server = BindleServer(tmp_path, [BINARY, "bindle", "serve", "-d", "served", "-l", "127.0.0.1:0", "--unsigned", *flags])
    bindle = hello()
    bindle.write(tmp_path / "bindles")
    called = subprocess.run([reference_server(), "client", server.url, "bindles", bindle.id], cwd=tmp_path,
                            capture_output=True, text=True, env=clean_environment(**environment))
    assert called.returncode == 0, called.stderr
    assert server.stop() == 0
    assert server.log.count("took the parcel") == 2 and "yanked" in server.log
