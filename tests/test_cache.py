"""Tests the cache of compiled code, and its cache.toml."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from configuration import guest, module
from raw_http import BadAnswer
from server import refusal
from waiting import eventually


def entries(folder: Path) -> list[Path]:
    """The files of compiled code; notes about the modules lie beside them."""
    return sorted(folder.rglob("*.code"))


@pytest.fixture
def cache(tmp_path):
    """A cache.toml and the folder that it names."""
    folder = tmp_path / "code"
    path = tmp_path / "my-cache.toml"
    path.write_text(f'[cache]\nenabled = true\ndirectory = "{folder}"\ncleanup-interval = "1d"\n')
    return path, folder


def test_compiled_code_is_kept_where_cache_toml_says(start, cache):
    path, folder = cache
    start(module("/", "hello.wasm"), "--cache", path).stop()
    (entry,) = entries(folder)
    before = entry.stat()
    server = start(module("/", "hello.wasm"), "--cache", path)
    assert server.get("/").status == 200
    (entry,) = entries(folder)
    assert (entry.stat().st_ino, entry.stat().st_size) == (before.st_ino, before.st_size)


@pytest.mark.parametrize("damage", [
    lambda data: b"", lambda data: data[: len(data) // 2], lambda data: data + b"x",
    lambda data: data[:1000] + bytes([data[1000] ^ 1]) + data[1001:], lambda data: b"\0" * len(data),
])
def test_a_damaged_entry_is_compiled_again(start, cache, damage):
    path, folder = cache
    start(module("/", "hello.wasm"), "--cache", path).stop()
    (entry,) = entries(folder)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    server = start(module("/", "hello.wasm"), "--cache", path)
    assert server.get("/").text == "Hello, world!\n"
    (entry,) = entries(folder)
    assert len(entry.read_bytes()) == len(whole)


def test_a_cache_that_is_off(start, cache):
    path, folder = cache
    path.write_text("[cache]\nenabled = false\n")
    server = start(module("/", "hello.wasm"), "--cache", path)
    assert server.get("/").text == "Hello, world!\n"
    assert not folder.exists()


def test_cache_toml_of_the_working_directory(tmp_path):
    (tmp_path / "cache.toml").write_text("[cache]\nenbled = true\n")
    (tmp_path / "modules.toml").write_text(module("/", "hello.wasm"))
    said = refusal("modules.toml", folder=tmp_path)
    assert re.search(r"cache\.toml:2:1: .*`enbled`.*`enabled`", said)


def test_a_cache_toml_with_a_mistake(write, tmp_path):
    bad = tmp_path / "bad-cache.toml"
    bad.write_text("[cache]\nenabled = yes\n")
    assert "bad-cache.toml:2:" in refusal(write(module("/", "hello.wasm")), "--cache", bad)


def test_module_cache_is_accepted(start, tmp_path):
    assert start(module("/", "hello.wasm"), "--module-cache", tmp_path / "modules").get("/").status == 200


# --- Damage to code that is served.

def status(server, target: str) -> int | None:
    """The status of an answer; None where the worker died of the request."""
    with contextlib.suppress(OSError, BadAnswer):
        return server.get(target).status
    return None


def truncate(path: Path):
    os.truncate(path, 0)


def halve(path: Path):
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path):
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.write(b"\xcc" * size)


@pytest.fixture
def served(start, cache, tmp_path):
    """A server of /hello and /echo, the file of hello's code, and that of hello's module."""
    settings, folder = cache
    copy = tmp_path / "hello.wasm"
    shutil.copy(guest("hello.wasm"), copy)
    start(module("/hello", str(copy)), "--cache", settings).stop()
    (code,) = entries(folder)
    # A sanitizer would report the crashes that this test causes.
    quiet = {"ASAN_OPTIONS": "handle_segv=0:handle_sigbus=0:handle_sigill=0:detect_stack_use_after_return=0"}
    server = start(module("/hello", str(copy)) + module("/echo", "echo.wasm"), "--cache", settings, workers=2,
                   env=quiet)
    return server, code, copy


@pytest.mark.parametrize("damage", [truncate, halve, overwrite])
def test_code_damaged_in_place_is_compiled_again_and_served_by_new_workers(served, damage):
    server, code, _ = served
    before, size = code.stat().st_ino, code.stat().st_size
    assert server.get("/hello").status == 200
    damage(code)
    eventually(lambda: status(server, "/hello") is None, "a worker dies of it")
    server.wait_log(r"compiled code of \S*hello\.wasm has been damaged in .*/hello answers 503 until it is compiled")
    server.wait_log("damaged code was replaced: generation 2 serves")
    eventually(lambda: status(server, "/hello") == 200)
    assert (code.stat().st_ino != before, code.stat().st_size) == (True, size)
    eventually(lambda: len(server.workers()) == 2, "the old workers are gone")
    for _ in range(20):
        assert server.get("/hello").status == server.get("/echo").status == 200


def test_damaged_code_that_can_not_be_compiled_again_takes_its_module_out_of_service(served):
    server, code, copy = served
    copy.unlink()
    overwrite(code)
    eventually(lambda: status(server, "/hello") == 503)
    server.wait_log(r"critical .*hello\.wasm is out of service until the next reload: .*damaged.*No such file")
    for _ in range(20):
        assert status(server, "/echo") == 200
    assert "out of service" in server.get("/hello").text
    shutil.copy(guest("hello.wasm"), copy)
    server.signal(signal.SIGHUP)
    eventually(lambda: status(server, "/hello") == 200)


def test_a_changed_module_is_not_served_in_place_of_damaged_code(served):
    server, code, copy = served
    shutil.copy(guest("count.wasm"), copy)
    truncate(code)
    eventually(lambda: status(server, "/hello") == 503)
    server.wait_log(r"critical .*hello\.wasm is out of service.*has changed since it was loaded")


def reseal(path: Path, damage):
    """Damages code and gives it the checksum of a whole file."""
    data = path.read_bytes()
    body = damage(data[:-24])
    with open(path, "r+b") as file:
        file.write(body)
    done = subprocess.run(["openssl", "mac", "-cipher", "AES-128-GCM", "-macopt", "hexkey:" + "00" * 16,
                           "-macopt", "hexiv:" + "00" * 12, "-in", "/dev/stdin", "GMAC"],
                          input=body, capture_output=True, check=True)
    with open(path, "r+b") as file:
        file.seek(len(body) + 8)
        file.write(bytes.fromhex(done.stdout.decode().strip()))


def test_a_module_that_ends_its_workers_again_and_again_is_taken_out_of_service(served):
    server, code, _ = served
    # Machine code that only traps the processor, in an undamaged file: like a bug of the compiler.
    reseal(code, lambda body: body[:4096] + b"\xcc" * (len(body) // 4 - 4096) + body[len(body) // 4:])
    eventually(lambda: status(server, "/hello") == 503, limit=60)
    assert "out of service" in server.get("/hello").text
    (line,) = server.wait_log("critical (.*)")
    assert re.search(r"hello\.wasm is out of service: its guests have ended 5 workers within 60 s\. "
                     r"/hello answers 503 until the next reload", line)
    assert len(server.wait_log(r"was ended by signal .* while \S*hello\.wasm ran")) == 5
    for _ in range(20):
        assert server.get("/echo").status == 200
    assert status(server, "/hello") == 503
