"""What the kernel says of a server's processes."""

import functools
import re
from pathlib import Path

from configuration import BINARY
from waiting import eventually


def process_state(pid: int) -> tuple[str, int] | None:
    """State letter and parent of a process; None when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[1])


def is_running(pid: int) -> bool:
    state = process_state(pid)
    return state is not None and state[0] not in "ZX"


@functools.cache
def is_sanitized() -> bool:
    """Whether the binary was built with a sanitizer, whose own memory and time say nothing about the server's."""
    code = BINARY.read_bytes()
    return b"__asan_init" in code or b"__tsan_init" in code


class MemoryGrowth:
    """By how much the memory of a server's processes rose at its peak, from here to growth_mib()."""

    def __init__(self, server):
        self.before = {}
        for pid in server.processes():
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # The peak begins anew: proc(5).
            self.before[pid] = self._peak_kib(pid)

    @staticmethod
    def _peak_kib(pid: int) -> int:
        return int(re.search(r"VmHWM:\s*([0-9]+) kB", Path(f"/proc/{pid}/status").read_text())[1])

    def growth_mib(self) -> float:
        if is_sanitized():  # It keeps what was freed, to find its use.
            return 0
        return sum(self._peak_kib(pid) - before for pid, before in self.before.items()) / 1024


def cpu_ticks(pid: int) -> int:
    """CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def wait_idle(pids: list[int]):
    """Waits until processes have used no CPU time for a while: whatever could go on has gone on."""
    quiet_polls = 20
    history = []

    def is_idle():
        history.append([cpu_ticks(pid) for pid in pids])
        return len(history) > quiet_polls and history[-quiet_polls] == history[-1]
    eventually(is_idle, f"{pids} are idle")
