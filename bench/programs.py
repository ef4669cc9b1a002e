"""Measures programs that run once and end, as on a terminal: the time from start to end."""

import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import machine
import tools
from machine import Cores
from processes import StartError

RUN_S_MAX = 10


@dataclass(frozen=True)
class Program:
    command: list[str]
    answer: bytes  # The end of its output.


def wagi_run(kit: tools.Tools, module: Path) -> Program:
    return Program([str(kit.path("wagi")), "run", str(module)], b"Hello, world!\n")


def wasmtime_run(kit: tools.Tools, module: Path) -> Program:
    command = [str(kit.path("wasmtime")), "run", "-Ccache=y", str(module)]
    return Program(command, b"Hello, world!\n")


def native(kit: tools.Tools) -> Program:
    return Program([str(kit.path("hello.cgi"))], b"Hello, world!\n")


def measure_run(program: Program, cores: Cores) -> dict:
    """Milliseconds of wall and CPU time. The program runs once before, which fills its caches."""
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tools.BUILT / "cache"),
        **tools.fetch.library_environment(),
    }
    with machine.on_core(cores.server):
        run(program, environment)
        used = children_cpu_s()
        began = time.monotonic()
        run(program, environment)
        elapsed = time.monotonic() - began
        used = children_cpu_s() - used
    return {"run_ms": elapsed * 1000, "cpu_ms": used * 1000}


def run(program: Program, environment: dict[str, str]):
    done = subprocess.run(
        program.command, env=environment, capture_output=True, timeout=RUN_S_MAX, check=False
    )
    if done.returncode != 0 or not done.stdout.endswith(program.answer):
        raise StartError(f"ended with {done.returncode}: {(done.stdout + done.stderr)[-200:]!r}")


def children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
