"""The cache of compiled code, and its cache.toml."""

import re
from pathlib import Path

import pytest

from configuration import module
from server import refusal


def entries(folder: Path) -> list[Path]:
    """The compiled code; what was found out about a module lies beside it."""
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
