#!/usr/bin/env python3
"""Measures the CPU time of a guest's outbound request on a kept connection.

It is the worker's, with the guest's call and its waits, less that of the same guest which calls
nobody. Beside it stands that of the same request by libcurl's multi handle in a native program.

    bench/outbound/measure.py [COUNT]   needs build/wagi, tests' guests, cc and libcurl's headers
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
ROUNDS = 5
READY_MAX_S = 30


def start(folder: Path, name: str, config: str) -> tuple[subprocess.Popen, int, int]:
    """A server of one worker: its process, its port, its worker's process id."""
    (folder / f"{name}.toml").write_text(config)
    log = folder / f"{name}.log"
    with open(log, "wb") as out:
        process = subprocess.Popen([ROOT / "build/wagi", "-c", folder / f"{name}.toml", "--workers", "1", "--listen",
                                    "127.0.0.1:0"], stdout=out, stderr=out)
    end = time.monotonic() + READY_MAX_S
    while not (found := re.search(r"http://127\.0\.0\.1:([0-9]+)", log.read_text())):
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.02)
    [worker] = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and parent(entry) == process.pid]
    return process, int(found[1]), worker


def parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None


def cpu_us(pid: int) -> float:
    # Nanoseconds on a core, finer than the ticks of /proc/PID/stat.
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def requests(port: int, target: str, count: int):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        text = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for _ in range(count):
            client.sendall(text)
            answer = b""
            while not (answer.endswith(b"0\r\n\r\n") or b"Content-Length" in answer and b"\r\n\r\n" in answer):
                answer += client.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200"), answer


def each(worker: int, port: int, target: str) -> float:
    requests(port, target, 500)
    before = cpu_us(worker)
    requests(port, target, COUNT)
    return (cpu_us(worker) - before) / COUNT


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        guest = ROOT / "build/guests/outbound.wasm"
        upstream, upstream_port, _ = start(folder, "upstream", f'[[module]]\nroute = "/x"\nmodule = "{guest}"\n')
        url = f"http://127.0.0.1:{upstream_port}/healthz"
        server, port, worker = start(folder, "server", f'[[module]]\nroute = "/out"\nmodule = "{guest}"\n'
                                     f'allowed_hosts = ["http://127.0.0.1:{upstream_port}"]\n')
        subprocess.run(["cc", "-O2", "-o", folder / "multi", Path(__file__).parent / "multi.c", "-lcurl"], check=True)
        without, with_one, native = [], [], []
        for _ in range(ROUNDS):
            without.append(each(worker, port, "/out"))
            with_one.append(each(worker, port, f"/out?get={url}"))
            native.append(float(subprocess.run([folder / "multi", url, str(COUNT)], check=True, capture_output=True,
                                               text=True).stdout))
        for process in (server, upstream):
            process.terminate()
            process.wait()
    middle = [statistics.median(values) for values in (without, with_one, native)]
    print(f"a guest that calls nobody         {middle[0]:6.1f} us of CPU time")
    print(f"a guest that makes one request    {middle[1]:6.1f} us, so {middle[1] - middle[0]:.1f} us for the request")
    print(f"libcurl's multi handle, natively  {middle[2]:6.1f} us")
    print(f"medians of {ROUNDS} rounds of {COUNT} requests; of the middle ones "
          f"{min(with_one):.1f} to {max(with_one):.1f} us, {min(native):.1f} to {max(native):.1f} us; "
          f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
