"""Tests the messages about a guest that fails, on the terminal and in the server's log."""

import functools
import re
import signal
import subprocess

import pytest

from configuration import ROOT, guest, module
from server import run_wagi

JARGON = re.compile("wasmtime|wasm trap:|wasm backtrace|caused by", re.IGNORECASE)


@functools.cache
def build():
    subprocess.run([ROOT / "tests" / "conformance" / "build"], check=True)


def program(name: str) -> str:
    build()
    path = ROOT / "build" / "conformance" / name
    if name != "traps.wasm" and not path.exists():
        pytest.skip("there is no compiler for it here")
    return str(path)


@pytest.mark.parametrize("how, number, reason", [
    ("aborts", signal.SIGABRT, "unreachable code was reached"),
    ("divides", signal.SIGFPE, "integer divide by zero"),
    ("overflows", signal.SIGFPE, "integer overflow"),
    ("reads_beyond", signal.SIGSEGV, "memory access out of bounds, at 0xfffffff0 of 0x"),
    ("calls_null", signal.SIGSEGV, "call through a null function pointer"),
    ("calls_wrongly", signal.SIGILL, "call through a pointer to a function of another type"),
    ("recurses", signal.SIGSEGV, "memory access out of bounds"),
])
def test_a_trap_is_told_and_exits_as_a_signal_would(how, number, reason):
    path = program("traps.wasm")
    done = run_wagi("run", path, how)
    assert done.returncode == 128 + number
    first, *frames = done.stderr.splitlines()
    assert first.startswith(f"wagi: {path}: trapped: {reason}")
    assert frames and all(re.fullmatch(f"  #{number:<2} 0x[0-9a-f]+ in .+", line) for number, line in enumerate(frames))
    assert re.search(r" in " + ("recursesTo" if how == "recurses" else how) + "$", done.stderr, re.MULTILINE)
    assert not JARGON.search(done.stderr)


def test_a_stack_overflow_of_webassembly_itself():
    done = run_wagi("run", guest("stack_overflow.wat"))
    assert done.returncode == 128 + signal.SIGSEGV
    assert "trapped: stack overflow\n  #0 " in done.stderr


def test_a_signal_that_a_guest_raises_ends_it_as_a_signal_would():
    done = run_wagi("run", program("traps.wasm"), "terminates")
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")


def test_a_trap_in_the_start_function():
    done = run_wagi("run", guest("start_trap.wat"))
    assert done.returncode == 128 + signal.SIGABRT
    assert "couldn't be started: unreachable code" in done.stderr


@pytest.mark.parametrize("name, function", [
    ("cpp_trap.wasm", "shop::Cart<int>::divide(int, int)"), ("rust_trap.wasm", "rust_trap::shop::Cart<usize>::pick")])
def test_the_functions_have_their_names_as_written(name, function):
    done = run_wagi("run", program(name))
    assert done.returncode in (128 + signal.SIGFPE, 128 + signal.SIGABRT)
    assert re.search(rf"^  #[0-9]+ +0x[0-9a-f]+ in {re.escape(function)}$", done.stderr, re.MULTILINE), done.stderr


def test_the_servers_log_tells_it_in_the_same_words(start):
    server = start(module("/traps", program("traps.wasm")))
    assert server.get("/traps?divides").status == 500
    server.wait_log(r"GET /traps: _start of \S+traps.wasm: trapped: integer divide by zero\n"
                    r"  \|   #0  0x[0-9a-f]+ in divides\n")
    assert not JARGON.search(server.log)
