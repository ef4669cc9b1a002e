"""The goals of the benchmark, and whether a run has reached them."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Goal:
    """A figure of ours against a limit: over the best of `peers`, or as it is where there are none.

    A ratio is taken within a round; its median over the rounds is what counts.
    """

    work: str
    measure: str
    scenario: str
    key: str
    limit: float
    peers: tuple[str, ...] = ()
    server: str = "wagi"
    at_most: bool = False
    unit: str = "×"
    digits: int = 2

    @property
    def text(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.limit:g} {self.unit}"

    def reached(self, records: list[dict]) -> tuple[float, bool] | None:
        """The figure and whether it is good enough; None where something wasn't measured."""
        if not self.peers:
            found = values(records, self.scenario, self.server, self.key)
        else:
            found = [
                median(each)
                for peer in self.peers
                if (each := ratios(records, self.scenario, self.key, self.server, peer))
            ]
            # The best peer is the one beside which the server looks worst.
            found = [max(found) if self.at_most else min(found)] if found else []
        if not found:
            return None
        value = median(found)
        return value, value <= self.limit if self.at_most else value >= self.limit


def values(records: list[dict], scenario: str, server: str, key: str) -> list[float]:
    return [
        record[key]
        for record in records
        if (record["scenario"], record["server"]) == (scenario, server)
        and record.get(key) is not None
    ]


def ratios(
    records: list[dict], scenario: str, key: str, server: str, other: str
) -> list[float]:
    """The ratios of one server's figure to another's, for each round in which both have it."""

    def by_round(name: str) -> dict[int, float]:
        found: dict[int, list[float]] = {}
        for record in records:
            if (record["scenario"], record["server"]) == (scenario, name) and record.get(key):
                found.setdefault(record["round"], []).append(record[key])
        return {number: median(each) for number, each in found.items()}

    ours, theirs = by_round(server), by_round(other)
    return [ours[number] / theirs[number] for number in ours if number in theirs]


NGINX_FILE = ("nginx-file", "nginx-sendfile")
HELLO = "hello in C, 32 keep-alive connections"
MODULES = "1,000 modules, 10,000 routes"


def language(key: str, name: str, share: float) -> Goal:
    return Goal(
        f"hello in {name}",
        "share of the C rate",
        "languages",
        "requests_per_s",
        share,
        ("wagi",),
        f"wagi-{key}",
    )


def echo(key: str, size: str) -> Goal:
    return Goal(
        f"echo of a {size} POST",
        "MB/s next to nginx proxying to itself",
        key,
        "body_mb_per_s",
        1.0,
        ("nginx-proxy",),
    )


GOALS = (
    Goal(
        HELLO,
        "requests/s next to nginx serving a 14-byte static file, with or without sendfile",
        "hello",
        "requests_per_s",
        1.2,
        NGINX_FILE,
    ),
    Goal(
        HELLO,
        "requests/s next to `wasmtime serve` at its best, a fresh instance per request",
        "hello",
        "requests_per_s",
        5,
        ("wasmtime", "wasmtime-default"),
    ),
    Goal(
        HELLO,
        "requests/s next to a native CGI program behind fcgiwrap",
        "hello",
        "requests_per_s",
        50,
        ("cgi",),
    ),
    Goal(
        HELLO,
        "p99 latency at 70 % of our saturation, next to nginx's at the same rate",
        "latency",
        "p99_us",
        1.5,
        NGINX_FILE,
        at_most=True,
    ),
    language("rust", "Rust", 0.7),
    language("zig", "Zig", 0.7),
    language("assemblyscript", "AssemblyScript", 0.5),
    language("tinygo", "TinyGo", 0.5),
    language("cpp", "C++", 0.5),
    Goal(
        "hello in Go (2.2 MB, heavy start)",
        "µs per request against the same module run bare in a loop",
        "go",
        "us_per_request",
        1.2,
        ("bare",),
        at_most=True,
    ),
    echo("echo-1k", "1 KiB"),
    echo("echo-64k", "64 KiB"),
    echo("echo-1024k", "1 MiB"),
    Goal(
        "download of 100 MiB printed in 64 KiB writes",
        "MB/s next to nginx sending a file without sendfile",
        "download",
        "mb_per_s",
        0.8,
        ("nginx-file",),
    ),
    Goal(
        "10,000 idle keep-alive connections",
        "memory per connection",
        "idle",
        "kib_per_connection",
        8,
        at_most=True,
        unit="KiB",
    ),
    Goal(
        "two workers, two clients' worth of load",
        "server CPU time per request against one worker's",
        "workers",
        "server_cpu_us_per_request",
        1.1,
        ("wagi",),
        "wagi-2",
        at_most=True,
    ),
    Goal(
        MODULES,
        "start with a warm cache, to the first answer",
        "modules-start",
        "start_ms",
        1000,
        server="wagi-many",
        at_most=True,
        unit="ms",
        digits=0,
    ),
    Goal(
        MODULES,
        "server CPU time of a request to one of them against a server with one module",
        "modules-request",
        "server_cpu_us_per_request",
        1.03,
        ("wagi",),
        "wagi-many",
        at_most=True,
        digits=3,
    ),
    Goal(
        MODULES,
        "memory (PSS) per idle module",
        "modules-memory",
        "kib_per_module",
        64,
        at_most=True,
        unit="KiB",
        digits=1,
    ),
    Goal(
        "start to first answer, warm cache",
        "wall time",
        "start",
        "start_ms",
        30,
        at_most=True,
        unit="ms",
        digits=1,
    ),
    Goal(
        "a new connection per request (no keep-alive)",
        "requests/s next to nginx the same way",
        "connections",
        "requests_per_s",
        0.9,
        NGINX_FILE,
    ),
    Goal(
        "`wagi run` of hello in C, warm cache",
        "wall time",
        "run",
        "run_ms",
        15,
        at_most=True,
        unit="ms",
        digits=1,
    ),
    Goal(
        "a guest that computes",
        "time against the same C natively, both -O3 and with 128-bit vectors",
        "compute",
        "total_s",
        1.5,
        ("native-o3",),
        "wagi-simd-o3",
        at_most=True,
    ),
)
