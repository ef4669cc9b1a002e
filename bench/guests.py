#!/usr/bin/env python3
"""Measures what a program costs in each language: its size, and the CPU time to compile it once
and of each request.

Prints the table of docs/guests.md. Needs build/wagi, tests/contract/build and
scripts/build-examples. It counts the CPU time of all the server's processes, so other work on the
machine disturbs it little.
"""

import http.client
import os
import re
import resource
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WAGI = Path(os.environ.get("WAGI_BINARY", ROOT / "build" / "wagi"))
CONTRACT = ROOT / "tests" / "contract"
READY_MAX_S = 600
LANGUAGES = {  # The number of requests, the module, and for an interpreter its script.
    "C": (2000, "contract/c", None),
    "C++": (2000, "contract/cpp", None),
    "Rust": (2000, "contract/rust", None),
    "Go": (1000, "contract/go", None),
    "TinyGo": (2000, "contract/tinygo", None),
    "Zig": (2000, "contract/zig", None),
    "AssemblyScript": (2000, "contract/assemblyscript", None),
    "QuickJS": (1000, "examples/quickjs", "contract.js"),
    "CPython": (100, "examples/python", "contract.py"),
    "Ruby": (50, "examples/ruby", "contract.rb"),
    "SQLite, in C": (500, "examples/notes", None),
}


def cpu_s(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def configuration(folder: Path, module: Path, script: str | None) -> str:
    lines = ["[[module]]", 'route = "/..."', f'module = "{module}"', 'environment = { CONTRACT = "x" }']
    if script:
        lines += [f'argv = "x /app/{script} ${{ARGS}}"', f'volumes = {{ "/app" = "{CONTRACT}" }}']
    else:
        lines += [f'volumes = {{ "/data" = {{ path = "{folder}", exclusive = true }} }}']
    return "\n".join(lines) + "\n"


def start(folder: Path) -> tuple[subprocess.Popen, int]:
    log = folder / "log"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [WAGI, "-c", folder / "modules.toml", "-l", "127.0.0.1:0", "--workers", "1"], stdout=file, stderr=file,
            cwd=folder, env=os.environ | {"XDG_CACHE_HOME": str(folder), "TMPDIR": str(folder)})
    end = time.monotonic() + READY_MAX_S
    while not (found := re.search(rb"http://127.0.0.1:([0-9]+)", log.read_bytes())):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(log.read_text())
        time.sleep(0.01)
    return process, int(found[1])


def measure(requests: int, module: Path, script: str | None) -> tuple[float, float, float]:
    """Seconds of CPU to compile and start, milliseconds of it a request, MiB of a worker's peak."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "modules.toml").write_text(configuration(folder, module, script))
        before = children_cpu_s()
        process, port = start(folder)
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        pids = [process.pid, *map(int, workers)]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            for number in range(requests + 5):
                if number == 5:
                    warm = cpu_s(pids)
                connection.request("GET", "/?one&0")
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    raise SystemExit(f"{module}: {response.status}\n" + (folder / "log").read_text())
            used = cpu_s(pids) - warm
            peak = re.search(r"VmHWM:\s*([0-9]+)", Path(f"/proc/{pids[-1]}/status").read_text())
        finally:
            process.terminate()
            process.wait()
        # The first figure excludes requests, and includes the children that compiled.
        return children_cpu_s() - before - used, used / requests * 1000, int(peak[1]) / 1024


def size(path: Path) -> str:
    count = path.stat().st_size
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} KB"


def main():
    print("| language | module | compiled once | each request | memory of the worker |")
    print("| --- | --- | --- | --- | --- |")
    for language, (requests, module, script) in LANGUAGES.items():
        path = ROOT / "build" / f"{module}.wasm"
        if not path.exists():
            continue
        compile_s, request_ms, peak_mib = measure(requests, path, script)
        print(f"| {language} | {size(path)} | {compile_s:.1f} s | {request_ms:.2f} ms | {peak_mib:.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
