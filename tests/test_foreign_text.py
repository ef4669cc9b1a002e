"""Tests that foreign text steers no terminal, fakes no line, and doesn't fill the log."""

import json
import re

import pytest

from configuration import ROOT, module
from server import run_wagi
from wasm_binaries import named, unknown_import

# Text with an escape sequence, a title, CSI as one character, a right-to-left override, a separator
# of lines, and a line that looks like one of ours.
EVIL = "\x1b[2J\x1b]0;pwned\x07\u009b31m\u202egnp.\u2028\ufeff\r\nwagi: all is well\n"
SHOWN = r"\x1b[2J\x1b]0;pwned\x07\u009b31m\u202egnp.\u2028\ufeff\x0d\nwagi: all is well\n"
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def assert_harmless(text: str, bytes_max: int = 5000):
    assert not HIDDEN.search(text), ascii(text)
    assert not re.search("^wagi: all is well", text, re.MULTILINE), text
    assert len(text.encode()) <= bytes_max


def write(tmp_path, content: bytes, name: str = "m.wasm"):
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


@pytest.mark.parametrize("make", [lambda: unknown_import(EVIL + "A" * 50_000, "f"), lambda: unknown_import("env", EVIL)],
                         ids=["module", "name"])
def test_names_of_imports(tmp_path, make):
    done = run_wagi("run", write(tmp_path, make()))
    assert done.returncode == 126
    assert SHOWN in done.stderr
    assert_harmless(done.stderr)
    assert done.stderr.count("\n") == 1


def test_names_of_functions_in_a_trap(tmp_path):
    done = run_wagi("run", write(tmp_path, named(EVIL + "A" * 50_000)))
    assert done.returncode == 134
    assert r"in \x1b[2J\x1b]0;pwned\x07\u009b31m\u202egnp.\u2028\ufeff\x0d" in done.stderr
    assert_harmless(done.stderr)


@pytest.mark.parametrize("wat", [f'(module (func (export "_start") ({EVIL}))', f"(module {'A' * 100_000}{EVIL})",
                                 f'(module (import "{chr(0x202e)}" "f" (func)) (func (export "_start")))'],
                         ids=["escapes", "long", "override"])
def test_excerpts_of_text(tmp_path, wat):
    done = run_wagi("run", write(tmp_path, wat.encode(), "m.wat"))
    assert done.returncode == 126
    assert_harmless(done.stderr)


def test_names_of_exports(tmp_path):
    write(tmp_path, named("f", export=EVIL))
    (tmp_path / "modules.toml").write_text(module("/", str(tmp_path / "m.wasm")))
    done = run_wagi("check", tmp_path / "modules.toml")
    assert "exports no function _start" in done.stdout and SHOWN in done.stdout
    assert_harmless(done.stdout)


def test_what_routes_prints(tmp_path):
    """A program that fails in its _routes, after it has printed a line that looks like ours."""
    wat = r'''(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\10\00\00\00\40\00\00\00")
      (data (i32.const 16) "\n/tmp/modules.toml: 1 module, no mistakes\1b[2J\c2\9b\e2\80\ae\n")
      (func (export "_start"))
      (func (export "_routes") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) unreachable))'''
    write(tmp_path, wat.encode(), "m.wat")
    (tmp_path / "modules.toml").write_text(module("/", str(tmp_path / "m.wat")))
    done = run_wagi("check", tmp_path / "modules.toml")
    assert done.returncode == 1
    assert "\n  | /tmp/modules.toml: 1 module, no mistakes\\x1b[2J\\u009b\\u202e\n" in done.stdout
    assert_harmless(done.stdout)


@pytest.mark.parametrize("toml", [json.dumps(EVIL) + " = 1\n", "[" + json.dumps("A" * 100_000) + "]\n",
                                  f'[[module]]\nroute = "/"\nmodule = "a"\nallowed_hosts = [{json.dumps(EVIL)}]\n',
                                  "a = \u202e\n"], ids=["key", "long-table", "value", "no-toml"])
def test_excerpts_of_a_configuration(tmp_path, toml):
    (tmp_path / "modules.toml").write_text(toml)
    done = run_wagi("check", tmp_path / "modules.toml")
    assert done.returncode == 1
    assert_harmless(done.stdout)
    spin = write(tmp_path, ('spin_manifest_version = 2\n[application]\nname = "a"\n' + toml).encode(), "spin.toml")
    assert_harmless(run_wagi("import", spin).stderr)


@pytest.fixture(params=["text", "json"])
def failing(start, request):
    """A server whose only module fails each request, with the log in either format."""
    server = start(module("/t/...", "trap.wasm"), "--log-format", request.param)

    def logged(pattern: str) -> str:
        server.wait_log(pattern)
        return server.log
    return server, logged, request.param


def test_a_request_in_the_log(failing):
    server, logged, form = failing
    for target in (b"/t/\x9b31mRED\x9b0m", "/t/\u009b31m".encode(), "/t/\u202e\u2028x\u2029".encode(), b"/t/%1b%5b31m"):
        server.exchange(b"GET " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    server.exchange(b"A" * 60_000 + b" /t/method HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    server.exchange(b"GET /t/" + b"B" * 60_000 + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    log = logged(r"B\.\.\. \(60003 bytes\)")
    assert "%1b%5b31m" in log
    assert not HIDDEN.search(log)
    if form == "json":
        messages = [json.loads(line)["message"] for line in log.splitlines() if line.startswith("{")]
        assert any("\u202e\u2028x\u2029" in message for message in messages), "a program reads what was sent"
    else:
        assert r"GET /t/\x9b31mRED\x9b0m" in log and r"\u202e\u2028x\u2029" in log
    assert max(len(line) for line in log.splitlines()) < 2000


def test_no_source_prints_past_it():
    """src/base/say.cc alone writes to a terminal, so that nothing foreign gets there as it is."""
    printing = re.compile(r"fmt::print|std::(cout|cerr|clog|puts|printf|fputs|fwrite|perror)\b|\bfprintf\(")
    known = {"base/say.cc", "base/replay_main.cc",
             "cli/import.cc",   # Prints the modules.toml that it was asked for.
             "guest/wasi/system.cc"}  # Prints a text of our own where getrandom(2) fails.
    found = {str(path.relative_to(ROOT / "src"))
             for path in (ROOT / "src").rglob("*.cc")
             if not re.search("_(test|fuzz)$|testing$|fuzz_script$", path.stem) and printing.search(path.read_text())}
    assert found <= known, "use say() or printOutput() of base/say.h"
