"""All scenarios in the order of the page: their rows, and how each is measured."""

from collections.abc import Callable
from pathlib import Path

import alone
import many
import tools
from clients import FixedRate, measure_download
from fetch import Unavailable
from load import Load, measure
from machine import Cores
from scenario import CPU, LATENCY, REQUESTS, Column, Row, Scenario
from scenarios_alone import compilation, compute, run
from servers import (
    DOWNLOAD,
    ECHO_BYTES,
    HELLO_FROM,
    Server,
    cgi,
    nginx,
    wagi,
    wagi_settings,
    wagi_with,
    wasmtime,
)
from single import idle_connections, measure_idle, measure_start

LANGUAGES = {
    "cpp": "C++",
    "rust": "Rust",
    "zig": "Zig",
    "assemblyscript": "AssemblyScript",
    "go": "Go",
}
TWO_CLIENTS = 64  # How many connections the load of both cores has.

Loaded = Callable[[Load], Callable[[Server, int], dict]]


def scenarios(kit: tools.Tools, cores: Cores) -> list[Scenario]:
    def loaded(load: Load) -> Callable[[Server, int], dict]:
        return lambda server, seconds: measure(kit, server, load, seconds, cores)

    rows = Rows(kit)
    return [
        hello(kit, rows, loaded),
        latency(kit, rows, cores),
        languages(kit, rows, loaded),
        go(kit, cores, loaded),
        connections(rows, loaded),
        *(echo(kit, loaded, size) for size in ECHO_BYTES),
        download(kit, cores),
        workers(kit, rows, loaded),
        *modules(kit, rows, cores, loaded),
        idle(rows, cores),
        start(rows, cores),
        run(kit, cores),
        compute(kit, cores),
        compilation(kit, cores),
    ]


class Rows:
    """The rows that stand in several scenarios."""

    def __init__(self, kit: tools.Tools):
        self.ours = Row("wagi", "wagi, hello in C", lambda: wagi(kit, kit.path("hello.wasm")))
        self.nginx_read = Row("nginx-file", "nginx, static file", lambda: nginx(kit, "/hello.txt"))
        self.nginx_sendfile = Row(
            "nginx-sendfile",
            "nginx, static file, sendfile on",
            lambda: nginx(kit, "/hello.txt", "on"),
        )
        self.nginx_return = Row(
            "nginx-return", "nginx, `return 200`", lambda: nginx(kit, "/return"), is_extra=True
        )
        self.pooled = Row(
            "wasmtime", "wasmtime serve, pool tuned", lambda: wasmtime(kit, tools.WASMTIME_POOL)
        )


def hello(kit: tools.Tools, rows: Rows, loaded: Loaded) -> Scenario:
    return Scenario(
        "hello",
        "Hello, 32 keep-alive connections",
        loaded(Load()),
        REQUESTS + LATENCY + CPU,
        (
            rows.ours,
            rows.nginx_read,
            rows.nginx_sendfile,
            rows.nginx_return,
            Row("cgi", "nginx and fcgiwrap, native CGI", lambda: cgi(kit)),
            rows.pooled,
            Row(
                "wasmtime-default",
                "wasmtime serve, default settings",
                lambda: wasmtime(kit, []),
                is_extra=True,
            ),
        ),
        base="wagi",
        compare="base / this",
        note="The answer has a body of 14 bytes. Ours sets an instance of the program back to "
        "its first state for each request, wasmtime serve makes a fresh one: its component is "
        "written by hand, without a runtime of any language, and was compiled before. The CPU "
        "time of CGI programs isn't seen, as nobody waits for them.",
    )


def latency(kit: tools.Tools, rows: Rows, cores: Cores) -> Scenario:
    client = FixedRate(kit, rows.ours.make, cores)
    return Scenario(
        "latency",
        "Hello at a fixed rate, 32 keep-alive connections",
        client.measure,
        (
            Column("p99_us", "p99 µs", 0, "range"),
            Column("p50_us", "p50 µs"),
            Column("p999_us", "p99.9 µs"),
            Column("rate_per_s", "requests/s"),
            Column("late_p99_us", "client late, p99 µs"),
        )
        + CPU,
        (rows.ours, rows.nginx_read, rows.nginx_sendfile),
        base="wagi",
        compare="base / this",
        note="The rate is 70 % of what our server took in the same round, and the same for all. "
        "Requests are sent at fixed times, and latency counts from the time that one was to be "
        "sent, also where all connections were busy.",
        begin_round=client.begin_round,
    )


def languages(kit: tools.Tools, rows: Rows, loaded: Loaded) -> Scenario:
    def row(key: str, language: str) -> Row:
        return Row(
            f"wagi-{key}", f"wagi, hello in {language}", lambda: wagi(kit, example(key), HELLO_FROM)
        )

    text_form = tools.ROOT / "examples" / "hello-wat" / "hello.wat"
    return Scenario(
        "languages",
        "Hello in other languages, 32 keep-alive connections",
        loaded(Load()),
        REQUESTS + LATENCY + CPU,
        (
            rows.ours,
            Row("wagi-wat", "wagi, hello in WAT", lambda: wagi(kit, text_form, HELLO_FROM)),
            *(row(key, language) for key, language in LANGUAGES.items()),
            Row(
                "wagi-tinygo",
                "wagi, hello in TinyGo",
                lambda: wagi(kit, kit.path("hello-tinygo.wasm"), HELLO_FROM),
            ),
        ),
        base="wagi",
        compare="this / base",
        note="Those of examples/ that are built (make examples), each with its language's own "
        "runtime.",
    )


def example(key: str) -> Path:
    path = tools.EXAMPLES / f"hello-{key}.wasm"
    if not path.exists():
        raise Unavailable("the example isn't built: make examples")
    return path


def go(kit: tools.Tools, cores: Cores, loaded: Loaded) -> Scenario:
    under_load = loaded(Load())

    def served():
        server = wagi(kit, example("go"), HELLO_FROM)

        def measure_one(seconds: int) -> dict:
            figures = under_load(server, seconds)
            return figures | {"us_per_request": 1e6 / figures["requests_per_s"]}

        return measure_one

    return Scenario(
        "go",
        "Hello in Go, next to the same module run bare in a loop",
        lambda measure_one, seconds: measure_one(seconds),
        (Column("us_per_request", "µs per request", 1, "range"),),
        (
            Row("wagi", "wagi, hello in Go, 32 keep-alive connections", served),
            Row(
                "bare",
                "an instance after another",
                lambda: alone.bare_loop(kit, example("go"), cores),
            ),
        ),
        base="wagi",
        compare="base / this",
        note="The loop makes, runs and drops instances with the engine, the pool and the host "
        "functions of the server, on the server's core; what they print is thrown away.",
    )


def connections(rows: Rows, loaded: Loaded) -> Scenario:
    return Scenario(
        "connections",
        "Hello, a new connection for each request",
        loaded(Load(headers=("Connection: close",))),
        REQUESTS + LATENCY + CPU,
        (rows.ours, rows.nginx_read, rows.nginx_sendfile, rows.nginx_return),
        base="wagi",
        compare="base / this",
    )


def echo(kit: tools.Tools, loaded: Loaded, size: int) -> Scenario:
    kib = size // 1024
    return Scenario(
        f"echo-{kib}k",
        f"Echo of {f'{kib} KiB' if kib < 1024 else '1 MiB'}, 32 keep-alive connections",
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


def download(kit: tools.Tools, cores: Cores) -> Scenario:
    return Scenario(
        "download",
        "Download of 100 MiB, 4 connections",
        lambda server, seconds: measure_download(kit, server, seconds, cores),
        (
            Column("mb_per_s", "MB/s", 1, "range"),
            Column("server_cpu_us_per_mb", "server CPU µs/MB", 1),
        ),
        (
            Row(
                "wagi",
                "wagi, printed in writes of 64 KiB",
                lambda: wagi(kit, kit.path("download.wasm"), DOWNLOAD),
            ),
            Row(
                "nginx-file",
                "nginx, static file",
                lambda: nginx(kit, "/download", "off", DOWNLOAD),
            ),
            Row(
                "nginx-sendfile",
                "nginx, static file, sendfile on",
                lambda: nginx(kit, "/download", "on", DOWNLOAD),
            ),
        ),
        base="wagi",
        compare="base / this",
        note="The client drops what comes without looking at it. With sendfile nginx sends the "
        "page cache itself, which no program's output can be.",
    )


def workers(kit: tools.Tools, rows: Rows, loaded: Loaded) -> Scenario:
    def on_both_cores(count: int) -> Server:
        settings = wagi_settings(kit.path("hello.wasm"))
        return wagi_with(kit, settings, count, on_both_cores=True)

    return Scenario(
        "workers",
        f"Hello with two workers, {TWO_CLIENTS} keep-alive connections",
        loaded(Load(connections=TWO_CLIENTS)),
        (Column("server_cpu_us_per_request", "server CPU µs/request", 2, "range"), *REQUESTS),
        (
            Row("wagi", "one worker", lambda: on_both_cores(1)),
            Row("wagi-2", "two workers", lambda: on_both_cores(2)),
        ),
        base="wagi",
        compare="this / base",
        note="The server may use both cores and shares one of them with wrk, so that requests a "
        "second say nothing here.",
    )


def modules(kit: tools.Tools, rows: Rows, cores: Cores, loaded: Loaded) -> list[Scenario]:
    size = f"{many.MODULES:,} modules, {many.ROUTES:,} routes"
    ours = Row("wagi", "one module, one route", rows.ours.make)
    large = Row("wagi-many", f"{size}, one of them asked for", lambda: many.wagi_many(kit))
    one_request, each_route = loaded(Load()), loaded(Load(routes=many.ROUTES))
    return [
        Scenario(
            "modules-start",
            f"{size}: from start to first answer",
            lambda server, _seconds: measure_start(server, cores),
            (Column("start_ms", "ms", 1, "range"),),
            (ours, large),
            note="Modules were compiled before.",
        ),
        Scenario(
            "modules-request",
            f"{size}: a request, 32 keep-alive connections",
            lambda row, seconds: row(seconds),
            (Column("server_cpu_us_per_request", "server CPU µs/request", 2, "range"), *REQUESTS),
            (
                Row("wagi", ours.name, lambda: bound(one_request, ours.make())),
                Row("wagi-many", large.name, lambda: bound(one_request, large.make())),
                Row(
                    "wagi-spread",
                    f"{size}, all in turn",
                    lambda: bound(each_route, many.wagi_spread(kit)),
                ),
            ),
            base="wagi",
            compare="this / base",
            note=f"In turn, each request runs another module than the {many.MODULES - 1} before it.",
        ),
        Scenario(
            "modules-memory",
            f"{size}: memory",
            lambda measure_one, _seconds: measure_one(),
            (Column("kib_per_module", "KiB per idle module", 1, "range"),),
            (Row("wagi", size, lambda: lambda: many.measure_memory(kit, cores)),),
            note="How much more (PSS, all processes) than with one module, over the number of "
            "modules; each has ten routes.",
        ),
    ]


def bound(measure_server: Callable[[Server, int], dict], server: Server) -> Callable[[int], dict]:
    return lambda seconds: measure_server(server, seconds)


def idle(rows: Rows, cores: Cores) -> Scenario:
    return Scenario(
        "idle",
        f"Memory of {idle_connections():,} idle keep-alive connections",
        lambda server, _seconds: measure_idle(server, cores),
        (Column("kib_per_connection", "KiB each", 2, "range"),),
        (rows.ours, rows.nginx_read, rows.pooled),
        note="By how much the resident memory of the server's processes grew, over the number "
        "of connections; each had one answer. The kernel's own memory isn't in it.",
    )


def start(rows: Rows, cores: Cores) -> Scenario:
    return Scenario(
        "start",
        "From start to first answer",
        lambda server, _seconds: measure_start(server, cores),
        (Column("start_ms", "ms", 1, "range"),),
        (rows.ours, rows.nginx_read, rows.pooled),
        repeats=5,
        note="Modules were compiled before.",
    )
