"""Abuses a server for a long time, and measures what its workers hold meanwhile."""

import random
import threading
from collections import Counter
from dataclasses import dataclass

from processes import wait_idle
from soak.abuses import check_well_behaved, pick
from soak.footprint import Bounds, Footprint

THREADS = 8
GOOD_EVERY = 5  # After one in so many abuses comes a request that must succeed.
FAILURES_MAX = 20  # The soak ends early after so many.


@dataclass
class Sample:
    requests: int
    workers: dict[int, Footprint]

    def row(self) -> str:
        cells = [f"{self.requests:>9,}"]
        for footprint in self.workers.values():
            cells.append(f"{footprint.private_kib / 1024:>8.1f} {footprint.pss_kib / 1024:>8.1f} "
                         f"{footprint.descriptors:>6} {footprint.mappings:>6}")
        return " | ".join(cells)

    def heading(self) -> str:
        workers = (f"{f'worker {pid}: private, Pss (MiB), fds, maps':>31}" for pid in self.workers)
        return " | ".join([" requests", *workers])


class Soak:
    def __init__(self, server, seed: int):
        self.server = server
        self.seed = seed
        self.requests = 0  # Only abusive ones.
        self.good = 0
        self.kinds = Counter()
        self.failures: list[str] = []
        self.samples: list[Sample] = []
        self._round = 0
        self._lock = threading.Lock()

    def run_round(self, count: int):
        """Makes `count` abusive requests, waits until the server is idle, and takes a sample."""
        shares = [count // THREADS + (i < count % THREADS) for i in range(THREADS)]
        threads = [threading.Thread(target=self._abuse, args=(random.Random(f"{self.seed}/{self._round}/{i}"), share))
                   for i, share in enumerate(shares)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._round += 1
        self.requests += count
        workers = self.server.workers()
        wait_idle(workers)
        self.samples.append(Sample(self.requests, {pid: Footprint.of(pid) for pid in workers}))

    def _abuse(self, source: random.Random, count: int):
        kinds = Counter()
        good = 0
        for _ in range(count):
            name, _, abuse = pick(source)
            kinds[name] += 1
            self._try(name, lambda: abuse(self.server, source))
            if source.randrange(GOOD_EVERY) == 0:
                good += 1
                self._try("a well-behaved request", lambda: check_well_behaved(self.server))
            if len(self.failures) > FAILURES_MAX:
                break
        with self._lock:
            self.kinds += kinds
            self.good += good

    def _try(self, name: str, request):
        try:
            request()
        except (AssertionError, OSError) as error:
            with self._lock:
                self.failures.append(f"{name}: {type(error).__name__}: {error}")

    def grown(self, warm: int, bounds: Bounds) -> list[str]:
        """The bounds that were exceeded between sample `warm` and the last, and dead workers."""
        before, after = self.samples[warm].workers, self.samples[-1].workers
        if before.keys() != after.keys():
            return [f"the workers were {sorted(before)} and are {sorted(after)}"]
        return [f"worker {pid}: {what}" for pid in before for what in bounds.exceeded(before[pid], after[pid])]
