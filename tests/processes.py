"""Asks the kernel about a server's processes: state, memory, CPU time."""

import functools
import re
from pathlib import Path

from configuration import BINARY
from waiting import eventually


def process_state(pid: int) -> tuple[str, int] | None:
    """The state letter and the parent of a process; None where it doesn't exist."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[1])


def is_running(pid: int) -> bool:
    state = process_state(pid)
    return state is not None and state[0] not in "ZX"


def children(pid: int) -> list[int]:
    """The process ids of a process's children but zombies."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            state = process_state(int(entry.name))
            if state and state[1] == pid and state[0] != "Z":
                found.append(int(entry.name))
    return sorted(found)


@functools.cache
def is_sanitized() -> bool:
    """Whether the binary has a sanitizer, so that memory and time say nothing about the server."""
    code = BINARY.read_bytes()
    return b"__asan_init" in code or b"__tsan_init" in code


class MemoryGrowth:
    """Measures how far the memory of a server's processes rises at its peak until growth_mib()."""

    def __init__(self, server):
        self.before = {}
        for pid in server.processes():
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # Resets the peak: proc(5).
            self.before[pid] = self._peak_kib(pid)

    @staticmethod
    def _peak_kib(pid: int) -> int:
        return int(re.search(r"VmHWM:\s*([0-9]+) kB", Path(f"/proc/{pid}/status").read_text())[1])

    def growth_mib(self) -> float:
        if is_sanitized():  # A sanitizer keeps freed memory.
            return 0
        return sum(self._peak_kib(pid) - before for pid, before in self.before.items()) / 1024


def cpu_ticks(pid: int) -> int:
    """The CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def wait_idle(pids: list[int]):
    """Waits until processes have used no CPU time for a while: they have done all they could."""
    quiet_polls = 20
    history = []

    def is_idle():
        history.append([cpu_ticks(pid) for pid in pids])
        return len(history) > quiet_polls and history[-quiet_polls] == history[-1]
    eventually(is_idle, f"{pids} are idle")
