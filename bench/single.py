"""Measures a server without load: memory of idle connections, time from start to first answer."""

import contextlib
import functools
import http.client
import resource
import tempfile
import time
from pathlib import Path

import http_client
import machine
from machine import Cores
from processes import START_S_MAX, Processes, StartError
from servers import Server, files_max, free_port, running

IDLE_CONNECTIONS = 10_000
FILES_KEPT_BACK = 200  # Descriptors left for everything but connections.
POLL_S = 0.0002


def idle_connections() -> int:
    """The number of connections: IDLE_CONNECTIONS, or what the limit on open files allows."""
    return min(IDLE_CONNECTIONS, files_max() - FILES_KEPT_BACK)


def measure_idle(server: Server, cores: Cores) -> dict:
    """The growth of the server's memory for each connection that had an answer and is kept."""
    count = idle_connections()
    resource.setrlimit(resource.RLIMIT_NOFILE, (files_max(), files_max()))
    with running(server, cores) as started, machine.on_core(
        cores.client
    ), contextlib.ExitStack() as open_ones:
        before = started.processes.resident_bytes()
        for number in range(1, count + 1):
            connection = http_client.connect(started.port)
            open_ones.callback(connection.close)
            ask_kept(connection, server.path, number)
        after = started.processes.resident_bytes()
    return {
        "connections": count,
        "resident_bytes": after,
        "kib_per_connection": (after - before) / count / 1024,
    }


def ask_kept(connection: http.client.HTTPConnection, path: str, number: int):
    try:
        status, _ = http_client.ask_on(connection, path)
    except (OSError, http.client.HTTPException) as error:
        raise StartError(f"gave connection {number} no answer: {error!r}") from error
    if status != 200 or connection.sock is None:
        raise StartError(
            f"answered connection {number} with {status}"
            + ("" if connection.sock else ", and closed it")
        )


@functools.cache
def warm(server: Server, cores: Cores):
    """Starts a server once, which fills the caches that outlive it."""
    with running(server, cores):
        pass


def measure_start(server: Server, cores: Cores) -> dict:
    """Milliseconds from the start of the process to the end of its first answer."""
    warm(server, cores)
    with tempfile.TemporaryDirectory(prefix="wagi-bench-") as name, machine.on_core(cores.client):
        folder, port = Path(name), free_port()
        commands = server.commands(folder, port)
        began = time.monotonic()
        with Processes(commands, server.cores(cores), folder) as processes:
            while (answer := first_answer(port, server.path)) is None:
                processes.check_alive()
                if time.monotonic() - began > START_S_MAX:
                    raise StartError("gives no answer")
                time.sleep(POLL_S)
            elapsed = time.monotonic() - began
    if answer[0] != 200 or not server.answer.fullmatch(answer[1]):
        raise StartError(f"its first answer was {answer[0]}")
    return {"start_ms": elapsed * 1000}


def first_answer(port: int, path: str) -> tuple[int, bytes] | None:
    with contextlib.suppress(ConnectionRefusedError):
        return http_client.ask(port, path)
    return None
