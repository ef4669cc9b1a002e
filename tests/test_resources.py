"""Tests guests that take all they can (tables, memories, stack, files): others must go on."""

import re
from contextlib import ExitStack

import pytest

from configuration import GUESTS, module, table
from server import refusal
from waiting import eventually

HELLO = "Hello, world!\n"
TABLE_ELEMENTS_MAX = 65_536           # The room of a pool's slot: guest/engine/engine.h.
TABLE_ELEMENTS_HARD_MAX = 10_000_000
OPEN_FILES_MAX = 256                  # guest/wasi/limits.h

# A module that answers with a head and then sleeps for ever, by poll_oneoff for 2^52 nanoseconds.
HOLDS = r"""(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\1d\00\00\00Content-Type: text/plain\n\nyes")
  (data (i32.const 88) "\01\00\00\00\00\00\00\00\00\00\00\00\00\00\10")
  %s
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 512)))
    (drop (call $poll (i32.const 72) (i32.const 512) (i32.const 1) (i32.const 600)))))"""


@pytest.fixture
def wat(tmp_path):
    """Writes a module's text; returns its path."""
    def written(name: str, text: str) -> str:
        path = tmp_path / f"{name}.wat"
        path.write_text(text)
        return str(path)
    return written


def empty(items: str) -> str:
    return f'(module {items} (func (export "_start")))'


# --- Tables.

def test_a_table_grows_to_its_limit_and_no_further(start, wat):
    text = (GUESTS / "table_growth.wat").read_text()
    larger = text.replace("(table $table 1 ", f"(table $table {TABLE_ELEMENTS_MAX + 1} ")
    assert larger != text
    server = start(module("/pool", "table_growth.wat") + module("/demand", wat("larger", larger))
                   + module("/hello", "hello.wasm"))
    for target, most in (("/pool", TABLE_ELEMENTS_MAX), ("/demand", TABLE_ELEMENTS_HARD_MAX)):
        for _ in range(3):
            elements = int(re.search("elements=([0-9]+)", server.get(target).text)[1])
            assert most - 4096 < elements <= most
        assert server.get("/hello").text == HELLO


# --- Large declarations of a module.

@pytest.mark.parametrize("items, too_many", [
    ("(memory 1)" * 100, "(memory 1)"),
    ("(table 10 funcref)" * 100, "(table 10 funcref)"),
])
def test_memories_and_tables_are_counted(start, wat, items, too_many):
    server = start(module("/most", wat("most", empty(items))) + module("/hello", "hello.wasm"))
    assert server.get("/most").status == 500  # Only because it prints nothing.
    assert "printed nothing" in server.log
    assert server.get("/hello").text == HELLO
    config = server.folder / "other.toml"
    config.write_text(module("/over", wat("over", empty(items + too_many))))
    assert "exceeds limit of 100" in refusal(config)


def test_locals_are_counted(wat, write):
    locals_max = 50_000
    text = '(module (func (export "_start") (local%s)))'
    assert "too many locals" in refusal(write(module("/x", wat("x", text % (" i64" * (locals_max + 1))))))


def test_a_frame_of_many_locals_ends_on_the_stack_it_has(start, wat):
    """With fifty thousand locals a call, two or three calls exhaust the stack."""
    count = 49_000
    sets = "".join(f"(local.set {i} (i64.load (i32.const {i % 1000 * 8})))" for i in range(1, count, 7))
    uses = "".join(f"(i64.store (i32.const 8) (local.get {i}))" for i in range(1, count, 7))
    text = f'(module (memory 1) (func $f (export "_start") (local {"i64 " * count}) {sets} (call $f) {uses}))'
    server = start(module("/deep", wat("deep", text)) + module("/hello", "hello.wasm"))
    for _ in range(3):
        assert server.get("/deep").status == 500
        assert server.get("/hello").text == HELLO
    server.wait_log("stack overflow", times=3)


def test_many_globals_run_on_demand(start, wat):
    server = start(module("/globals", wat("globals", empty("(global (mut i64) (i64.const 7))" * 100_000)))
                   + module("/hello", "hello.wasm"))
    assert server.get("/globals").status == 500
    server.wait_log("printed nothing")
    server.wait_log(r"globals\.wat doesn't fit the pool")
    assert server.get("/hello").text == HELLO


# --- Limits of the kernel on a process.

def test_open_files_of_guests_leave_descriptors_for_connections(start, tmp_path):
    (tmp_path / "file").write_text("content")
    server = start(module("/files", "open_files.wasm", volumes={"/data": str(tmp_path)}, wall_ms_max=0)
                   + module("/hello", "hello.wasm"), descriptors_max=1024)
    assert server.get("/files").text == f"opened={OPEN_FILES_MAX}: No file descriptors available\n"
    with ExitStack() as stack:
        opened = 0
        for _ in range(10):
            connection = stack.enter_context(server.connect())
            connection.request("GET", "/files?hold=1")
            connection.read_head()
            opened += int(re.match(rb"opened=([0-9]+): ", connection.read_chunk())[1])
            assert server.get("/hello").text == HELLO
        assert opened == 1024 // 2
        assert server.get("/files").text == "opened=0: Too many open files in system\n"
    eventually(lambda: f"opened={OPEN_FILES_MAX}: " in server.get("/files").text)


def test_a_guest_that_takes_all_mappings_takes_only_its_own(start, wat):
    """A worker survives instances with so many memories that vm.max_map_count is exceeded."""
    server = start(table("[server]", memory_max=0, wall_ms_max=0)
                   + module("/many", wat("many", HOLDS % ("(memory 1)" * 99)))
                   + module("/hello", "hello.wasm") + module("/huge_table", "huge_table.wat"))
    workers = server.workers()
    with ExitStack() as stack:
        for count in range(400):
            connection = stack.enter_context(server.connect())
            connection.request("GET", "/many")
            assert connection.read_head().status in (200, 500)
            if count % 50 == 0:
                assert server.get("/hello").text == HELLO
                assert server.get("/huge_table").status in (200, 500)
    eventually(lambda: server.get("/huge_table").status == 200)
    assert server.get("/hello").text == HELLO
    assert server.workers() == workers


# --- Output that waits for a client.

WRITES_ON = r"""(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\08\00\00\00\1a\00\00\00Content-Type: text/plain\n\n")
  (data (i32.const 64) "\00\00\01\00\00\00\01\00")
  (data (i32.const 80) "\58\00\00\00\05\00\00\00again")
  (func $check)
  (func (export "_start") (local $errno i32)
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 512)))
    %s
    (call $check)
    (if (i32.eq (local.get $errno) (i32.const 6))
      (then (drop (call $fd_write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 512)))))))"""


def test_a_guest_that_writes_on_where_nothing_can_stop_it_is_told_to_try_again(start, wat):
    """A guest that writes on between two checks of the epoch gets AGAIN at 1 MiB and 64 KiB."""
    write = "(local.set $errno (call $fd_write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 512)))"
    server = start(module("/again", wat("again", WRITES_ON % (write * 40))) + module("/hello", "hello.wasm"))
    response = server.get("/again")
    assert response.status == 200
    assert response.body.endswith(b"\0again")
    assert 1 << 20 < len(response.body) <= (1 << 20) + (64 << 10) + len("again")
    assert server.get("/hello").text == HELLO
