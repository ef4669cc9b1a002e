"""What is measured: each scenario's servers, how each is measured, and the goals."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tools
from fetch import Unavailable
from load import Load, measure
from machine import Cores
from programs import Program, measure_run, native, wagi_run, wasmtime_run
from servers import ECHO_BYTES, HELLO_FROM, Server, cgi, nginx, wagi, wasmtime
from single import idle_connections, measure_idle, measure_start

LANGUAGES = {
    "cpp": "C++",
    "rust": "Rust",
    "zig": "Zig",
    "assemblyscript": "AssemblyScript",
    "go": "Go",
}


@dataclass(frozen=True)
class Column:
    """A figure of each measurement as a column: the median over the rounds."""

    key: str
    title: str
    digits: int = 0
    spread: str = "none"  # "range" adds the least and the greatest.


@dataclass(frozen=True)
class Goal:
    """The first column of ours is to be `factor` times that of the best of `peers`."""

    factor: float
    peers: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A server in a scenario."""

    key: str  # In the raw figures.
    name: str  # In the tables.
    make: Callable[[], Server | Program]  # Raises Unavailable for one that can't be had.


@dataclass(frozen=True)
class Scenario:
    key: str
    title: str
    # A server (or a program) and the seconds it should take, to figures.
    measure: Callable[[Server | Program, int], dict]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    base: str = ""  # The row that the others are compared with.
    compare: str = ""  # "base / this" or "this / base" of the first column; none where empty.
    goals: tuple[Goal, ...] = ()
    note: str = ""
    repeats: int = 1  # In a round, for what takes only milliseconds.


REQUESTS = (Column("requests_per_s", "requests/s", 0, "range"),)
LATENCY = (Column("p50_us", "p50 µs"), Column("p99_us", "p99 µs"))
CPU = (Column("server_cpu_us_per_request", "server CPU µs/request", 1),)


def scenarios(kit: tools.Tools, cores: Cores) -> list[Scenario]:
    def loaded(load: Load) -> Callable[[Server, int], dict]:
        return lambda server, seconds: measure(kit, server, load, seconds, cores)

    ours = Row("wagi", "wagi, hello in C", lambda: wagi(kit, kit.path("hello.wasm")))
    nginx_read = Row("nginx-file", "nginx, static file", lambda: nginx(kit, "/hello.txt"))
    nginx_return = Row("nginx-return", "nginx, `return 200`", lambda: nginx(kit, "/return"))
    pooled = Row(
        "wasmtime", "wasmtime serve, pool tuned", lambda: wasmtime(kit, tools.WASMTIME_POOL)
    )
    return [
        Scenario(
            "hello",
            "Hello, 32 keep-alive connections",
            loaded(Load()),
            REQUESTS + LATENCY + CPU,
            (
                ours,
                nginx_read,
                Row(
                    "nginx-sendfile",
                    "nginx, static file, sendfile on",
                    lambda: nginx(kit, "/hello.txt", "on"),
                ),
                nginx_return,
                Row("cgi", "nginx and fcgiwrap, native CGI", lambda: cgi(kit)),
                pooled,
                Row(
                    "wasmtime-default",
                    "wasmtime serve, default settings",
                    lambda: wasmtime(kit, []),
                ),
            ),
            base="wagi",
            compare="base / this",
            goals=(
                Goal(0.8, ("nginx-file", "nginx-sendfile")),
                Goal(4.0, ("wasmtime", "wasmtime-default")),
            ),
            note="The answer has a body of 14 bytes. Ours runs a fresh instance of the program for "
            "each request, and so does wasmtime serve: its component is written by hand, without a "
            "runtime of any language, and was compiled before. The CPU time of CGI programs isn't "
            "seen, as nobody waits for them.",
        ),
        Scenario(
            "languages",
            "Hello in other languages, 32 keep-alive connections",
            loaded(Load()),
            REQUESTS + LATENCY + CPU,
            (ours, *language_rows(kit)),
            base="wagi",
            compare="this / base",
            note="Those of examples/ that are built (make examples), each with its language's own "
            "runtime.",
        ),
        Scenario(
            "connections",
            "Hello, a new connection for each request",
            loaded(Load(headers=("Connection: close",))),
            REQUESTS + LATENCY + CPU,
            (ours, nginx_read, nginx_return),
            base="wagi",
            compare="base / this",
        ),
        *(echo_scenario(kit, loaded, size) for size in ECHO_BYTES),
        Scenario(
            "idle",
            f"Memory of {idle_connections():,} idle keep-alive connections",
            lambda server, _seconds: measure_idle(server, cores),
            (Column("kib_per_connection", "KiB each", 2, "range"),),
            (ours, nginx_read, pooled),
            note="By how much the resident memory of the server's processes grew, over the number "
            "of connections; each had one answer. The kernel's own memory isn't in it.",
        ),
        Scenario(
            "start",
            "From start to first answer",
            lambda server, _seconds: measure_start(server, cores),
            (Column("start_ms", "ms", 1, "range"),),
            (ours, nginx_read, pooled),
            repeats=5,
            note="Modules were compiled before.",
        ),
        Scenario(
            "run",
            "Hello on the terminal, from start to end",
            lambda program, _seconds: measure_run(program, cores),
            (Column("run_ms", "ms", 1, "range"), Column("cpu_ms", "CPU ms", 1)),
            (
                Row("wagi", "wagi run", lambda: wagi_run(kit, kit.path("hello.wasm"))),
                Row("wasmtime", "wasmtime run", lambda: wasmtime_run(kit, kit.path("hello.wasm"))),
                Row("native", "the same C, linked statically", lambda: native(kit)),
            ),
            repeats=20,
            note="Modules were compiled before, and come from each runtime's own cache. The goal is "
            "15 ms.",
        ),
    ]


def language_rows(kit: tools.Tools) -> list[Row]:
    def row(key: str, language: str) -> Row:
        return Row(
            f"wagi-{key}", f"wagi, hello in {language}", lambda: wagi(kit, example(key), HELLO_FROM)
        )

    text_form = tools.ROOT / "examples" / "hello-wat" / "hello.wat"
    return [
        Row("wagi-wat", "wagi, hello in WAT", lambda: wagi(kit, text_form, HELLO_FROM)),
        *(row(key, language) for key, language in LANGUAGES.items()),
    ]


def example(key: str) -> Path:
    path = tools.EXAMPLES / f"hello-{key}.wasm"
    if not path.exists():
        raise Unavailable("the example isn't built: make examples")
    return path


def echo_scenario(kit: tools.Tools, loaded: Callable, size: int) -> Scenario:
    return Scenario(
        f"echo-{size // 1024}k",
        f"Echo of {size // 1024} KiB, 32 keep-alive connections",
        loaded(Load(body_bytes=size)),
        (Column("body_mb_per_s", "MB/s", 1, "range"), *REQUESTS, *LATENCY, *CPU),
        (
            Row("wagi", "wagi, echo in C", lambda: wagi(kit, kit.path("echo.wasm"))),
            Row("nginx-proxy", "nginx, proxying to itself", lambda: nginx(kit, f"/proxied/{size}")),
        ),
        base="wagi",
        compare="base / this",
        note="nginx's other half takes the body and answers with a file of the same size. MB of "
        "one direction.",
    )
