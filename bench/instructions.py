#!/usr/bin/env python3
"""Counts the instructions of each microbenchmark and writes bench/INSTRUCTIONS.md.

Valgrind runs one twice, with two numbers of iterations, and the difference of what it counts is
what the iterations between them took. That is the same on a busy machine; the kernel's own
instructions aren't in it.
"""

import argparse
import datetime
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tools
from fetch import BENCH, say
from run import source

FEW, MANY = 1000, 5000
FEW_SLOW, MANY_SLOW = 10, 50  # For benchmarks that run a guest.
COUNT_S_MAX = 1800
INSTANCES = 10  # Valgrind has no address space for a worker's pool; an instance uses one slot.
EXAMPLES = ("hello-c", "hello-go")


class NotCounted(Exception):
    """Raised where counting fails; its text says why."""


@dataclass(frozen=True)
class Counter:
    micro: Path
    modules: list[str]
    cache: str  # For compiled code. Not the server's: Valgrind shows programs another processor.

    def names(self) -> list[str]:
        listed = subprocess.run(
            [self.micro, "--benchmark_list_tests=true", *self.modules],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        # The compiler would take hours under Valgrind.
        return [name for name in listed if not name.startswith("compile/")]

    def per_iteration(self, name: str) -> float:
        few, many = (FEW_SLOW, MANY_SLOW) if name.startswith("instance/") else (FEW, MANY)
        if name.startswith("instance/"):
            self.run(name, 1, ["--tool=none"])  # Compiles the module, so that it isn't counted.
        return (self.instructions(name, many) - self.instructions(name, few)) / (many - few)

    def instructions(self, name: str, iterations: int) -> int:
        words = self.run(name, iterations, ["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        found = re.search(r"Collected : (\d+)", words)
        if not found:
            raise NotCounted(last_line(words))
        return int(found[1])

    def run(self, name: str, iterations: int, tool: list[str]) -> str:
        """Runs a benchmark under Valgrind, and returns Valgrind's output."""
        module = name.partition("/")[2]
        modules = [path for path in self.modules if Path(path).stem == module]
        command = [
            "valgrind",
            *tool,
            str(self.micro),
            f"--iterations={iterations}",
            f"--instances={INSTANCES}",
            f"--benchmark_filter=^{name}(/|$)",
            "--benchmark_format=json",
            *modules,
        ]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=COUNT_S_MAX,
                check=False,
                env=os.environ | {"XDG_CACHE_HOME": self.cache},
            )
        except subprocess.TimeoutExpired as error:
            raise NotCounted(f"it took more than {COUNT_S_MAX} s") from error
        if done.returncode != 0 or '"error_occurred": true' in done.stdout:
            raise NotCounted(last_line(done.stderr))
        return done.stderr


def last_line(text: str) -> str:
    """Valgrind's output without its process id."""
    lines = [re.sub(r"^==\d+== ?", "", line).strip() for line in text.splitlines()]
    return next((line for line in reversed(lines) if line), "it said nothing")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="benchmarks whose name has this; writes no page")
    parser.add_argument("--micro", type=Path, default=tools.MICRO, help="the program that has them")
    return parser.parse_args()


def row(counter: Counter, name: str) -> str:
    try:
        cell = f"{counter.per_iteration(name):,.0f}"
    except NotCounted as error:
        cell = f"not counted: {error}"
    say(f"{name}: {cell}")
    return f"| {name} | {cell} |"


def main() -> int:
    options = arguments()
    modules = [str(path) for key in EXAMPLES if (path := tools.EXAMPLES / f"{key}.wasm").exists()]
    with tempfile.TemporaryDirectory(prefix="wagi-bench-") as cache:
        counter = Counter(options.micro, modules, cache)
        names = [name for name in counter.names() if not options.only or options.only in name]
        rows = [row(counter, name) for name in names]
    page = "\n".join(
        [
            "# Instructions of each part",
            "",
            "Written by `make bench-micro`; [README.md](README.md) says how it counts.",
            "",
            f"Counted {datetime.date.today()}, source {source()}.",
            "",
            "| benchmark | instructions each time |",
            "| --- | ---: |",
            *rows,
            "",
        ]
    )
    if options.only:
        print(page)
    else:
        (BENCH / "INSTRUCTIONS.md").write_text(page)
        say(f"written: {BENCH / 'INSTRUCTIONS.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
