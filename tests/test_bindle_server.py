"""Tests `wagi bindle serve` as Bindle's own client and others call it: paths, bodies, statuses."""

import json
import os
import re
import socket
from pathlib import Path

import pytest

from bindle_service import blobs, server, start
from bindles import Bindle, Parcel, asset, hello, sha256
from processes import is_sanitized
from waiting import eventually


def test_create_answers_with_what_is_missing(server):
    bindle = hello()
    answer = server.create(bindle)
    assert answer.status == 202
    assert answer.toml["invoice"]["bindle"]["name"] == "example.com/hello"
    assert [signature["role"] for signature in answer.toml["invoice"]["signature"]] == ["host"]
    assert [label["sha256"] for label in answer.toml["missing"]] == [parcel.digest for parcel in bindle.parcels]
    for parcel in bindle.parcels:
        assert server.upload(bindle, parcel).status == 200
    again = Bindle("example.com/hello/1.2.4", bindle.parcels, bindle.groups)
    answer = server.create(again)
    assert answer.status == 201
    assert "missing" not in answer.toml


def test_json_by_accept_and_by_content_type(server):
    invoice = {"bindleVersion": "1.0.0", "bindle": {"name": "a", "version": "1.0.0", "authors": None},
               "parcel": None, "yanked": None}
    answer = server.call("POST", "/_i", json.dumps(invoice).encode(), content_type="application/json",
                         accept="text/html, application/json;q=0.9")
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.body)["invoice"]["bindle"] == {"name": "a", "version": "1.0.0"}
    answer = server.call("GET", "/_i/b/1.0.0", accept="application/json")
    assert answer.status == 404
    assert "b/1.0.0" in json.loads(answer.body)["error"]


def test_get_and_head_of_an_invoice(server):
    bindle = hello()
    server.create(bindle)
    answer = server.call("GET", f"/_i/{bindle.id}")
    assert answer.status == 200
    assert answer.toml["parcel"][0]["label"]["name"] == "hello.wasm"
    head = server.call("HEAD", f"/_i/{bindle.id}")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(answer.body))
    assert server.call("GET", "/_i/example.com/hello/9.9.9").status == 404
    assert server.call("HEAD", "/_i/example.com/hello/9.9.9").status == 404


@pytest.mark.parametrize("path", ["/_i/a", "/_i/", "/_i/a/1", "/_i/../1.0.0", "/_i/a/%2e%2e/1.0.0",
                                  "/_i/%ff%c3/1.0.0", "/_i/a%00/1.0.0", "/_q?%ff=1", "/_q?v=%ff&q=",
                                  "/_r/missing/a", "/_q?l=256", "/_q?l=x", "/_q?o=-1", "/_q?nothing=1",
                                  "/_q?v=latest&q=", "/_q?yanked=maybe", "/bindle-keys?roles=creator"])
def test_calls_that_make_no_sense(server, path):
    server.create(hello())
    answer = server.call("GET", path)
    assert answer.status in (400, 404)
    assert answer.error


def test_an_escape_that_is_none_is_refused_before_it_is_looked_at(server):
    assert server.call("GET", "/_i/a%2/1.0.0").status == 400


def test_methods_that_are_not_allowed(server):
    for method, path in [("GET", "/_i"), ("PUT", "/_i/a/1.0.0"), ("POST", "/_q"), ("DELETE", "/_r/missing/a/1.0.0"),
                         ("DELETE", f"/_i/a/1.0.0@{sha256(b'')}")]:
        answer = server.call(method, path)
        assert answer.status == 405, (method, path)
        assert answer.headers["Allow"]


def test_an_invoice_never_changes(server):
    bindle = hello()
    assert server.create(bindle).status == 202
    other = Bindle(bindle.id, [asset("other", b"other")])
    answer = server.create(other)
    assert answer.status == 409
    assert "exists" in answer.error
    assert [label["name"] for label in server.call("GET", f"/_r/missing/{bindle.id}").toml["missing"]] == [
        "hello.wasm", "css/style.css"]


@pytest.mark.parametrize("text", [
    "", "not toml", 'bindleVersion = "1.0.0"\n', hello().invoice() + "[more]\n",
    hello().invoice().replace("bindleVersion", "bindle_version"), hello("a/../b/1.0.0").invoice(),
    hello("a/1.0").invoice(), hello().invoice().replace('"requires" = ["files"]', '"requires" = ["others"]'),
    hello().invoice().replace("css/style.css", "../style.css"),
    hello().invoice().replace("css/style.css", "/etc/passwd")],
    ids=["empty", "text", "no bindle", "unknown table", "unknown key", "name", "version", "group", "dots", "absolute"])
def test_invoices_that_are_refused(server, text):
    answer = server.call("POST", "/_i", text.encode(), content_type="application/toml")
    assert answer.status == 400
    assert answer.error
    assert server.call("GET", "/_q").toml["total"] == 0


def test_an_invoice_with_a_cycle_of_groups_is_refused(server):
    one, two = asset("one", b"1", "a"), asset("two", b"2", "b")
    one.requires, two.requires = ["b"], ["a"]
    answer = server.create(Bindle("cycle/1.0.0", [one, two], ["a", "b"]))
    assert answer.status == 400
    assert "cycle" in answer.error


def test_two_million_parcels_are_refused_unread(server):
    body = hello().invoice().encode() + b"[[parcel]]\n" * 2_000_000
    try:
        answer = server.call("POST", "/_i", body)
    except (BrokenPipeError, ConnectionResetError):
        answer = None  # The server answered and closed before all was sent.
    assert answer is None or answer.status == 413
    assert server.call("GET", "/_q").toml["total"] == 0


# --- Yanking.

def test_a_yanked_bindle_is_withdrawn(server):
    bindle = hello()
    server.create(bindle)
    style = bindle.parcels[1]
    assert server.upload(bindle, style).status == 200
    assert server.call("DELETE", f"/_i/{bindle.id}").toml == {"message": "invoice yanked"}
    # A yank is for ever; a second one changes nothing.
    assert server.call("DELETE", f"/_i/{bindle.id}").status == 200
    for path in (f"/_i/{bindle.id}", f"/_i/{bindle.id}@{style.digest}", f"/_r/missing/{bindle.id}"):
        assert server.call("GET", path).status == 403, path
    assert server.upload(bindle, bindle.parcels[0]).status == 403
    assert server.call("GET", f"/_i/{bindle.id}?yanked=true").toml["yanked"] is True
    assert server.call("GET", f"/_i/{bindle.id}?yanked=false").status == 403
    assert server.create(bindle).status == 409
    assert server.call("GET", "/_q").toml["invoices"] == []
    assert server.call("GET", "/_q?yanked=true").toml["total"] == 1
    assert server.call("DELETE", "/_i/none/1.0.0").status == 404


def test_a_yanked_invoice_can_not_be_created(server):
    answer = server.call("POST", "/_i", b"yanked = true\n" + hello().invoice().encode())
    assert answer.status == 422


# --- Parcels.

def test_a_parcel_comes_back_as_it_was(server):
    large = Parcel("large", os.urandom(3_000_000), "text/x-large")
    empty = Parcel("empty", b"")
    bindle = Bindle("parcels/1.0.0", [large, empty])
    server.create(bindle)
    path = f"/_i/{bindle.id}@{large.digest}"
    assert server.call("GET", path).status == 404  # The parcel isn't uploaded yet.
    for parcel in bindle.parcels:
        answer = server.upload(bindle, parcel)
        assert (answer.status, answer.toml) == (200, {"message": "parcel created"})
        assert server.upload(bindle, parcel).status == 409
    answer = server.call("GET", path)
    assert answer.body == large.content
    assert answer.headers["Content-Type"] == "text/x-large"
    head = server.call("HEAD", path)
    assert (head.body, head.headers["Content-Length"]) == (b"", "3000000")
    assert server.call("GET", f"/_i/{bindle.id}@{empty.digest}").body == b""
    assert server.call("GET", f"/_r/missing/{bindle.id}").toml == {"missing": []}


def test_the_rest_of_a_parcel(server):
    parcel = Parcel("p", b"0123456789")
    bindle = Bindle("range/1.0.0", [parcel])
    server.create(bindle)
    server.upload(bindle, parcel)
    path = f"/_i/{bindle.id}@{parcel.digest}"
    part = server.call("GET", path, range="bytes=4-")
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, b"456789", "bytes 4-9/10")
    past = server.call("GET", path, range="bytes=10-")
    assert (past.status, past.body, past.headers["Content-Range"]) == (416, b"", "bytes */10")
    for ignored in ("bytes=2-3", "bytes=-3", "bytes=x-", "lines=4-", "bytes=0-"):
        assert server.call("GET", path, range=ignored).body == parcel.content, ignored


def test_a_chunked_upload(server):
    parcel = Parcel("p", b"chunk" * 50_000)
    bindle = Bindle("chunked/1.0.0", [parcel])
    server.create(bindle)
    pieces = (parcel.content[at:at + 7_000] for at in range(0, len(parcel.content), 7_000))
    answer = server.call("POST", f"/_i/{bindle.id}@{parcel.digest}", pieces)
    assert answer.status == 200


def test_uploads_that_are_refused(server, tmp_path):
    parcel = Parcel("p", b"right")
    bindle = Bindle("refused/1.0.0", [parcel])
    server.create(bindle)
    before = blobs(tmp_path)
    wrong = server.upload(bindle, parcel, b"wrong")
    assert wrong.status == 400
    assert sha256(b"wrong") in wrong.error
    longer = server.upload(bindle, parcel, b"right and more")
    assert longer.status == 400
    assert "5 bytes" in longer.error
    assert server.upload(bindle, parcel, b"ri").status == 400
    for pieces in ([b"ri"], [b"right", b" and more"]):  # Chunked, so without a Content-Length.
        answer = server.call("POST", f"/_i/{bindle.id}@{parcel.digest}", iter(pieces))
        assert answer.status == 400
        assert "5 bytes" in answer.error
    stranger = Parcel("s", b"stranger")
    assert server.upload(bindle, stranger).status == 400  # The invoice doesn't have it.
    assert server.call("GET", f"/_i/{bindle.id}@{stranger.digest}").status == 404
    assert server.call("POST", f"/_i/none/1.0.0@{parcel.digest}", b"right").status == 404
    assert server.call("POST", f"/_i/{bindle.id}@../../x", b"right").status == 400
    assert blobs(tmp_path) == before
    assert list((tmp_path / "served/partial").iterdir()) == []
    assert server.upload(bindle, parcel).status == 200


def test_large_parcels_are_never_in_memory(server):
    parcel = Parcel("large", bytes(100 << 20))
    bindle = Bindle("large/1.0.0", [parcel])
    server.create(bindle)

    def peak_kib() -> int:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s*([0-9]+) kB", status)[1])
    before = peak_kib()
    assert server.upload(bindle, parcel).status == 200
    assert server.call("GET", f"/_i/{bindle.id}@{parcel.digest}").body == parcel.content
    if not is_sanitized():
        assert peak_kib() - before < 10 << 10


def test_an_upload_that_is_cut_off_leaves_nothing(server, tmp_path):
    parcel = Parcel("p", b"x" * 100_000)
    bindle = Bindle("cut/1.0.0", [parcel])
    server.create(bindle)
    partial = tmp_path / "served/partial"
    head = f"POST /v1/_i/{bindle.id}@{parcel.digest} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head + parcel.content[:60_000])
        eventually(lambda: any(partial.iterdir()), "the upload has begun")
        answer = server.upload(bindle, parcel)  # A second upload, while the first is under way.
        assert answer.status == 409
        assert "somebody else" in answer.error
    eventually(lambda: not any(partial.iterdir()), "the upload is forgotten")
    assert server.call("GET", f"/_r/missing/{bindle.id}").toml["missing"]
    assert server.upload(bindle, parcel).status == 200


# --- Searching, keys, health.

def test_search(server):
    for id in ("example.com/hello/1.0.0", "example.com/hello/1.2.0", "example.com/hello/2.0.0-rc.1", "other/hello/1.0.0",
               "example.org/bye/1.0.0"):
        server.create(Bindle(id, []))

    def found(query: str) -> list[str]:
        answer = server.call("GET", "/_q" + query).toml
        assert answer["strict"] is True
        return [f"{invoice['bindle']['name']}/{invoice['bindle']['version']}" for invoice in answer["invoices"]]
    assert len(found("")) == 5
    assert found("?q=example+hello&v=^1") == ["example.com/hello/1.0.0", "example.com/hello/1.2.0"]
    assert found("?query=hello%20example.com&version=1.2.0") == ["example.com/hello/1.2.0"]
    assert found("?q=example.com&v=>=2.0.0-rc.0") == ["example.com/hello/2.0.0-rc.1"]
    assert found("?q=nothing") == []
    page = server.call("GET", "/_q?o=1&l=2&strict=false").toml
    assert (page["total"], page["offset"], page["limit"], page["more"], len(page["invoices"])) == (5, 1, 2, True, 2)
    page = server.call("GET", "/_q?o=4&l=2").toml
    assert (page["more"], len(page["invoices"])) == (False, 1)
    assert server.call("GET", "/_q?o=18446744073709551615").toml["invoices"] == []
    assert server.call("GET", "/_q?l=0").toml["invoices"] == []
    assert server.call("GET", "/_q?q=%ff%22%0a").toml["query"] == '\ufffd"\n'


def test_its_key_is_that_of_its_signatures(server):
    keys = server.call("GET", "/bindle-keys?roles=host").toml
    assert keys["version"] == "1.0"
    assert [key["roles"] for key in keys["key"]] == [["host"]]
    invoice = server.create(Bindle("a/1.0.0", [])).toml["invoice"]
    assert invoice["signature"][0]["key"] == keys["key"][0]["key"]
    assert server.call("GET", "/bindle-keys").toml == keys


def test_health(server):
    connection = server.connect()
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    assert json.loads(answer.read())["status"] == "OK"
    connection.request("GET", "/elsewhere")
    assert connection.getresponse().status == 404
    connection.close()
