"""Tests the server's log and the logs of its guests."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from configuration import module, table
from server import refusal


def test_log_dir_has_a_file_for_each_route(start, tmp_path):
    logs = tmp_path / "logs"
    server = start(module("/a/...", "stderr.wasm") + module("/b", "stderr.wasm"), "--log-dir", logs)
    for _ in range(2):
        server.get("/a/x?lines=1&code=0")
    server.get("/b?lines=2&code=0")
    files = {route: logs / sha256(route.encode()).hexdigest() / "module.stderr" for route in ("/a/...", "/b")}
    assert files["/a/..."].read_text() == "complaint 1\ncomplaint 1\n"
    assert files["/b"].read_text() == "complaint 1\ncomplaint 2\n"
    assert len(list(logs.iterdir())) == 2


@pytest.mark.parametrize("how", ["environment", "table"])
def test_log_dir_in_other_ways(start, tmp_path, how):
    logs = tmp_path / "logs"
    config = module("/", "stderr.wasm")
    if how == "table":
        server = start(table("[server]", log_dir=str(logs)) + config)
    else:
        server = start(config, env={"WAGI_LOG_DIR": logs})
    server.get("/?lines=1&code=0")
    assert (logs / sha256(b"/").hexdigest() / "module.stderr").read_text() == "complaint 1\n"


def test_a_log_dir_that_was_made_is_printed(start, tmp_path):
    server = start(module("/", "stderr.wasm"), env={"TMPDIR": tmp_path})
    server.get("/?lines=1&code=0")
    found = re.search(rf"{re.escape(str(tmp_path))}/\S+", server.log)
    assert found, server.log
    files = list(Path(tmp_path).rglob("module.stderr"))
    assert [file.read_text() for file in files] == ["complaint 1\n"]
    assert str(files[0]).startswith(found[0].rstrip(".,;"))


@pytest.mark.parametrize("lines, left", [(1, 1), (0, 0)])
@pytest.mark.parametrize("workers", [0, 1])
def test_a_log_dir_that_was_made_stays_if_there_is_something_in_it(start, tmp_path, workers, lines, left):
    server = start(module("/", "stderr.wasm"), env={"TMPDIR": tmp_path}, workers=workers)
    server.get(f"/?lines={lines}&code=0")
    server.stop()
    assert len(list(tmp_path.glob("wagi-log-*"))) == left


def test_a_log_dir_that_can_not_be_made(write, tmp_path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in refusal(write(module("/", "hello.wasm")), "--log-dir", tmp_path / "file")


def test_what_a_guest_prints_passes_for_no_line_of_the_log(start):
    server = start(module("/", "stderr.wasm"))
    server.get("/?text=x%0A12:00:00.000%20info%20all%20is%20well%0D%1B[2J%C2%9B2J&lines=0")
    (line,) = server.wait_log(r".*all is well.*")
    assert line == r"  | 12:00:00.000 info all is well\x0d\x1b[2J\u009b2J"


def test_a_guest_that_always_fails_does_not_fill_the_log(start):
    server = start(module("/trap", "trap.wasm") + module("/other", "trap.wasm"))
    requests = 200
    for _ in range(requests):
        assert server.get("/trap").status == 500
    assert "failures that follow within seconds are only counted" in server.log
    server.get("/other")
    server.wait_log("GET /other")  # Each route may fill the log up to a limit of its own.
    server.stop()
    told = len(re.findall("GET /trap: _start of", server.log))
    counted = sum(map(int, re.findall("route /trap: ([0-9]+) more requests failed", server.log)))
    assert told < requests
    assert told + counted == requests


def test_the_log_in_json(start):
    server = start(module("/trap", "trap.wasm") + module("/same", "hello.wasm") * 2, "--log-format", "json")
    server.get("/trap")
    server.wait_log("unreachable")
    lines = [line for line in server.log.splitlines() if line.startswith("{")]
    assert len(lines) >= 2
    for line in lines:
        entry = json.loads(line)
        assert {"time", "level", "message"} <= entry.keys()
    assert any("unreachable" in json.loads(line)["message"] for line in lines)


def test_a_pipe_gets_no_colours(start):
    server = start(module("/", "hello.wasm") + module("/", "hello.wasm"), env={"NO_COLOR": ""})
    assert "\x1b" not in server.log


def test_the_start_says_what_serves_where(start):
    server = start(module("/hello", "hello.wasm") + module("/app/...", "routes.wasm"))
    for word in ("/hello", "hello.wasm", "/app/one", f"http://127.0.0.1:{server.port}"):
        assert word in server.log
