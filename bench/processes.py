"""Starts servers for one measurement, and stops them by their own process ids."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import machine

STOP_S_MAX = 10.0
START_S_MAX = 120.0  # The very first start compiles modules, on one core.


class StartError(Exception):
    """Raised for a server that can't be measured; its text says why."""


@dataclass(frozen=True)
class Command:
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)


class Processes:
    """The processes that make up one server, each the leader of its own session, on the
    cores of a server.

    A context manager: all of them are gone after it, and so is whatever they started.
    """

    def __init__(self, commands: list[Command], cores: set[int], folder: Path):
        self._commands = commands
        self._cores = cores
        self._folder = folder
        self._log = folder / "server.log"
        self._started: list[subprocess.Popen] = []

    def __enter__(self) -> "Processes":
        try:
            with self._log.open("wb") as log, machine.on_cores(self._cores):
                for command in self._commands:
                    self._started.append(
                        subprocess.Popen(
                            command.argv,
                            env=os.environ | command.env,
                            cwd=self._folder,
                            stdin=subprocess.DEVNULL,
                            stdout=log,
                            stderr=log,
                            start_new_session=True,
                        )
                    )
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def check_alive(self):
        for process in self._started:
            if process.poll() is not None:
                raise StartError(f"ended with status {process.returncode}: {self.last_words()}")

    def last_words(self) -> str:
        lines = [
            line for line in self._log.read_text(errors="replace").splitlines() if line.strip()
        ]
        return " / ".join(lines[-3:]) or "it said nothing"

    def session(self) -> int:
        """The session of its first process, which is all of a wagi."""
        return self._started[0].pid

    def cpu_seconds(self) -> float:
        return sum(machine.cpu_seconds(process.pid) for process in self._started)

    def resident_bytes(self) -> int:
        return sum(machine.resident_bytes(process.pid) for process in self._started)

    def proportional_bytes(self) -> int:
        return sum(machine.proportional_bytes(process.pid) for process in self._started)

    def _stop(self):
        for process in reversed(self._started):
            process.send_signal(signal.SIGTERM)
        end = time.monotonic() + STOP_S_MAX
        for process in self._started:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            # Processes that it left behind: fcgiwrap's children outlive it.
            for pid in machine.session_members(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
