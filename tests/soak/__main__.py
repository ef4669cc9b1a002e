"""python -m soak [--requests N] [--seed N]: abuses a server, and fails where its workers grow.
README.md says more."""

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from server import Server
from soak.abuses import config
from soak.footprint import Bounds
from soak.soak import FAILURES_MAX, Soak

ROUNDS = 20
WARM_ROUNDS = 5  # A quarter of all, in which every worker meets every kind beside every other.
BOUNDS = Bounds(private_kib_max=8 << 10, descriptors_max=2, mappings_max=100)


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak")
    parser.add_argument("--requests", type=int, default=100_000, help="abusive requests (100,000)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    arguments = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d', time.gmtime())}, seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="wagi-soak-") as name:
        folder = Path(name)
        (folder / "volume").mkdir()
        server = Server(folder, config(folder / "volume"), "--log-dir", folder / "logs", workers=arguments.workers)
        try:
            return run(server, arguments)
        finally:
            server.stop()


def run(server: Server, arguments) -> int:
    soak = Soak(server, arguments.seed)
    began = time.monotonic()
    for i in range(ROUNDS):
        soak.run_round(arguments.requests * (i + 1) // ROUNDS - soak.requests)
        if i == 0:
            print(soak.samples[0].heading())
        print(soak.samples[-1].row() + ("  warm" if i + 1 == WARM_ROUNDS else ""), flush=True)
        if len(soak.failures) > FAILURES_MAX:
            break
    minutes = (time.monotonic() - began) / 60
    print(f"{soak.requests:,} abusive requests of {len(soak.kinds)} kinds and {soak.good:,} well-behaved ones "
          f"in {minutes:.1f} minutes; {len(soak.failures)} answered wrongly")
    problems = soak.failures + (soak.grown(WARM_ROUNDS - 1, BOUNDS) if len(soak.samples) == ROUNDS else [])
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
