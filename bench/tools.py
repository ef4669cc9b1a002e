"""All programs that a measurement needs, by name; one that can't be had has its reason here."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import fetch
from fetch import BENCH, Unavailable

ROOT = BENCH.parent
BUILT = ROOT / "build" / "bench" / "programs"
EXAMPLES = ROOT / "build" / "examples"
MICRO = ROOT / "build" / "bench-micro" / "micro"

# Pages that an instance touches stay mapped for the next one. The other settings of the pool made
# no difference here.
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
        self._add("hello.cgi", lambda: build_native("hello", "hello.cgi"))
        self._add("micro", lambda: executable(MICRO, "make bench-micro"))
        for name in ("open_loop", "download"):
            self._add(name, lambda name=name: build_client(name))
        self._add("clang", lambda: Path(wasi_compiler()[0]))
        for name in ("hello", "echo", "download"):
            self._add(f"{name}.wasm", lambda name=name: build_guest(name, f"{name}.wasm", "-Oz"))
        self._add("compute.wasm", lambda: build_guest("compute", "compute.wasm", "-O2"))
        self._add(
            "compute-simd.wasm",
            lambda: build_guest("compute", "compute-simd.wasm", "-O2", "-msimd128"),
        )
        self._add(
            "compute-simd-o3.wasm",
            lambda: build_guest("compute", "compute-simd-o3.wasm", "-O3", "-msimd128"),
        )
        self._add("hello-tinygo.wasm", build_tinygo)
        # Compiled natively by the guest's compiler, since compilers differ.
        for name, level in (("compute", "-O2"), ("compute-o3", "-O3")):
            self._add(
                name,
                lambda name=name, level=level: build_native(
                    "compute", name, self.path("clang"), level
                ),
            )

    def path(self, name: str) -> Path:
        """The path of a program. Raises Unavailable for one that can't be had."""
        if name not in self._paths:
            raise Unavailable(self._reasons[name])
        return self._paths[name]

    def versions(self) -> dict[str, str]:
        """The version that each program prints, for those that are there."""
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


def executable(path: Path, how: str = "make build") -> Path:
    if not os.access(path, os.X_OK):
        raise Unavailable(f"{path.name} isn't built: {how}")
    return path.resolve()


def version(name: str, command: list[str]) -> str:
    """The first line of a program's output that has its name and a digit. Some programs print it
    beside their usage, and fail."""
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


def build_native(
    source: str, name: str, compiler: Path | None = None, optimization: str = "-O2"
) -> Path:
    out = BUILT / name
    command = [str(compiler)] if compiler else shlex.split(os.environ.get("CC", "cc"))
    # Linked statically, since a dynamic loader would cost time at every request.
    flags = [optimization, "-static", "-s"]
    command += [*flags, "-o", str(out), str(BENCH / "guests" / f"{source}.c")]
    fetch.run(f"{source}.c can't be compiled natively", command)
    return out


def build_client(name: str) -> Path:
    out = BUILT / name
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    command = [*compiler, "-std=c++20", "-O2", "-o", str(out), str(BENCH / f"{name}.cc")]
    fetch.run(f"{name}.cc can't be compiled", command)
    return out


def build_guest(source: str, name: str, *optimization: str) -> Path:
    out, compiled = BUILT / name, BUILT / f"{name}.o"
    compiler = wasi_compiler()
    # In two steps: clang told to optimize while it links passes the result through wasm-opt where
    # there is one, which differs between machines and refuses SIMD.
    compile_ = [*optimization, "-c", "-o", str(compiled), str(BENCH / "guests" / f"{source}.c")]
    fetch.run(f"{source}.c can't be compiled", [*compiler, *compile_])
    link = ["-s", "-Wl,--stack-first", "-o", str(out), str(compiled)]
    fetch.run(f"{source}.c can't be linked", [*compiler, *link])
    return out


def build_tinygo() -> Path:
    """Compiles hello in Go by TinyGo, which few have, so that it builds no example."""
    out, source = BUILT / "hello-tinygo.wasm", ROOT / "examples" / "hello-go" / "hello.go"
    if not out.exists() or out.stat().st_mtime < source.stat().st_mtime:
        script = (
            'source scripts/env.sh && source scripts/languages.sh && [ -n "$TINYGO" ] '
            '|| { echo "there is no TinyGo: scripts/setup tinygo"; exit 1; }; buildTinyGo "$@"'
        )
        command = ["bash", "-c", script, "bash", str(source), str(out)]
        fetch.run("hello.go can't be compiled by TinyGo", command, cwd=ROOT)
    return out


def download_file(size: int) -> Path:
    """A file of `size` bytes, written out, since a file with holes is read differently."""
    path = BUILT / f"{size}.bytes"
    if not path.exists() or path.stat().st_size != size:
        path.write_bytes(b"x" * size)
    return path


def wasi_compiler() -> list[str]:
    """The C compiler with which the examples are built, as a command line."""
    script = f'source {shlex.quote(str(ROOT / "scripts" / "env.sh"))} && printf %s "$WASI_CC"'
    found = shlex.split(fetch.run("scripts/env.sh fails", ["bash", "-c", script]))
    if not found:
        raise Unavailable("no C compiler for WASI: make setup")
    return found
