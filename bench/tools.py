"""All programs that a measurement needs, by name; one that can't be had is kept with its reason."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import fetch
from fetch import BENCH, Unavailable

ROOT = BENCH.parent
BUILT = ROOT / "build" / "bench" / "programs"
EXAMPLES = ROOT / "build" / "examples"

# What an instance touches stays mapped for the next one. The rest of the pool's settings made no
# difference here.
WASMTIME_POOL = [
    "-Opooling-allocator=y",
    "-Opooling-memory-keep-resident=1048576",
    "-Opooling-table-keep-resident=65536",
]

VERSION_FLAGS = {
    "wagi": "--version",
    "nginx": "-v",
    "fcgiwrap": "-h",
    "wasmtime": "--version",
    "wrk": "-v",
    "clang": "--version",
}


class Tools:
    """Finds, fetches or builds each program when it is made."""

    def __init__(self, wagi: Path):
        self._paths: dict[str, Path] = {}
        self._reasons: dict[str, str] = {}
        BUILT.mkdir(parents=True, exist_ok=True)
        self._add("wagi", lambda: executable(wagi))
        for name in ("wrk", "nginx", "fcgiwrap"):
            self._add(name, lambda name=name: fetch.debian_program(name))
        self._add("wasmtime", fetch.wasmtime)
        self._add("hello.cwasm", lambda: compile_component(self.path("wasmtime")))
        self._add("hello.cgi", build_native)
        self._add("clang", lambda: Path(wasi_compiler()[0]))
        for name in ("hello", "echo"):
            self._add(f"{name}.wasm", lambda name=name: build_guest(name))

    def path(self, name: str) -> Path:
        """Raises Unavailable for one that can't be had."""
        if name not in self._paths:
            raise Unavailable(self._reasons[name])
        return self._paths[name]

    def versions(self) -> dict[str, str]:
        """What each program says about itself, for those that are there."""
        return {
            name: version(name, [str(self._paths[name]), flag])
            for name, flag in VERSION_FLAGS.items()
            if name in self._paths
        }

    def _add(self, name: str, find: Callable[[], Path]):
        try:
            self._paths[name] = find()
        except Unavailable as error:
            self._reasons[name] = str(error)


def executable(path: Path) -> Path:
    if not os.access(path, os.X_OK):
        raise Unavailable("the server isn't built: make build")
    return path.resolve()


def version(name: str, command: list[str]) -> str:
    """The first line that has its name and a digit: some print it beside their usage, and fail."""
    _, text = fetch.output(command, env=os.environ | fetch.library_environment())
    for line in text.splitlines():
        if name in line and any(map(str.isdigit, line)):
            return line.strip().partition(" Copyright")[0].removeprefix("nginx version: ")
    return "unknown"


def compile_component(wasmtime: Path) -> Path:
    out = BUILT / "hello.cwasm"
    source = BENCH / "peers" / "hello.wat"
    command = [str(wasmtime), "compile", *WASMTIME_POOL, "-o", str(out), str(source)]
    fetch.run("the component for wasmtime serve can't be compiled", command)
    return out


def build_native() -> Path:
    out = BUILT / "hello.cgi"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    # Static: a dynamic loader would cost it at every request.
    flags = ["-O2", "-static", "-s"]
    command = [*compiler, *flags, "-o", str(out), str(BENCH / "guests" / "hello.c")]
    fetch.run("the native CGI program can't be compiled", command)
    return out


def build_guest(name: str) -> Path:
    out = BUILT / f"{name}.wasm"
    flags = ["-Oz", "-s", "-Wl,--stack-first"]
    command = [*wasi_compiler(), *flags, "-o", str(out), str(BENCH / "guests" / f"{name}.c")]
    fetch.run(f"{name}.c can't be compiled", command)
    return out


def wasi_compiler() -> list[str]:
    """As a command line; the one that the examples are built with."""
    script = f'source {shlex.quote(str(ROOT / "scripts" / "env.sh"))} && printf %s "$WASI_CC"'
    found = shlex.split(fetch.run("scripts/env.sh fails", ["bash", "-c", script]))
    if not found:
        raise Unavailable("no C compiler for WASI: make setup")
    return found
