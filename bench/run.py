#!/usr/bin/env python3
"""Measures the server next to others and writes bench/RESULTS.md; bench/README.md explains."""

import argparse
import datetime
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import machine
import report
import tools
from processes import StartError
from scenario import Row, Scenario
from scenarios import scenarios
from fetch import BENCH, Unavailable, say
from tools import ROOT

RAW = ROOT / "build" / "bench"
QUICK = ("hello", "latency")  # The scenarios of the first four goals.
LOAD_MAX = 0.5  # The load of other processes with which a run may start.


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="the first four goals, three rounds of two seconds"
    )
    parser.add_argument(
        "--rounds", type=int, help="interleaved rounds, over which medians are taken (default 5)"
    )
    parser.add_argument("--seconds", type=int, help="of load in each measurement (default 4)")
    parser.add_argument("--only", nargs="+", metavar="SCENARIO", help="these scenarios")
    parser.add_argument(
        "--wagi", type=Path, default=ROOT / "build" / "wagi", help="the server's binary"
    )
    parser.add_argument(
        "--results",
        type=Path,
        help="the page to write (default bench/RESULTS.md for a whole run "
        "with the defaults, else build/bench/RESULTS.md)",
    )
    options = parser.parse_args()
    whole = not (options.quick or options.rounds or options.seconds or options.only)
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (2 if options.quick else 4)
    options.only = options.only or (QUICK if options.quick else None)
    options.results = options.results or (BENCH if whole else RAW) / "RESULTS.md"
    return options


class Run:
    """The measurements of one run, as they come."""

    def __init__(self, options: argparse.Namespace):
        self.records: list[dict] = []
        self.skipped: list[dict] = []
        self._options = options

    def measure(self, scenario: Scenario):
        servers = self._servers(scenario)
        for number in range(1, self._options.rounds + 1):
            if servers and not self._begin(scenario, servers):
                return
            # Every other round is reversed, so that no row always follows the same other.
            for row in list(servers) if number % 2 else list(servers)[::-1]:
                try:
                    self._measure(scenario, row, servers[row], number)
                except (StartError, Unavailable) as error:
                    del servers[row]
                    self._drop(scenario, row, str(error))

    def _begin(self, scenario: Scenario, servers: dict[Row, Any]) -> bool:
        """Begins a round; whether that worked: a round may have to measure something first."""
        try:
            if scenario.begin_round:
                scenario.begin_round(self._options.seconds)
        except (StartError, Unavailable) as error:
            for row in servers:
                self._drop(scenario, row, str(error))
            return False
        return True

    def _drop(self, scenario: Scenario, row: Row, reason: str):
        """Leaves a row out, with the measurements of it so far."""
        self.records = [
            record
            for record in self.records
            if (record["scenario"], record["server"]) != (scenario.key, row.key)
        ]
        self._skip(scenario, row, reason)

    def _servers(self, scenario: Scenario) -> dict[Row, Any]:
        servers = {}
        for row in scenario.rows:
            if row.is_extra and self._options.quick:
                continue
            try:
                servers[row] = row.make()
            except Unavailable as error:
                self._skip(scenario, row, str(error))
        return servers

    def _skip(self, scenario: Scenario, row: Row, reason: str):
        say(f"{scenario.key}: {row.name} is left out: {reason}")
        self.skipped.append(
            {"scenario": scenario.key, "server": row.key, "name": row.name, "reason": reason}
        )

    def _measure(self, scenario: Scenario, row: Row, made: Any, number: int):
        for _ in range(scenario.repeats):
            figures = scenario.measure(made, self._options.seconds)
            self.records.append(
                {
                    "scenario": scenario.key,
                    "server": row.key,
                    "name": row.name,
                    "round": number,
                    **figures,
                }
            )
            first = scenario.columns[0]
            say(
                f"{scenario.key}, round {number} of {self._options.rounds}: {row.name}: "
                f"{report.number(figures[first.key], first.digits)} {first.title}"
            )


def facts(
    options: argparse.Namespace, kit: tools.Tools, cores: machine.Cores, load: float
) -> dict[str, str]:
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        **machine.describe(),
        "load average before": f"{load:.2f}",
        "cores used": (
            "client and server share the only one"
            if cores.shared
            else "one for wrk, one for the server"
        ),
        "source": source(),
        **kit.versions(),
        "rounds": f"{options.rounds}, interleaved, of {options.seconds} s a server",
        "repeat with": f"`{command()}`",
    }


def command() -> str:
    if len(sys.argv) == 1:
        return "make bench"
    return shlex.join(["python3", "bench/run.py", *sys.argv[1:]])


def source() -> str:
    """The commit that is measured."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False
        ).stdout

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "src", "cmake", "bench")
    return (git("rev-parse", "--short", "HEAD").strip() or "unknown") + (
        ", with changes" if changed else ""
    )


def raw_text(about: dict[str, str], run: Run) -> str:
    """The run as JSON, with each measurement on a line of its own."""
    parts = {"measurements": run.records, "left_out": run.skipped}
    lists = [
        f'"{name}": [\n' + ",\n".join(map(json.dumps, entries)) + "\n]"
        for name, entries in parts.items()
    ]
    return "{\n" + ",\n".join([f'"facts": {json.dumps(about)}', *lists]) + "\n}\n"


def write(options: argparse.Namespace, chosen: list[Scenario], run: Run, about: dict[str, str]):
    RAW.mkdir(parents=True, exist_ok=True)
    raw = RAW / (datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ") + ".json")
    text = raw_text(about, run)
    # A program's last words may name a path of this machine, which means nothing to others.
    page = report.page(chosen, run.records, run.skipped, about).replace(f"{ROOT}/", "")
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(page)
    for path in (raw, options.results.with_suffix(".json")):
        path.write_text(text)
    print(page)
    say(f"written: {options.results} and {raw}")


def main() -> int:
    options = arguments()
    # SIGTERM becomes an exception, so that the servers are stopped first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    load = os.getloadavg()[0]
    if load > LOAD_MAX:
        say(f"the load average is {load:.2f}: others use the cores, and the figures will show it")
    cores = machine.pick_cores()
    kit = tools.Tools(options.wagi)
    try:
        kit.path("wrk")
    except Unavailable as error:
        say(f"nothing can be measured without wrk: {error}")
        return 2
    known = scenarios(kit, cores)
    keys = [scenario.key for scenario in known]
    if unknown := set(options.only or ()) - set(keys):
        say(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(keys)}")
        return 2
    chosen = [scenario for scenario in known if not options.only or scenario.key in options.only]
    about = facts(options, kit, cores, load)
    run = Run(options)
    for scenario in chosen:
        run.measure(scenario)
    write(options, chosen, run, about)
    return 1 if any(entry["server"] == "wagi" for entry in run.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
