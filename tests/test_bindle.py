"""Tests the client commands of `wagi bindle`, with our server and with servers that err."""

import http.server
import io
import ssl
import tarfile
import threading
import tomllib
from contextlib import contextmanager
from urllib.parse import unquote

import pytest

from bindles import Bindle, BindleServer, Parcel, asset, hello, refuse, sha256, succeed
from configuration import BINARY
from test_tls import context, make_certificate


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    running = BindleServer(folder, [BINARY, "bindle", "serve", "-d", "served", "-l", "127.0.0.1:0", "--unsigned"])
    yield running
    assert running.stop() == 0, running.log


def blobs(tmp_path) -> set[str]:
    folder = tmp_path / "cache/wagi/store/blobs/sha256"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@contextmanager
def answering(answer, tls: ssl.SSLContext | None = None):
    """A server that answers a GET by answer(path, fields), which gives (status, fields, body).
    Yields the URL of its /v1, and the list of requests."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            status, fields, body = answer(self.path.removeprefix("/v1"), self.headers)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | fields).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if "Content-Length" in fields:  # The test states a length that the body hasn't.
                self.close_connection = True

        def log_message(self, *_):
            pass
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        running.socket = tls.wrap_socket(running.socket, server_side=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{running.server_address[1]}/v1", asked
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


# --- Pushing.

def test_push_and_pull(server, tmp_path):
    bindle = hello()
    source = bindle.write(tmp_path / "bindles")
    said = succeed("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    assert said == "example.com/hello/1.2.3: created, 2 of 2 parcels sent\n"
    said = succeed("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    assert said == "example.com/hello/1.2.3: was there already, 0 of 2 parcels sent\n"
    other = tmp_path / "other"
    other.mkdir()
    said = succeed("pull", bindle.id, "--to", "out", folder=other, url=server.url + "/")
    assert said == f"example.com/hello/1.2.3: 2 parcels in out/{bindle.folder}\n"
    for parcel in bindle.parcels:
        name = f"parcels/{parcel.digest}.dat"
        assert (other / "out" / bindle.folder / name).read_bytes() == (source / name).read_bytes()
    invoice = tomllib.loads((other / "out" / bindle.folder / "invoice.toml").read_text())
    assert [signature["role"] for signature in invoice["signature"]] == ["host"]


def test_push_goes_on_where_an_earlier_one_ended(server, tmp_path):
    bindle = hello()
    bindle.write(tmp_path / "bindles")
    assert server.create(bindle).status == 202
    assert server.upload(bindle, bindle.parcels[0]).status == 200
    said = succeed("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    assert said == "example.com/hello/1.2.3: was there already, 1 of 2 parcels sent\n"


def test_push_of_another_bindle_under_the_same_version(server, tmp_path):
    bindle = hello()
    server.create(Bindle(bindle.id, [asset("other", b"other")]))
    bindle.write(tmp_path / "bindles")
    said = refuse("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    assert "exists" in said and "choose another version" in said


def test_push_to_where_it_is_yanked(server, tmp_path):
    bindle = hello()
    bindle.write(tmp_path / "bindles")
    server.create(bindle)
    succeed("yank", bindle.id, folder=tmp_path, url=server.url)
    assert "yanked" in refuse("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)


def test_push_without_a_parcel(server, tmp_path):
    bindle = hello()
    folder = bindle.write(tmp_path / "bindles")
    (folder / f"parcels/{bindle.parcels[1].digest}.dat").unlink()
    said = refuse("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    assert 'its parcel "css/style.css" is neither there nor here' in said
    assert server.upload(bindle, bindle.parcels[1]).status == 200
    succeed("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)


@pytest.mark.parametrize("content, said", [(b"body { }", "expected 7 bytes"), (b"BODY {}", "expected the digest sha256:")])
def test_push_of_a_parcel_that_isnt_what_the_invoice_says(server, tmp_path, content, said):
    bindle = hello()
    folder = bindle.write(tmp_path / "bindles")
    style = bindle.parcels[1]
    (folder / f"parcels/{style.digest}.dat").write_bytes(content)
    message = refuse("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    assert said in message and style.digest in message
    assert server.call("GET", "/_q").toml["total"] == 0
    assert style.digest not in blobs(tmp_path)


def archive(folder, suffix: str = ".tar.gz"):
    path = folder.with_name(folder.name + suffix)
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, arcname=folder.name)
    return path


def test_push_from_an_archive(server, tmp_path):
    bindle = hello()
    folder = bindle.write(tmp_path / "made")
    (tmp_path / "bindles").mkdir()
    archive(folder).rename(tmp_path / f"bindles/{bindle.folder}.tar.gz")
    said = succeed("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    assert said == "example.com/hello/1.2.3: created, 2 of 2 parcels sent\n"
    assert server.call("GET", f"/_i/{bindle.id}@{bindle.parcels[1].digest}").body == b"body {}"


def tar_of(path, *members: tuple[str, bytes, bytes]):
    """Writes a .tar.gz of entries (name, type, content)."""
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(content) if kind == tarfile.REGTYPE else 0
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            tar.addfile(info, io.BytesIO(content) if kind == tarfile.REGTYPE else None)


def test_archives_that_are_refused(tmp_path):
    bindle = hello()
    (tmp_path / "bindles").mkdir()
    path = tmp_path / f"bindles/{bindle.folder}.tar.gz"
    invoice = bindle.invoice().encode()
    style = bindle.parcels[1]

    def said() -> str:
        return refuse("push", bindle.id, "--from", "bindles", "--url", "http://127.0.0.1:1/v1", folder=tmp_path)
    path.write_bytes(b"not an archive")
    assert bindle.folder in said()
    tar_of(path, ("x/parcels/nothing.dat", tarfile.REGTYPE, b""))
    assert "has no invoice.toml" in said()
    tar_of(path, ("x/invoice.toml", tarfile.SYMTYPE, b""))
    assert "has no invoice.toml" in said()
    tar_of(path, ("x/invoice.toml", tarfile.REGTYPE, b" " * (5 << 20)))
    assert "its invoice is too large" in said()
    tar_of(path, ("x/invoice.toml", tarfile.REGTYPE, hello("other/1.0.0").invoice().encode()))
    assert f"expected {bindle.id}, it is other/1.0.0" in said()
    tar_of(path, ("x/invoice.toml", tarfile.REGTYPE, invoice),
           (f"x/parcels/{style.digest}.dat", tarfile.REGTYPE, b"x" * 1_000_000))
    assert "expected 7 bytes, and more came" in said()
    tar_of(path, *[(f"x/{number}", tarfile.REGTYPE, b"") for number in range(40_001)])
    assert "more than 40000 files" in said()
    tar_of(path, ("x/invoice.toml", tarfile.REGTYPE, invoice))
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert bindle.folder in said()
    assert blobs(tmp_path) == set()


def test_push_of_what_isnt_there(tmp_path):
    said = refuse("push", "none/1.0.0", "--from", ".", "--url", "http://127.0.0.1:1/v1", folder=tmp_path)
    assert "none/1.0.0" in said and sha256(b"none/1.0.0") in said


# --- Pulling.

def test_pull_of_what_isnt_there(server, tmp_path):
    assert "404" in refuse("pull", "none/1.0.0", folder=tmp_path, url=server.url)
    bindle = hello()
    server.create(bindle)
    said = refuse("pull", bindle.id, folder=tmp_path, url=server.url)  # It lacks its parcels.
    assert 'the parcel "hello.wasm"' in said and "404" in said
    succeed("yank", bindle.id, folder=tmp_path, url=server.url)
    assert "is yanked" in refuse("pull", bindle.id, folder=tmp_path, url=server.url)


def served(bindle: Bindle, parcels: dict[str, bytes] | None = None, invoice: str | None = None):
    """The answer() of a server that has one bindle; `parcels` gives some of them other bytes."""
    contents = {parcel.digest: parcel.content for parcel in bindle.parcels} | (parcels or {})

    def answer(path, fields):
        if path == f"/_i/{bindle.id}":
            return 200, {"Content-Type": "application/toml"}, (invoice or bindle.invoice()).encode()
        content = contents.get(path.rpartition("@")[2])
        return (404, {}, b'error = "no"') if content is None else (200, {}, content)
    return answer


def test_what_is_asked(tmp_path):
    bindle = Bindle("k\u00e4se/b+c/1.0.0-rc.1+5", [Parcel("p", b"p")])
    with answering(lambda path, fields: served(bindle)(unquote(path), fields)) as (url, asked):
        succeed("pull", bindle.id, "--user", "anna", "--password", "pw:x", folder=tmp_path, url=url)
    (first, fields), (second, _) = asked
    assert first == "/v1/_i/k%C3%A4se/b+c/1.0.0-rc.1+5"
    assert second == f"{first}@{sha256(b'p')}"
    assert fields["Accept"] == "application/toml"
    assert fields["Authorization"] == "Basic YW5uYTpwdzp4"


@pytest.mark.parametrize("content, said", [(b"BODY {}", "expected the digest sha256:"), (b"body", "expected 7 bytes"),
                                           (b"body {} and more", "at most 7"), (b"", "expected 7 bytes")])
def test_pull_of_a_parcel_that_isnt_what_the_invoice_says(tmp_path, content, said):
    bindle = hello()
    style = bindle.parcels[1]
    with answering(served(bindle, {style.digest: content})) as (url, _):
        message = refuse("pull", bindle.id, folder=tmp_path, url=url)
    assert said in message and '"css/style.css"' in message and url in message
    assert blobs(tmp_path) == {bindle.parcels[0].digest}  # The only parcel with the right bytes.


@pytest.mark.parametrize("text, said", [
    ("<html>", "its answer can't be used"), (hello("other/1.0.0").invoice(), "it is the invoice of other/1.0.0"),
    (hello().invoice().replace("css/style.css", "../../style.css"), "leave the guest's root"),
    ("yanked = true\n" + hello().invoice(), "is yanked")], ids=["html", "other", "dots", "yanked"])
def test_pull_of_a_wrong_invoice(tmp_path, text, said):
    bindle = hello()
    with answering(served(bindle, invoice=text)) as (url, _):
        assert said in refuse("pull", bindle.id, folder=tmp_path, url=url)
    assert blobs(tmp_path) == set()


def test_pull_of_two_million_parcels(tmp_path):
    bindle = hello()
    with answering(served(bindle, invoice=bindle.invoice() + "[[parcel]]\n" * 2_000_000)) as (url, _):
        assert "4194304" in refuse("pull", bindle.id, folder=tmp_path, url=url)
    assert blobs(tmp_path) == set()


def test_a_download_that_was_cut_off_goes_on(tmp_path):
    parcel = Parcel("large", bytes(range(256)) * 8_000)
    bindle = Bindle("large/1.0.0", [parcel])
    ranges = []

    def answer(path, fields):
        if "@" not in path:
            return served(bindle)(path, fields)
        ranges.append(fields["Range"])
        size = len(parcel.content)
        if fields["Range"] is None:
            return 200, {"Content-Length": str(size)}, parcel.content[:1_000_000]
        start = int(fields["Range"].removeprefix("bytes=").removesuffix("-"))
        return 206, {"Content-Range": f"bytes {start}-{size - 1}/{size}"}, parcel.content[start:]
    with answering(answer) as (url, _):
        succeed("pull", bindle.id, folder=tmp_path, url=url)
    assert ranges[0] is None and ranges[1].startswith("bytes=")
    assert parcel.digest in blobs(tmp_path)


def test_a_server_that_isnt_there(tmp_path):
    assert "127.0.0.1:1/v1" in refuse("yank", "a/1.0.0", "--url", "http://127.0.0.1:1/v1", folder=tmp_path)


@pytest.mark.parametrize("status, body, said", [
    (401, b"", "wants a name and a password"), (400, b'error = "bad \x1b[31m thing"', r"bad \x1b[31m thing"),
    (418, b"<html>tea</html>", "418"), (400, b'{"error": "in json"}', "in json")])
def test_errors_of_a_server(tmp_path, status, body, said):
    body = body.replace(b"\x1b", b"\\u001b")
    with answering(lambda path, fields: (status, {}, body)) as (url, _):
        assert said in refuse("info", "a/1.0.0", folder=tmp_path, url=url)


def test_a_certificate_that_nobody_signed(tmp_path):
    certificate, key = make_certificate(tmp_path, "localhost")
    folder = tmp_path / "server"
    folder.mkdir()
    server = BindleServer(folder, [BINARY, "bindle", "serve", "-d", "served", "-l", "127.0.0.1:0", "--unsigned",
                                   "--tls-cert", certificate, "--tls-key", key], tls=insecure(certificate))
    bindle = hello()
    bindle.write(tmp_path / "bindles")
    assert "certificate" in refuse("push", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    succeed("push", "-k", bindle.id, "--from", "bindles", folder=tmp_path, url=server.url)
    assert server.call("GET", f"/_i/{bindle.id}").status == 200
    assert server.stop() == 0


def insecure(certificate) -> ssl.SSLContext:
    made = context(certificate)
    made.check_hostname = False  # The server is reached by its address.
    return made


# --- Signatures.

def test_pull_of_what_the_right_key_signed(server, tmp_path):
    bindle = hello()
    bindle.write(tmp_path / "bindles")
    (tmp_path / "mine.toml").write_text(succeed("keys", "--create", "me.toml", "--label", "Me", folder=tmp_path))
    (tmp_path / "theirs.toml").write_text(succeed("keys", "--create", "x.toml", "--label", "X", folder=tmp_path))
    succeed("push", bindle.id, "--from", "bindles", "--key", "me.toml", folder=tmp_path, url=server.url)
    (tmp_path / "host.toml").write_text(succeed("keys", folder=tmp_path, url=server.url))

    pull = ("pull", bindle.id, "--keyring")
    succeed(*pull, "mine.toml", folder=tmp_path, url=server.url)
    assert "isn't in the keyring" in refuse(*pull, "theirs.toml", folder=tmp_path, url=server.url)
    succeed(*pull, "host.toml", "--strategy", "MultipleAttestationGreedy[host]", folder=tmp_path, url=server.url)
    said = refuse(*pull, "mine.toml", "--strategy", "ExhaustiveVerification", folder=tmp_path, url=server.url)
    assert 'the signature of "host" as host' in said
    assert "no strategy" in refuse(*pull, "mine.toml", "--strategy", "Trusting", folder=tmp_path, url=server.url)

    answer = server.call("GET", f"/_i/{bindle.id}").body.decode()
    tampered = answer.replace(bindle.parcels[1].digest, sha256(b"other")).replace(
        "size = 7", "size = 5")
    with answering(served(bindle, {sha256(b"other"): b"other"}, tampered)) as (url, _):
        assert "isn't one of this invoice" in refuse(*pull, "mine.toml", folder=tmp_path, url=url)


def test_a_file_of_secret_keys_is_never_overwritten(tmp_path):
    create = ("keys", "--create", "me.toml", "--label", "Me")
    succeed(*create, folder=tmp_path)
    before = (tmp_path / "me.toml").read_bytes()
    assert (tmp_path / "me.toml").stat().st_mode & 0o777 == 0o600
    assert "me.toml" in refuse(*create, folder=tmp_path)
    assert (tmp_path / "me.toml").read_bytes() == before


# --- info and search.

def test_info(server, tmp_path):
    bindle = hello()
    bindle.write(tmp_path / "bindles")
    local = succeed("info", bindle.id, "--from", "bindles", folder=tmp_path)
    assert tomllib.loads(local) == tomllib.loads(bindle.invoice()) | {"parcel": tomllib.loads(local)["parcel"]}
    server.create(bindle)
    assert '"name":"example.com/hello"' in succeed("info", bindle.id, "--json", folder=tmp_path, url=server.url)
    succeed("yank", bindle.id, folder=tmp_path, url=server.url)
    assert "yanked" in refuse("info", bindle.id, folder=tmp_path, url=server.url)
    assert "yanked = true" in succeed("info", bindle.id, "--yanked", folder=tmp_path, url=server.url)


def test_search(server, tmp_path):
    for number in range(60):
        server.create(Bindle(f"many/{number:02}/1.0.0", []))
    server.create(hello())
    assert succeed("search", "hello", "--range", "^1", folder=tmp_path, url=server.url) == "example.com/hello/1.2.3\n"
    lines = succeed("search", folder=tmp_path, url=server.url).splitlines()
    assert len(lines) == 50
    lines = succeed("search", "many", "--limit", "100", folder=tmp_path, url=server.url).splitlines()
    assert lines == [f"many/{number:02}/1.0.0" for number in range(60)]
    assert succeed("search", "nothing", folder=tmp_path, url=server.url) == ""
    assert "no requirement" in refuse("search", "--range", "latest", folder=tmp_path, url=server.url)


@pytest.mark.parametrize("words, said", [
    (("pull", "a/1.0.0"), "BINDLE_URL"), (("pull", "a/1.0.0", "--url", "ftp://x"), "no http: or https: URL"),
    (("pull", "a"), "expected NAME/VERSION"), (("pull", "a/../b/1.0.0"), '".."'),
    (("yank", "a/1.0.0", "--url", "http://x", "--user", "u"), "need each other"), (("push", "a/1.0.0"), "--from"),
    (("search", "--range", "latest", "--url", "http://127.0.0.1:1"), "--range"),
    (("pull", "a/1.0.0", "--url", "http://x", "--strategy", "CreativeIntegrity"), "--strategy needs --keyring"),
    (("keys", "--create", "x"), "--label"), (("keys", "--create", "x", "--label", "x", "--role", "boss"), "boss")])
def test_mistakes_in_how_it_is_called(tmp_path, words, said):
    assert said in refuse(*words, folder=tmp_path)
