#!/usr/bin/env python3
"""Measures what a request waits for beside guests that take what they can; writes NEIGHBOURS.md.

A client sends hello at a fixed rate (open_loop.cc), first beside nothing and then beside each
abuser, on the same server. bench/README.md says more.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import fetch
import machine
import tools
from fetch import BENCH, say
from processes import Command, Processes, StartError
from run import source
from servers import HELLO, Running, Server, free_port, wait_for_answer

GUESTS = tools.ROOT / "build" / "guests"
GOAL = 2.0  # The p99 beside a neighbour may be so many times the quiet one.
DISTURBED_SHARE = 0.002  # Workers that wait longer for a core are disturbed by other programs.
GRACE_S = 30


@dataclass(frozen=True)
class Abuser:
    name: str
    target: str
    connections: int = 1


ABUSERS = (
    Abuser("an endless loop", "/br_table"),
    Abuser("8 endless loops", "/br_table", 8),
    Abuser("100 endless loops", "/calls", 100),
    Abuser("8 requests of some milliseconds, over and over", "/page?turns=2", 8),
    Abuser("8 endless start functions", "/start", 8),
    Abuser("8 endless answers", "/flood?bytes=1000000000000", 8),
    Abuser("memory.fill of 128 MiB", "/fill"),
    Abuser("memory.copy of 128 MiB", "/copy"),
    Abuser("table.fill of 60,000 elements", "/table_fill"),
    Abuser("memory.grow", "/grow"),
    Abuser("stack overflows", "/recursion", 4),
    Abuser("random_get of 4 GiB", "/call?call=random"),
    Abuser("random_get of its most", "/call?call=random_largest"),
    Abuser("fd_readdir of 10,000 entries", "/call?call=readdir_largest"),
    Abuser("fd_write of a million empty buffers", "/call?call=write_empties"),
    Abuser("fd_read of its most", "/call?call=read_largest"),
    Abuser("fd_write of its most", "/call?call=write_largest"),
    Abuser("poll_oneoff of its most", "/call?call=poll_largest"),
    Abuser("paths of 4 KiB through links", "/call?call=links"),
    Abuser("fd_allocate of its most", "/call?call=allocate_largest"),
    Abuser("fd_sync", "/call?call=sync"),
)
ENTRY_POINTS = ("fill", "copy", "table_fill", "grow", "br_table", "calls", "recursion")
FILES = 10_000
LINKS = 40


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--rate", type=int, default=500, help="requests a second")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="over which medians are taken")
    parser.add_argument("--only", help="abusers whose name has this")
    parser.add_argument("--wagi", type=Path, default=tools.ROOT / "build" / "wagi")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    whole = len(sys.argv) == 1
    options.results = options.results or (
        (BENCH if whole else tools.ROOT / "build" / "bench") / "NEIGHBOURS.md"
    )
    return options


def build_client() -> Path:
    out = tools.BUILT / "open_loop"
    tools.BUILT.mkdir(parents=True, exist_ok=True)
    command = ["c++", "-std=c++20", "-O2", "-o", str(out), str(BENCH / "open_loop.cc")]
    fetch.run("open_loop.cc can't be compiled", command)
    return out


def make_volume(folder: Path) -> Path:
    volume = folder / "volume"
    volume.mkdir()
    for number in range(FILES):
        (volume / f"file-{number:05}").touch()
    (volume / "l0").symlink_to(".")
    for number in range(1, LINKS):
        (volume / f"l{number}").symlink_to(f"l{number - 1}")
    return volume


def configuration(folder: Path) -> str:
    text = (BENCH / "neighbours.toml").read_text()
    for key, value in {
        "HELLO": GUESTS / "hello.wasm",
        "GUESTS": GUESTS,
        "VOLUME": make_volume(folder),
    }.items():
        text = text.replace(f"@{key}@", str(value))
    for name in ENTRY_POINTS:
        text += f'[[module]]\nroute = "/{name}"\nmodule = "{GUESTS}/abuse.wat"\nentrypoint = "{name}"\n'
    return text


def server(options: argparse.Namespace, workers: int) -> Server:
    def commands(folder: Path, port: int) -> list[Command]:
        (folder / "modules.toml").write_text(configuration(folder))
        flags = ["-c", "modules.toml", "-l", f"127.0.0.1:{port}", "--workers", str(workers)]
        return [
            Command(
                [str(options.wagi.resolve()), *flags, "--log-dir", str(folder)],
                {"XDG_CACHE_HOME": str(tools.BUILT / "cache")},
            )
        ]

    return Server(commands, answer=HELLO)


def waited_s(session: int) -> float:
    """How long a session's processes were ready to run and had no core."""
    total = 0
    for pid in machine.session_members(session):
        try:
            total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / 1e9


class Bench:
    def __init__(self, options: argparse.Namespace):
        self._options = options
        self._client = build_client()
        self._cores = machine.pick_cores()
        self.records: list[dict] = []

    def measure(self, workers: int):
        chosen = [a for a in ABUSERS if not self._options.only or self._options.only in a.name]
        made = server(self._options, workers)
        with tempfile.TemporaryDirectory(prefix="wagi-bench-") as name:
            folder, port = Path(name), free_port()
            commands = made.commands(folder, port)
            with Processes(commands, {self._cores.server}, folder) as processes:
                started = Running(made, port, processes)
                wait_for_answer(started, 0)
                for number in range(1, self._options.rounds + 1):
                    for abuser in chosen:
                        # Measured quiet before each, since the machine changes with time.
                        quiet = self._one(started, workers, None)
                        beside = self._one(started, workers, abuser)
                        self._keep(workers, number, abuser, quiet, beside)

    def _one(self, started: Running, workers: int, abuser: Abuser | None) -> dict:
        options = self._options
        command = [str(self._client), str(started.port), "/", str(options.rate), str(options.seconds)]
        if abuser:
            command += [abuser.target, str(abuser.connections)]
        session = started.processes.session()
        before = waited_s(session)
        with machine.on_core(self._cores.client):
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=options.seconds + GRACE_S
            )
        if done.returncode:
            raise StartError(f"{abuser}: {done.stderr.strip()}")
        figures = json.loads(done.stdout)
        # Workers of one core wait for each other, which is no disturbance.
        waited = waited_s(session) - before if workers == 1 else 0.0
        return figures | {"waited_share": waited / options.seconds}

    def _keep(self, workers: int, number: int, abuser: Abuser, quiet: dict, beside: dict):
        self.records.append(
            {
                "workers": workers,
                "round": number,
                "abuser": abuser.name,
                "quiet": quiet,
                "beside": beside,
                "ratio": beside["p99_us"] / quiet["p99_us"],
            }
        )
        say(
            f"{workers} workers, round {number}: {abuser.name}: "
            f"{quiet['p99_us']:.0f} to {beside['p99_us']:.0f} µs"
        )


def page(options: argparse.Namespace, records: list[dict]) -> str:
    lines = [
        "# Neighbours",
        "",
        "Written by `make neighbours`; [README.md](README.md) says how it measures.",
        "",
        "| | |",
        "| --- | --- |",
        f"| date | {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M UTC} |",
        *(f"| {key} | {value} |" for key, value in machine.describe().items()),
        f"| source | {source()} |",
        f"| scheduling | {policy()} |",
        f"| measured | {options.rounds} rounds of {options.seconds:g} s, {options.rate} requests a "
        "second, the server on one core, the client on another |",
        "",
    ]
    for workers in options.workers:
        lines += table(workers, [record for record in records if record["workers"] == workers])
    return "\n".join(lines)


def policy() -> str:
    """The scheduling policy, which all that is measured inherits; a real-time one keeps other
    programs off the cores."""
    names = {os.SCHED_OTHER: "normal", os.SCHED_FIFO: "SCHED_FIFO, ahead of other programs"}
    return names.get(os.sched_getscheduler(0), "other")


def table(workers: int, records: list[dict]) -> list[str]:
    runs = [run for record in records for run in (record["quiet"], record["beside"])]
    disturbed = sum(1 for run in runs if run["waited_share"] > DISTURBED_SHARE)
    late = median(run["late_p99_us"] for run in runs)
    lines = [
        f"## {workers} worker{'s' if workers > 1 else ''} on one core",
        "",
        f"The client itself was late by {late:.0f} µs at p99 (median of all). In {disturbed} of "
        f"{len(runs)} measurements other programs took more than {DISTURBED_SHARE:.1%} of the "
        "server's time.",
        "",
        "| beside | quiet p50 µs | p50 µs | quiet p99 µs | p99 µs | p99 ÷ quiet | |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for name in dict.fromkeys(record["abuser"] for record in records):
        mine = [record for record in records if record["abuser"] == name]

        def of(side: str, key: str, mine: list[dict] = mine) -> str:
            return f"{median(record[side][key] for record in mine):,.0f}"

        ratio = median(record["ratio"] for record in mine)
        verdict = "" if ratio <= GOAL else "over the goal"
        lines.append(
            f"| {name} | {of('quiet', 'p50_us')} | {of('beside', 'p50_us')} | "
            f"{of('quiet', 'p99_us')} | {of('beside', 'p99_us')} | {ratio:.2f} × | {verdict} |"
        )
    return lines + [""]


def main() -> int:
    options = arguments()
    bench = Bench(options)
    for workers in options.workers:
        bench.measure(workers)
    text = page(options, bench.records)
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(text)
    raw = tools.ROOT / "build" / "bench" / "neighbours.json"
    raw.write_text(json.dumps(bench.records, indent=1))
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
