"""Tests reactors: each instance calls the module's `_initialize` once, before anything else."""

import pytest

from configuration import guest, module
from server import run_wagi


def reactor(route: str, fail: str = "", **more) -> str:
    return module(route, "reactor.wasm", entrypoint="hello", environment={"FAIL": fail}, **more)


@pytest.fixture(scope="module")
def server(start_shared):
    return start_shared(
        reactor("/works/...") + reactor("/traps", "trap") + reactor("/exits", "exit") + reactor("/leaves", "leave")
        + reactor("/loops", "loop", cpu_ms_max=50)
        + module("/fails", "reactor.wasm", entrypoint="fail")
        + module("/itself", "reactor.wasm", entrypoint="_initialize"))


def test_each_request_finds_it_initialized_once(server):
    for _ in range(3):
        response = server.get("/works")
        assert (response.status, response.text) == (200, "constructed 1\n")


def test_so_do_its_routes_and_their_entry_points(server):
    response = server.get("/works/other")
    assert (response.status, response.text) == (200, "other\n")


@pytest.mark.parametrize("route, reason", [
    ("/traps", r"wasn't called: _initialize trapped: unreachable"),
    ("/exits", r"wasn't called: _initialize exited with 3"),
    ("/leaves", r"wasn't called: _initialize exited with 0")])
def test_a_failure_in_it_is_told_as_such(server, route, reason):
    assert server.get(route).status == 500
    server.wait_log(rf"GET {route}: hello of \S+reactor.wasm: {reason}")


def test_a_failure_behind_it_is_the_entry_points(server):
    assert server.get("/fails").status == 500
    server.wait_log(r"GET /fails: fail of \S+reactor.wasm: trapped: unreachable")


def test_a_time_limit_holds_in_it(server):
    assert server.get("/loops").status == 504
    server.wait_log(r"GET /loops: hello of \S+reactor.wasm: used its 50 ms of CPU time \(cpu_ms_max\), in _initialize")


def test_as_an_entry_point_it_is_called_once(server):
    assert server.get("/itself").status == 500  # _initialize prints no header.
    server.wait_log(r"GET /itself: _initialize of \S+reactor.wasm: The module printed nothing")


def test_check_finds_nothing_wrong(tmp_path):
    (tmp_path / "modules.toml").write_text(reactor("/"))
    done = run_wagi("check", "-c", tmp_path / "modules.toml")
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stdout + done.stderr


# --- On the terminal.

def test_run_calls_it_first():
    done = run_wagi("run", "--entrypoint", "hello", guest("reactor.wasm"))
    assert (done.returncode, done.stdout) == (0, "Content-Type: text/plain\n\nconstructed 1\n"), done.stderr


def test_run_says_what_else_could_be_called():
    done = run_wagi("run", guest("reactor.wasm"))
    assert done.returncode == 126
    assert "it exports no function _start" in done.stderr
    assert "--entrypoint" in done.stderr and "hello" in done.stderr


@pytest.mark.parametrize("fail, code, message", [
    ("trap", 134, "in _initialize: trapped: unreachable"), ("exit", 3, ""), ("leave", 0, "")])
def test_run_tells_how_it_failed(fail, code, message):
    done = run_wagi("run", "--env", f"FAIL={fail}", "--entrypoint", "hello", guest("reactor.wasm"))
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert message or not done.stderr
