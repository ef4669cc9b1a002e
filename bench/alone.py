"""Measures what needs no server: a module run in a loop, the compiler, and compiled code."""

import json
import os
import subprocess
import time
from pathlib import Path

import machine
import tools
from fetch import Unavailable, library_environment
from machine import Cores
from processes import StartError

RUN_S_MAX = 300


def run_on(cores: set[int], command: list[str]) -> str:
    """The output of a program; StartError if it fails."""
    environment = os.environ | {"XDG_CACHE_HOME": str(tools.BUILT / "cache")}
    with machine.on_cores(cores):
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=RUN_S_MAX,
                check=False,
                stdin=subprocess.DEVNULL,
                env=environment | library_environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise StartError(f"{command[0]} didn't end") from error
    if done.returncode != 0:
        raise StartError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-200:]}")
    return done.stdout


def micro(kit: tools.Tools, name: str, module: Path, cores: set[int], seconds: float) -> dict:
    """The figures of one microbenchmark."""
    flags = [
        f"--benchmark_filter=^{name}(/|$)",
        f"--benchmark_min_time={seconds}",
        "--benchmark_format=json",
    ]
    text = run_on(cores, [str(kit.path("micro")), *flags, str(module)])
    found = json.loads(text)["benchmarks"]
    if len(found) != 1 or found[0].get("error_occurred"):
        reason = found[0].get("error_message") if found else "no such benchmark"
        raise StartError(f"{name}: {reason}")
    return found[0]


def bare_loop(kit: tools.Tools, module: Path, cores: Cores):
    """Measures instances of a module, run one after another without a server around them."""
    kit.path("micro")

    def measure(seconds: int) -> dict:
        figures = micro(kit, f"instance/{module.stem}", module, {cores.server}, seconds)
        return {"us_per_request": figures["real_time"] / 1e3, "runs": figures["iterations"]}

    return measure


def compiler(kit: tools.Tools, module: Path, cores: set[int]):
    """Measures one compilation, which takes long enough."""
    kit.path("micro")

    def measure(_seconds: int) -> dict:
        figures = micro(kit, f"compile/{module.stem}", module, cores, 0.001)
        return {"mb_per_s": figures["bytes_per_second"] / 1e6}

    return measure


def peer_compiler(kit: tools.Tools, module: Path, cores: set[int]):
    """Measures a peer's compiler as a command, whose own start takes a few milliseconds."""
    out = tools.BUILT / "compiled-by-peer.cwasm"
    command = [str(kit.path("wasmtime")), "compile", "-o", str(out), str(module)]

    def measure(_seconds: int) -> dict:
        began = time.monotonic()
        run_on(cores, command)
        return {"mb_per_s": module.stat().st_size / 1e6 / (time.monotonic() - began)}

    return measure


def kernels(command: list[str], cores: Cores):
    """Runs guests/compute.c, which times itself, so that its start and compilation don't count."""

    def measure(_seconds: int) -> dict:
        return json.loads(run_on({cores.server}, command))

    return measure


def guest_kernels(kit: tools.Tools, name: str, cores: Cores):
    return kernels([str(kit.path("wagi")), "run", str(kit.path(name))], cores)


def native_kernels(kit: tools.Tools, name: str, cores: Cores):
    return kernels([str(kit.path(name))], cores)


def largest_example() -> Path:
    path = tools.EXAMPLES / "hello-go.wasm"
    if not path.exists():
        raise Unavailable("the example isn't built: make examples")
    return path
