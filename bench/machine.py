"""The machine that measures: its cores, what they did, and what its processes used."""

import contextlib
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cores:
    """One core for the client and this program, one for the server that is measured."""

    client: int
    server: int

    @property
    def both(self) -> set[int]:
        return {self.client, self.server}

    @property
    def shared(self) -> bool:
        return self.client == self.server


def pick_cores() -> Cores:
    """Two cores, not hyperthreads of one if possible; on a single core that one twice."""
    allowed = sorted(os.sched_getaffinity(0))
    client = allowed[0]
    others = [cpu for cpu in allowed if cpu != client]
    apart = [cpu for cpu in others if cpu not in siblings(client)]
    return Cores(client, (apart or others or [client])[0])


def siblings(cpu: int) -> set[int]:
    path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    found: set[int] = set()
    for piece in path.read_text().strip().split(",") if path.exists() else []:
        first, _, last = piece.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


@contextlib.contextmanager
def on_cores(cpus: set[int]):
    """Keeps this process, and those that it starts meanwhile, on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def on_core(cpu: int):
    return on_cores({cpu})


@dataclass(frozen=True)
class CoreTime:
    """Seconds since its start that a core worked, and that the hypervisor took from it."""

    busy_s: float
    stolen_s: float

    def since(self, earlier: "CoreTime") -> "CoreTime":
        return CoreTime(self.busy_s - earlier.busy_s, self.stolen_s - earlier.stolen_s)


def core_time(cpu: int) -> CoreTime:
    line = next(
        line
        for line in Path("/proc/stat").read_text().splitlines()
        if line.startswith(f"cpu{cpu} ")
    )
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, line.split()[1:9])
    busy = user + nice + system + irq + softirq
    return CoreTime(busy / TICKS_PER_S, steal / TICKS_PER_S)


def session_members(session: int) -> list[int]:
    """The processes of a session: a server started as its leader, and all that it started."""
    members = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := stat_fields(int(entry))) and int(stat[3]) == session:
            members.append(int(entry))
    return members


def stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on, or None for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def cpu_seconds(session: int) -> float:
    """CPU time of a session's processes and of the children that they have waited for."""
    ticks = 0
    for pid in session_members(session):
        if stat := stat_fields(pid):
            ticks += sum(map(int, stat[11:15]))
    return ticks / TICKS_PER_S


def resident_bytes(session: int) -> int:
    return memory_bytes(session, "status", "VmRSS")


def proportional_bytes(session: int) -> int:
    """The memory of a session's processes; each counts its part of shared pages (PSS)."""
    return memory_bytes(session, "smaps_rollup", "Pss")


def memory_bytes(session: int, file: str, name: str) -> int:
    total = 0
    for pid in session_members(session):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            text = Path(f"/proc/{pid}/{file}").read_text()
            if found := re.search(rf"^{name}:\s+(\d+) kB", text, re.M):
                total += int(found[1]) * 1024
    return total


def describe() -> dict[str, str]:
    """The facts by which a reader judges the figures; none of them names the machine."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", cpuinfo, re.M)
    clock = re.search(r"^cpu MHz\s*:\s*(\d+)", cpuinfo, re.M)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.M)
    release = re.search(r'^PRETTY_NAME="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M)
    return {
        "CPU": (model[1] if model else platform.machine()) + (f", {clock[1]} MHz" if clock else ""),
        "virtual machine": (
            "yes" if re.search(r"^flags\s*:.*\bhypervisor\b", cpuinfo, re.M) else "no"
        ),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(memory[1]) / 2**20:.1f} GiB" if memory else "unknown",
        "kernel": platform.release(),
        "system": release[1] if release else "unknown",
    }
