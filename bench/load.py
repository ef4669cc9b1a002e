"""Measures a server under load: the client on one core, the server on another."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import machine
import tools
from fetch import BENCH, library_environment
from machine import Cores
from processes import StartError
from servers import Running, Server, running

WARM_UP_S = 1
REQUEST_S_MAX = 20
CLIENT_GRACE_S = 30


@dataclass(frozen=True)
class Load:
    connections: int = 32
    body_bytes: int = 0  # The body of each POST; 0 makes it a GET.
    headers: tuple[str, ...] = ()
    routes: int = 0  # Asked in turn, each with its number behind the path; 0 asks the path alone.


def measure(kit: tools.Tools, server: Server, load: Load, seconds: int, cores: Cores) -> dict:
    """The figures of one run against a server started for it; StartError if anything failed."""
    wrk = kit.path("wrk")
    return observe(
        server, cores, seconds, lambda started, limit: run_wrk(wrk, started, load, limit), load
    )


def observe(
    server: Server,
    cores: Cores,
    seconds: int,
    run: Callable[[Running, int], dict],
    load: Load = Load(),
) -> dict:
    """The figures of a client, and what the server and both cores used meanwhile."""
    with running(server, cores, load.body_bytes) as started, machine.on_core(cores.client):
        run(started, WARM_UP_S)
        before = Sample.take(started, cores)
        figures = run(started, seconds)
        figures |= Sample.take(started, cores).since(before)
    if server.cpu_is_seen and "requests" in figures:
        figures["server_cpu_us_per_request"] = figures["server_cpu_s"] / figures["requests"] * 1e6
    if server.cpu_is_seen:
        if not server.on_both_cores:
            figures["others_share"] = figures["server_core_share"] - figures["server_cpu_share"]
    return figures


@dataclass(frozen=True)
class Sample:
    """The CPU time that the server and both cores have used so far."""

    at_s: float
    server_s: float
    server_core: machine.CoreTime
    client_core: machine.CoreTime

    @staticmethod
    def take(started: Running, cores: Cores) -> "Sample":
        return Sample(
            time.monotonic(),
            started.processes.cpu_seconds(),
            machine.core_time(cores.server),
            machine.core_time(cores.client),
        )

    def since(self, earlier: "Sample") -> dict:
        wall_s = self.at_s - earlier.at_s
        server_core = self.server_core.since(earlier.server_core)
        client_core = self.client_core.since(earlier.client_core)
        return {
            "server_cpu_s": self.server_s - earlier.server_s,
            "server_cpu_share": (self.server_s - earlier.server_s) / wall_s,
            "server_core_share": server_core.busy_s / wall_s,
            "client_core_share": client_core.busy_s / wall_s,
            "stolen_share": max(server_core.stolen_s, client_core.stolen_s) / wall_s,
        }


def run_wrk(wrk: Path, started: Running, load: Load, seconds: int) -> dict:
    headers = [argument for header in load.headers for argument in ("-H", header)]
    command = [
        str(wrk),
        "-t1",
        f"-c{load.connections}",
        f"-d{seconds}s",
        f"--timeout={REQUEST_S_MAX}s",
        *headers,
        "-s",
        str(BENCH / "wrk.lua"),
        started.url,
        "--",
        str(load.body_bytes),
        str(load.routes),
    ]
    return checked(run_client(command, seconds), load)


def run_client(command: list[str], seconds: int) -> dict:
    """The line of JSON that a client prints."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds + CLIENT_GRACE_S,
            check=False,
            stdin=subprocess.DEVNULL,
            env=os.environ | library_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise StartError(f"{name} didn't end") from error
    found = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not found:
        raise StartError(f"{name} failed: {(done.stderr or done.stdout).strip()[-200:]}")
    return json.loads(found[0])


def checked(figures: dict, load: Load) -> dict:
    """wrk's figures with the rates. A failed request makes them worthless."""
    errors = {kind: count for kind, count in figures["errors"].items() if count}
    if errors or not figures["requests"]:
        raise StartError(
            f"of {figures['requests']} requests some failed: {errors or 'none was answered'}"
        )
    per_s = figures["requests"] / figures["duration_us"] * 1e6
    return figures | {"requests_per_s": per_s, "body_mb_per_s": per_s * load.body_bytes / 1e6}
