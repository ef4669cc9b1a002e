"""Runs each test of the programs in conformance/, which hold WASI preview 1 to its witx and POSIX.
"""

import functools
import re
import subprocess

import pytest

from configuration import ROOT, module, toml
from server import run_wagi

SOURCES = ROOT / "tests" / "conformance"
PROGRAMS = ROOT / "build" / "conformance"
ENVIRONMENT = {"CONFORMANCE": "a value = with signs", "EMPTY": ""}
STDIN = b"some input"


def names_in(source) -> list[str]:
    text = source.read_text()
    if source.suffix == ".c":
        return re.findall(r"^TEST\((\w+)\)", text, re.MULTILINE)
    if source.suffix == ".go":
        return re.findall(r'^\t"(\w+)": +\w+,$', text, re.MULTILINE)
    return re.findall(r"\w+", re.search(r"^tests!\((.*?)^\);", text, re.MULTILINE | re.DOTALL)[1])


SOURCE_OF = {path.stem: path for pattern in ("c/*.c", "go/*.go", "rust/*.rs") for path in sorted(SOURCES.glob(pattern))
             if path.name != "preview1.rs"}
TESTS = [(program, name) for program, source in SOURCE_OF.items() for name in names_in(source)]
every_test = pytest.mark.parametrize("program, name", TESTS, ids=[f"{program}-{name}" for program, name in TESTS])


@functools.cache
def build():
    subprocess.run([SOURCES / "build"], check=True)


def wasm(program: str):
    build()
    path = PROGRAMS / f"{program}.wasm"
    if SOURCE_OF[program].suffix != ".c" and not path.exists():
        pytest.skip(f"there is no compiler for {SOURCE_OF[program].name} here")
    return path


def test_every_program_has_tests():
    assert len(TESTS) > 150
    assert len(set(TESTS)) == len(TESTS)


@every_test
def test_on_the_terminal(program, name, tmp_path):
    variables = [word for pair in ENVIRONMENT.items() for word in ("--env", "=".join(pair))]
    done = run_wagi("run", "--dir", f"{tmp_path}::/", *variables, wasm(program), name, stdin=STDIN)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def server(start_shared, tmp_path_factory):
    build()
    config = ""
    for program in SOURCE_OF:
        if (path := PROGRAMS / f"{program}.wasm").exists():
            volumes = {"/": tmp_path_factory.mktemp(program)}
            config += module(f"/{program}", str(path), volumes=volumes, environment=ENVIRONMENT)
    return start_shared(config)


@every_test
def test_through_the_server(server, program, name):
    wasm(program)
    response = server.get(f"/{program}?{name}", method="POST", body=STDIN)
    assert response.status == 200, server.log[-3000:]
    assert response.text.strip() == "ok"
