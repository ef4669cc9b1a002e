"""Tests the ways in which instances are made (kept, new, pooled), and what is said of them."""

import os
import random
import re
import subprocess

import pytest

from configuration import BINARY, GUESTS, ROOT, module, table
from processes import is_sanitized
from server import refusal, run_wagi

FIRST_STATE_CHECK = BINARY.parent / "src" / "guest" / "engine" / "first_state_check"
# Of each entry point of each module; a slow one has fewer.
RUNS = int(os.environ.get("WAGI_TEST_RUNS", 50 if is_sanitized() else 500))
CHECK_MAX_S = 900
# Each compiles for minutes where its code isn't kept, and runs for long.
LEFT_OUT = {"python.wasm", "ruby.wasm"}


def instances_of(write, text: str) -> dict[str, str]:
    """What `wagi routes` says of each route's instances."""
    done = run_wagi("routes", "-c", write(text))
    assert done.returncode == 0, done.stderr
    rows = [re.split(r" {2,}", line) for line in done.stdout.splitlines() if line.startswith("/")]
    return {row[0]: row[-1] for row in rows if row[0] != "/healthz"}


def test_routes_says_how_instances_are_made(write):
    text = (module("/kept", "hello.wasm") + module("/new", "hello.wasm", instances="new")
            + module("/start", "start_trap.wat") + module("/table", "leftovers.wat", entrypoint="search"))
    assert instances_of(write, text) == {
        "/kept": "kept", "/new": "new", "/start": "new: it has a start function",
        "/table": "new: it writes to a table"}


def test_the_server_and_the_site_have_defaults(write):
    site = '[[site]]\nhosts = ["a.example"]\ninstances = "kept"\n'
    text = (table("[server]", instances="new") + module("/a", "hello.wasm")
            + module("/b", "hello.wasm", instances="kept") + site
            + module("/c", "hello.wasm").replace("[[module]]", "[[site.module]]"))
    done = run_wagi("routes", "-c", write(text))
    rows = {cells[0]: cells[-1] for cells in (re.split(r" {2,}", line.strip()) for line in done.stdout.splitlines())}
    assert (rows["/a"], rows["/b"], rows["/c"]) == ("new", "kept", "kept")


def test_the_start_says_which_instances_are_not_kept(start):
    server = start(module("/kept", "hello.wasm") + module("/start", "start_trap.wat"))
    log = server.log
    assert "start_trap.wat  instances: new: it has a start function\n" in log
    assert re.search(r"hello\.wasm *\n", log)


def test_another_value_is_a_mistake(write):
    said = refusal(write(module("/", "hello.wasm", instances="fresh")))
    assert 'modules.toml:4:13: `instances`: expected "kept" or "new", found "fresh"' in said


@pytest.mark.parametrize("instances", ["kept", "new"])
def test_each_request_finds_the_first_state(start, instances):
    server = start(table("[server]", instances=instances) + module("/", "counts_itself.wat"), workers=1)
    assert {server.get("/").text for _ in range(300)} == {"1 1"}


def test_every_module_is_set_back_to_its_first_state():
    """Runs each module that there is with random requests, and compares each instance with a new one."""
    folders = [GUESTS, BINARY.parent / "examples", BINARY.parent / "contract", ROOT / "build" / "examples"]
    modules = {path.name: path for folder in folders for path in sorted(folder.glob("*.wa[st]*"))
               if path.name not in LEFT_OUT}
    seed = random.randrange(2**31)
    done = subprocess.run([FIRST_STATE_CHECK, str(RUNS), str(seed), *modules.values()], capture_output=True, text=True,
                          timeout=CHECK_MAX_S, check=False)
    assert done.returncode == 0, f"seed {seed}: {done.stdout}{done.stderr}"
    counts = re.findall(r": kept, (\d+) runs, (\d+) compared", done.stdout)
    assert sum(int(compared) for _, compared in counts) > RUNS, done.stdout
