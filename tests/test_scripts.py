"""Tests the scripts: set-up, skipped tests, progress, a bare machine, all checks."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from configuration import ROOT

RUN_MAX_S = 60
# Programs that every machine has, for the scripts. Without apt-get and dpkg-query it isn't Debian.
TOOLS = ("bash", "cat", "chmod", "comm", "cp", "cut", "dirname", "env", "find", "grep", "head", "id", "mkdir", "mktemp", "mv",
         "nproc", "rm", "sed", "sha256sum", "sort", "tail", "touch", "tput", "tr")
# A Python whose environments are copies of itself, and whose pip has a package with CPython and Go.
PYTHON = """#!/usr/bin/env bash
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; exit; fi
while [ $# -gt 1 ]; do if [ "$1" = --target ]; then target=$2; fi; shift; done
[ -n "${target:-}" ] || exit 0
echo "$1" >>"$FETCHED"
[ ! -e "$NO_PACKAGES" ] || { echo "no such package" >&2; exit 1; }
mkdir -p "$target/package" "$target/go/bin" "$target/go/pkg/tool/here"
touch "$target/package/python-3.wasm" "$target/go/pkg/tool/here/link"
printf '#!/bin/sh\\necho go version go1.27.3\\n' >"$target/go/bin/go"
"""


class Machine:
    """A checkout of its own, a cache that is empty, and a PATH with little in it."""

    def __init__(self, folder: Path):
        self.root = folder / "checkout"
        self.cache = folder / "cache" / "wagi"
        self._fetched = folder / "fetched"
        self.no_packages = folder / "no-packages"
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        shutil.copytree(ROOT / "examples", self.root / "examples")
        shutil.copytree(ROOT / "tests" / "bindle-server", self.root / "tests" / "bindle-server")
        shutil.copy(ROOT / "tests" / "requirements.txt", self.root / "tests")
        programs = folder / "programs"
        programs.mkdir()
        for tool in TOOLS:
            (programs / tool).symlink_to(shutil.which(tool))
        for name, text in {"g++": "echo 12.2.0", "cmake": "", "ninja": "", "cargo": "", "rustc": "echo rustc 1.99.0",
                           "python3": None}.items():
            (programs / name).write_text(PYTHON if text is None else f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        self._environment = {
            "PATH": str(programs), "HOME": str(folder), "XDG_CACHE_HOME": str(self.cache.parent),
            "FETCHED": str(self._fetched), "NO_PACKAGES": str(self.no_packages)}

    def set_up(self) -> str:
        """Runs set-up; returns all that it prints."""
        done = subprocess.run([self.root / "scripts" / "setup"], env=self._environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=RUN_MAX_S, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def fetches(self, what: str) -> int:
        """How often pip was asked for the requirements of that example."""
        lines = self._fetched.read_text().splitlines() if self._fetched.exists() else []
        return sum(f"/{what}/" in line for line in lines)

    def interpreter(self) -> Path | None:
        return next(self.cache.glob("cpython-*/python.wasm"), None)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_the_first_set_up_uses_what_it_has_just_installed(machine):
    said = machine.set_up()
    assert "command not found" not in said and "CPython could not be had" not in said
    assert machine.interpreter()
    assert machine.fetches("python") == 1


def test_nothing_is_fetched_twice(machine):
    machine.set_up()
    machine.set_up()
    assert machine.fetches("python") == 1


def test_what_failed_is_tried_once_a_day(machine):
    machine.no_packages.touch()
    assert "CPython could not be had" in machine.set_up()
    assert "CPython" not in machine.set_up()
    assert machine.fetches("python") == 1


@pytest.mark.parametrize("changed", ["scripts/setup", "scripts/env.sh", "examples/hello-zig/requirements.txt"])
def test_what_failed_is_tried_again_when_set_up_has_changed(machine, changed):
    machine.no_packages.touch()
    machine.set_up()
    machine.no_packages.unlink()
    with (machine.root / changed).open("a") as script:
        script.write("# Mended.\n")
    machine.set_up()
    assert machine.interpreter()
    assert not (machine.cache / "no-CPython").exists()


def test_a_mark_without_a_cause_is_no_reason_to_leave_something_out(machine):
    machine.cache.mkdir(parents=True)
    (machine.cache / "no-CPython").touch()
    machine.set_up()
    assert machine.interpreter()


# --- Skipped tests.

REPORT = """<testsuite>
  <testcase classname="tests.test_a" name="test_one"/>
  <testcase classname="tests.test_a" name="test_two[x]"><skipped message="not here"/></testcase>
  <testcase classname="b_test.Suite.Test" name="b_test.Suite.Test" status="notrun"><skipped message=""/></testcase>
</testsuite>"""


def count(folder: Path, skips: str | None):
    (folder / "report.xml").write_text(REPORT)
    flags = []
    if skips is not None:
        (folder / "skipped.txt").write_text(skips)
        flags = ["--skips", folder / "skipped.txt"]
    return subprocess.run([sys.executable, ROOT / "scripts" / "count_tests.py", *flags, folder / "report.xml"],
                          capture_output=True, text=True, timeout=RUN_MAX_S, check=False)


@pytest.mark.parametrize("skips,status", [
    (None, 0), ("# None.\n", 1), ("tests.test_a.*: why\n", 1), ("tests.test_a.*: why\nb_test.Suite.Test: why\n", 0)])
def test_a_skipped_test_must_be_named(tmp_path, skips, status):
    done = count(tmp_path, skips)
    assert (done.returncode, done.stdout) == (status, "1 passed, 0 failed, 2 skipped\n")
    if status:
        assert "b_test.Suite.Test (no reason)" in done.stderr
        assert ("test_two[x] (not here)" in done.stderr) == ("test_a" not in skips)


def test_a_skipped_test_must_have_its_reason(tmp_path):
    done = count(tmp_path, "tests.test_a.*\n")
    assert done.returncode == 1
    assert "'tests.test_a.*' has no reason; write PATTERN: REASON" in done.stderr


# --- Progress.

def progress(*lines: str) -> str:
    return subprocess.run([ROOT / "scripts" / "progress"], input="".join(line + "\n" for line in lines), text=True,
                          capture_output=True, env=os.environ | {"TERM": "dumb"}, timeout=RUN_MAX_S, check=True).stdout


def test_progress_says_how_long_the_rest_may_take():
    shown = progress(*(f"[{step}/40 {step * 2}.1s] Building CXX object src/x/{step}.cc.o" for step in range(1, 21)))
    assert "9 of 40: src/x/9.cc.o" in shown
    assert shown.endswith("20 of 40, about 40 s more: src/x/20.cc.o\n")


def test_progress_does_not_take_a_pause_for_the_pace():
    shown = progress(*(f"[{step}/20 {step + 700 * (step == 10)}.0s] Building CXX object {step}.cc.o"
                       for step in range(1, 11)))
    assert shown.endswith("10 of 20, about 19 s more: 10.cc.o\n")


def test_progress_keeps_what_a_compiler_says():
    shown = progress("[1/2 1.0s] Building CXX object a.cc.o", "a.cc:1: warning: unused", "[2/2 2.0s] Linking CXX executable a")
    assert "a.cc:1: warning: unused\n" in shown


# --- A bare machine.

def test_what_is_written_elsewhere_is_seen(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    bare_machine = importlib.import_module("bare_machine")
    root = tmp_path / "root"
    for folder in ("tmp", "usr/bin", "usr/local/bin", "var/lib", "root/wagi/build", "root/wagi/src", "root/.cache"):
        (root / folder).mkdir(parents=True)
    machine = bare_machine.Machine(tmp_path)
    before = machine.snapshot()
    for file in ("usr/bin/x", "var/lib/x", "root/wagi/build/x", "root/.cache/x", "root/.npm"):
        (root / file).touch()
    assert machine.snapshot() == before
    elsewhere = {"tmp/x", "usr/local/bin/x", "root/wagi/src/x", "root/.config"}
    for file in elsewhere:
        (root / file).touch()
    assert machine.snapshot().keys() - before.keys() == elsewhere


# --- All checks.

# A make that prints its target, and fails for lint.
MAKE = """#!/bin/sh
echo "working"
[ "$1" != lint ] || { echo "a.cc:1: wrong | there"; echo "make: *** [lint] Error 1"; exit 2; }
echo "$1 is fine: $2$MAKEFLAGS$ARGS"
"""


@pytest.fixture
def checks(tmp_path):
    """Runs check-all in a checkout of its own, with MAKE for make."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "programs").mkdir()
    (tmp_path / ".gitignore").write_text("build\n")
    shutil.copy(ROOT / "scripts" / "check-all", tmp_path / "scripts")
    (tmp_path / "programs" / "make").write_text(MAKE)
    (tmp_path / "programs" / "make").chmod(0o755)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x", "-c", "init.defaultBranch=x"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    path = f"{tmp_path / 'programs'}:{os.environ['PATH']}"

    def run(*arguments, **variables):
        return subprocess.run([sys.executable, tmp_path / "scripts" / "check-all", *arguments], capture_output=True,
                              text=True, env=os.environ | variables | {"PATH": path}, timeout=RUN_MAX_S, check=False)
    return run, tmp_path / "docs" / "checks.md"


def rows(page: Path) -> dict[str, list[str]]:
    """The cells of each part's row."""
    table = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    return {cells[0]: cells for line in table[2:] for cells in [re.split(r" \| ", line.strip("| "))]}


def test_all_checks_run_though_one_fails(checks):
    run, page = checks
    done = run("--seconds", "5")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "asan: passed: asan is fine:", "tsan: passed: tsan is fine:", "lint: failed: a.cc:1: wrong | there",
        "fuzz: passed: fuzz is fine: SECONDS=5", "soak: passed: soak is fine: ARGS=--requests 10000",
        "fresh: passed: fresh is fine:"]
    assert list(rows(page)) == ["asan", "tsan", "lint", "fuzz", "soak", "fresh"]
    assert rows(page)["lint"][1] == r"**failed**: a.cc:1: wrong \| there"


def test_a_check_keeps_the_results_of_the_others(checks):
    run, page = checks
    run("lint")
    assert run("soak").returncode == 0
    assert list(rows(page)) == ["lint", "soak"]
    commit = rows(page)["soak"][3]
    assert re.fullmatch("[0-9a-f]{12}", commit)
    (page.parent.parent / "scripts" / "other").touch()
    run("soak")
    assert rows(page)["soak"][3] == commit + "+"
    assert rows(page)["lint"][3] == commit


def test_a_check_is_not_given_the_arguments_of_the_make_that_runs_all(checks):
    # As GNU make passes on `make check-all ARGS=soak SECONDS=5`.
    done = checks[0]("fuzz", MAKEFLAGS=" -- SECONDS=5 ARGS=soak", ARGS="soak", SECONDS="5")
    assert done.stdout == "fuzz: passed: fuzz is fine: SECONDS=60\n"


def test_an_unknown_check_is_named(checks):
    done = checks[0]("lnt")
    assert done.returncode == 2
    assert "there is no part lnt; the parts are asan, tsan, lint, fuzz, soak, fresh" in done.stderr
