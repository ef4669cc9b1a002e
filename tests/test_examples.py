"""Tests the examples, served by examples/modules.toml. One that isn't built here is skipped."""

import hashlib
import html
import json
import re
import socket
import tomllib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode

import pytest

from configuration import ROOT

EXAMPLES = ROOT / "examples"
BUILT = ROOT / "build" / "examples"
MODULES = tomllib.loads((EXAMPLES / "modules.toml").read_text())["module"]
CLOCK_TIME = re.compile(rb"data: [0-2][0-9]:[0-5][0-9]:[0-6][0-9]\n\n")
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def is_built(entry: dict) -> bool:
    return (ROOT / entry["module"]).exists()


@pytest.fixture(scope="module")
def server(start_interpreters, tmp_path_factory):
    """A server of examples/modules.toml, with paths made absolute, since it has a working directory
    of its own. The guestbook and the notes are new. Examples that call the server know its address.
    """
    paragraphs = (EXAMPLES / "modules.toml").read_text().split("\n\n")
    modules = [tomllib.loads(paragraph).get("module") for paragraph in paragraphs]
    config = "\n\n".join(paragraph for paragraph, module in zip(paragraphs, modules) if module and is_built(module[0]))
    config = config.replace('"build/guestbook"', f'"{tmp_path_factory.mktemp("guestbook")}"')
    config = config.replace('"build/notes"', f'"{tmp_path_factory.mktemp("notes")}"')
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = config.replace("127.0.0.1:3000", address)
    return start_interpreters(re.sub(r'"(build/examples|examples)\b', rf'"{ROOT}/\1', config), listen=address)


def needs(name):
    missing = not (BUILT / f"{name}.wasm").exists()
    return pytest.mark.skipif(missing, reason=f"{name} isn't built: its compiler is absent, or scripts/build-examples "
                                              "didn't run")


def test_the_configuration_has_a_module_for_every_example():
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    named = {re.sub(r".*/", "", entry["module"]).removesuffix(".wasm") for entry in MODULES}
    assert folders - {"hello-wat", "javascript"} == named - {"hello.wat", "quickjs"}


@pytest.mark.parametrize("route,language", [
    ("c", "C"), ("cpp", "C++"), ("rust", "Rust"), ("go", "Go"), ("zig", "Zig"), ("assemblyscript", "AssemblyScript"),
    ("wat", "WAT")])
def test_hello(server, route, language):
    if route != "wat" and not (BUILT / f"hello-{route}.wasm").exists():
        pytest.skip(f"there is no compiler for {language}")
    response = server.get(f"/hello/{route}")
    assert (response.status, response.text) == (200, f"Hello, world, from {language}!\n")
    assert response.one("Content-Type") == "text/plain; charset=utf-8"


@needs("hello-go-cgi")
def test_an_unchanged_handler_of_go(server):
    response = server.get("/hello/go-cgi?name=J%C3%B6rg")
    assert (response.status, response.text) == (200, "Hello, Jörg, from Go's net/http!\n")


@needs("hello-c")
@pytest.mark.parametrize("name, route, language", [("fetch", "/fetch", "C"), ("fetch-go", "/fetch/go", "Go")])
def test_another_route_is_called(server, name, route, language):
    if not (BUILT / f"{name}.wasm").exists():
        pytest.skip(f"{name} isn't built")
    assert server.get(route).text.endswith(f"text/plain; charset=utf-8:\n\nHello, world, from {language}!\n")


@needs("proxy")
@needs("hello-go-cgi")
def test_a_route_is_proxied(server):
    response = server.get("/proxy/go-cgi?name=J%C3%B6rg")
    assert (response.status, response.text) == (200, "Hello, Jörg, from Go's net/http!\n")


@needs("index")
def test_the_index_links_to_what_is_there(server):
    page = server.get("/").text
    links = {html.unescape(link) for link in re.findall("href='?([^'>]+)", page)}
    assert len(links) > 10
    for link in links:
        response = server.get(link)
        assert response.status in (200, 302), link
    absent = sum(not is_built(entry) for entry in MODULES)
    assert page.count("Left out") == absent


@needs("calculator")
@pytest.mark.parametrize("expression,result", [
    ("0.1 + 0.2", "0.3"), ("(1+2)*3/4", "2.25"), ("-2^2", "-4"), ("2^3^2", "512"), ("2^-3", "0.125"), ("7 % 4", "3"),
    ("5 − 3 × 2", "-1"), ("1/3 + 1/6", "0.5"), ("2/3", "2/3 ≈ 0.666666666666666666666666666666…"), ("2^100",
     "1267650600228229401496703205376"), ("0^0", "1")])
def test_the_calculator_is_right(server, expression, result):
    response = server.get("/calculator?" + urlencode({"expression": expression}))
    assert response.status == 200
    assert f"<output>= {result}</output>" in response.text


@needs("calculator")
@pytest.mark.parametrize("expression,message", [
    ("1/0", "a division by zero"), ("2^200", "too large"), ("(1", "isn&#39;t closed"), ("1)", "no open bracket"),
    ("1 2", "no operator"), ("2^0.5", "whole exponents"), ("(" * 200, "deep"), ("9" * 2000, "longer than"), (".", "digits"),
    ("<script>", "&lt;script&gt;"), ('"><b>', "&quot;&gt;&lt;b&gt;")])
def test_the_calculator_explains_what_it_can_not_do(server, expression, message):
    response = server.get("/calculator?" + urlencode({"expression": expression}))
    assert response.status == 400
    assert message in response.text
    assert "<script>" not in response.text and '"><b>' not in response.text


@needs("environment")
def test_the_environment(server):
    text = server.get("/environment/a%20b?x=1&y", method="POST", body=b"the body").text
    for line in ("argv[0] = /environment/a%20b", "argv[1] = x=1", "argv[2] = y", "PATH_INFO=/a b",
                 "GREETING=hello from modules.toml", "CONTENT_LENGTH=8"):
        assert line in text.splitlines()
    assert text.endswith("the body")


@needs("redirect")
@pytest.mark.parametrize("query,status,location", [
    ("", 302, "/"), ("?/clock", 302, "/clock"), ("?//example.com", 400, None), ("?/%5cexample.com", 302, "/%5cexample.com"),
    ("?https://example.com", 400, None)])
def test_the_redirect_stays_here(server, query, status, location):
    response = server.get("/redirect" + query)
    assert (response.status, response.one("Location")) == (status, location)


def multipart(boundary: bytes, *parts: tuple[str, bytes]) -> bytes:
    body = b"".join(b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (boundary, head.encode(), content)
                    for head, content in parts)
    return body + b"--%s--\r\n" % boundary


@needs("upload")
@pytest.mark.parametrize("content", [
    b"", b"\r\n", b"\r\n--edg", b"x--edge", b"x" * 65535, b"\r\n--edg" * 20_000, bytes(range(256)) * 9000])
def test_an_upload_is_received_whole(server, content):
    body = multipart(b"edge", ('name="note"', b"<i>hi</i>"), ('name="file"; filename="a<b>%22.bin"', content))
    response = server.get("/upload", [("Content-Type", "multipart/form-data; boundary=edge")], method="POST", body=body)
    assert response.status == 200
    assert hashlib.sha256(content).hexdigest() in response.text
    assert f"<td>{len(content)} bytes" in response.text
    assert "a&lt;b&gt;&quot;.bin" in response.text and "&lt;i&gt;hi" in response.text
    assert "<i>" not in response.text


@needs("upload")
@pytest.mark.parametrize("content_type,body", [
    ("text/plain", b"x"), ("multipart/form-data", b"x"), ("multipart/form-data; boundary=edge", b""),
    ("multipart/form-data; boundary=edge", b"--edge\r\nContent-Disposition: form-data; name=a\r\n\r\nno end"),
    ("multipart/form-data; boundary=edge", multipart(b"edge", *[('name="a"', b"")] * 101))])
def test_a_broken_upload_is_refused(server, content_type, body):
    response = server.get("/upload", [("Content-Type", content_type)], method="POST", body=body)
    assert response.status == 400
    assert "can't be read" in response.text


@needs("clock")
def test_the_clock_ticks(server):
    assert "EventSource" in server.get("/clock").text
    with server.connect() as connection:
        connection.request("GET", "/clock/events")
        head = connection.read_head()
        assert head.one("Content-Type") == "text/event-stream"
        first, second = connection.read_chunk(), connection.read_chunk()
    assert CLOCK_TIME.fullmatch(first) and CLOCK_TIME.fullmatch(second)
    assert first != second


@needs("files")
def test_the_file_browser_shows_a_folder(server):
    redirect = server.get("/files")
    assert (redirect.status, redirect.one("Location")) == (301, "/files/")
    assert "<a href='./hello-c/'>hello-c/</a>" in server.get("/files/").text
    source = server.get("/files/hello-c/hello.c")
    assert source.body == (EXAMPLES / "hello-c" / "hello.c").read_bytes()
    assert source.one("Content-Type") == "text/plain; charset=utf-8"
    head = server.get("/files/hello-c/hello.c", method="HEAD")
    assert head.one("Content-Length") == str(len(source.body)) and not head.body


@needs("files")
@pytest.mark.parametrize("path", [
    "/nothing", "/../README.md", "/%2e%2e/README.md", "/hello-c/..%2f..%2fREADME.md", "/.hidden", "/%2fetc/passwd",
    "/hello-c/hello.c/x", "/a%00b"])
def test_the_file_browser_shows_nothing_else(server, path):
    response = server.get("/files" + path)
    # A path with dots may be refused before any program sees it.
    assert response.status in (400, 404)
    assert "wagi" not in response.text and "root:" not in response.text


@needs("files")
def test_the_file_browser_only_reads(server):
    response = server.get("/files/modules.toml", method="PUT", body=b"x")
    assert (response.status, response.one("Allow")) == (405, "GET, HEAD")


def sign(server, name: str, message: str):
    form = urlencode({"name": name, "message": message}).encode()
    return server.get("/guestbook", [FORM], method="POST", body=form)


@needs("guestbook")
def test_the_guestbook_keeps_what_it_is_told(server):
    response = sign(server, "<b>Ann</b>", "100% sure,\nand + more: é <script>")
    assert (response.status, response.one("Location")) == (303, "/guestbook")
    page = server.get("/guestbook").text
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page
    assert "100% sure,\nand + more: é &lt;script&gt;" in page
    assert "<script>" not in page


@needs("guestbook")
def test_guests_that_sign_at_once_all_stand_in_the_book(server):
    names = [f"guest-{number}-{'x' * 50}" for number in range(60)]
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda name: sign(server, name, "at once").status, names))
    assert statuses == [303] * len(names)
    page = server.get("/guestbook").text
    assert all(page.count(f"{name}, ") == 1 for name in names)


@needs("guestbook")
@pytest.mark.parametrize("name,message,status", [
    ("", "x", 400), ("x", "  ", 400), ("x" * 401, "x", 400), ("x", "y" * 8001, 400), ("x", "y" * 40_000, 413)])
def test_the_guestbook_refuses(server, name, message, status):
    assert sign(server, name, message).status == status


@needs("quickjs")
def test_a_script(server):
    response = server.get("/script/there?name=J%C3%B6rg&bad=%zz&" + quote("ключ"), method="POST", body=b"one two")
    assert response.one("Content-Type") == "application/json"
    answer = json.loads(response.text)
    assert answer["greeting"] == "Hello, Jörg, from JavaScript!"
    assert answer["query"] == {"name": "Jörg", "bad": "%zz", "ключ": ""}
    assert (answer["method"], answer["path"], answer["headers"]["host"]) == ("POST", "/there", "test")
    assert answer["body"] == {"characters": 7, "words": 2}


@pytest.mark.parametrize("name,language", [
    pytest.param("python", "Python", marks=needs("python")), pytest.param("ruby", "Ruby", marks=needs("ruby"))])
def test_a_script_of_a_large_interpreter(server, name, language):
    response = server.get(f"/{name}/there?name=J%C3%B6rg&" + quote("ключ"), [("X-Colour", "blue")], method="POST",
                          body="one двa".encode())
    assert (response.status, response.one("Content-Type")) == (200, "application/json")
    answer = json.loads(response.text)
    assert answer["greeting"] == f"Hello, Jörg, from {language}!"
    assert answer["query"] == {"name": "Jörg", "ключ": ""}
    assert (answer["method"], answer["path"], answer["headers"]["x-colour"]) == ("POST", "/there", "blue")
    assert answer["body"] == {"bytes": 9, "words": 2}
    assert server.get(f"/{name}?status=404").status == 404
    assert server.get(f"/{name}?status=x").status == 400
