"""Tests that guests which never end, in each way there is, are ended at their limit."""

import re
import signal

import pytest

from configuration import guest, module, table
from processes import is_sanitized
from server import refusal
from waiting import eventually
from wasm_binaries import large_data, slow_to_compile

ENTRY_POINTS = ("fill", "copy", "table_fill", "grow", "table_grow", "br_table", "calls", "indirect", "tail")
# Host functions, each with the errno that one call gives; None where the file system decides.
CALLS = {
    "random": 21, "random_largest": 0, "readdir": 28, "readdir_largest": 0, "read_empties": 28,
    "write_empties": 28, "read_largest": 0, "write_largest": 0, "poll": 28, "poll_largest": 0,
    "links": 32, "allocate": None, "set_size": None, "allocate_largest": None, "sync": 0,
}
CPU_MS_MAX = 60
FILES = 2_000
LINKS = 40


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    folder = tmp_path_factory.mktemp("volume")
    for number in range(FILES):
        (folder / f"file-{number:04}").touch()
    (folder / "l0").symlink_to("l0")
    for number in range(1, LINKS):
        (folder / f"l{number}").symlink_to(f"l{number - 1}")
    return folder


@pytest.fixture(scope="module")
def server(start_shared, volume):
    return start_shared(
        table("[server]", cpu_ms_max=CPU_MS_MAX, memory_max="192MiB")
        + module("/hello", "hello.wasm")
        + module("/call", "abuse.wasm", volumes={"/volume": str(volume)})
        + module("/count_calls", "abuse.wasm", volumes={"/volume": str(volume)}, cpu_ms_max=0)
        + module("/by_wall", "abuse.wat", entrypoint="br_table", cpu_ms_max=0, wall_ms_max=150)
        + module("/start", "start_loop.wat")
        + module("/recursion", "abuse.wat", entrypoint="recursion")
        + "".join(module(f"/{name}", "abuse.wat", entrypoint=name) for name in ENTRY_POINTS),
        workers=1)


def is_ended_at_its_limit(server, target: str, said: str):
    workers = server.workers()
    response = server.get(target)
    assert response.status == 504
    request_id = re.search("[0-9a-f]{16}", response.text)[0]
    server.wait_log(f"{request_id}.*{said}")
    assert server.get("/hello").text == "Hello, world!\n"
    assert server.workers() == workers


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_code_that_never_ends(server, name):
    is_ended_at_its_limit(server, f"/{name}", f"used its {CPU_MS_MAX} ms of CPU time")


def test_code_that_never_ends_by_the_clock(server):
    is_ended_at_its_limit(server, "/by_wall", "didn't end within 150 ms")


def test_a_start_function_that_never_ends(server):
    for _ in range(3):  # The start function runs for each request.
        is_ended_at_its_limit(server, "/start", f"used its {CPU_MS_MAX} ms of CPU time")


def test_recursion_that_never_ends(server):
    response = server.get("/recursion")
    assert response.status == 500
    server.wait_log("trapped: stack overflow")


@pytest.mark.parametrize("call", CALLS)
def test_host_calls_that_ask_for_the_most(server, call):
    response = server.get(f"/count_calls?call={call}&times=3")
    assert response.status == 200
    error = int(response.text.removeprefix("errno="))
    assert error == CALLS[call] or CALLS[call] is None
    is_ended_at_its_limit(server, f"/call?call={call}", f"used its {CPU_MS_MAX} ms of CPU time")


def test_many_that_never_end_at_once(server):
    connections = [server.connect() for _ in range(20)]
    for connection in connections:
        connection.request("GET", "/br_table")
    assert server.get("/hello").text == "Hello, world!\n"
    for connection in connections:
        assert connection.read_response().status == 504
        connection.close()


def test_a_route_that_computed_still_answers_at_once_what_is_short(start):
    """Once a module has computed for long, its requests wait for their turn, however short."""
    server = start(module("/compute", "compute.wasm"))
    assert server.get("/compute?turns=30").status == 200
    for _ in range(20):
        assert server.get("/compute?turns=0").status == 200


# --- Before a request is served.

@pytest.mark.parametrize("segments, segment_bytes", [(1, 48 << 20), (3_000, 16 << 10)])
def test_large_data_segments(start, tmp_path, segments, segment_bytes):
    path = tmp_path / "large.wasm"
    path.write_bytes(large_data(segments, segment_bytes))
    server = start(module("/large", str(path)) + module("/hello", "hello.wasm"))
    for _ in range(10):
        assert server.get("/large").status == 500  # The module prints nothing.
        assert server.get("/hello").status == 200
    server.wait_log(re.escape("/large"))


def test_a_module_that_takes_too_long_to_compile_stops_the_start(write, tmp_path):
    path = tmp_path / "slow.wasm"
    path.write_bytes(slow_to_compile())
    said = refusal(write(table("[server]", compile_ms_max=500) + module("/", str(path))))
    assert re.search(r"slow\.wasm: compiling it took more than 0\.5 s", said)


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer has more memory of its own")
def test_a_module_that_takes_too_much_memory_to_compile_stops_the_start(write, tmp_path):
    path = tmp_path / "hungry.wasm"
    path.write_bytes(slow_to_compile())
    said = refusal(write(table("[server]", compile_memory_max="128MiB") + module("/", str(path))))
    assert re.search(r"modules\.toml:\d+:\d+: .*hungry\.wasm: compiling it takes more than 128 MiB of memory; "
                     r"compile_memory_max in \[server\] allows more", said)


@pytest.mark.parametrize("name, said", [
    ("slow.wasm", r"slow\.wasm: compiling it took more than 1 s"),
    ("routes_loop.wat", r"routes_loop\.wat: running _routes of it took more than 1 s"),
])
def test_a_reload_with_a_module_that_takes_too_long_keeps_the_old_one_serving(start, tmp_path, name, said):
    path = tmp_path / "slow.wasm"
    path.write_bytes(slow_to_compile())
    settings = table("[server]", compile_ms_max=1_000)
    server = start(table("[server]") + module("/hello", "hello.wasm"))
    workers = server.workers()
    wrong = str(path) if name == path.name else guest(name)
    server.write_config(settings + module("/hello", "hello.wasm") + module("/wrong", wrong))
    server.signal(signal.SIGHUP)
    while not re.search(said, server.log):
        assert server.get("/hello").text == "Hello, world!\n"
    assert server.workers() == workers
    eventually(lambda: len(server.processes()) == 2, "the child that compiled is gone")
    server.write_config(settings + module("/mended", "hello.wasm"))
    server.signal(signal.SIGHUP)
    eventually(lambda: server.get("/mended").status == 200)
