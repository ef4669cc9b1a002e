"""Measures what a process holds: its own memory, descriptors and mappings."""

import os
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Footprint:
    private_kib: int  # Memory that no other process maps: proc(5), smaps_rollup.
    pss_kib: int      # The same, and its share of memory that others map too.
    descriptors: int
    mappings: int

    @staticmethod
    def of(pid: int) -> "Footprint":
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        fields = {name: int(kib) for name, kib in re.findall(r"^(\w+):\s+([0-9]+) kB", rollup, re.MULTILINE)}
        return Footprint(
            private_kib=fields["Private_Clean"] + fields["Private_Dirty"],
            pss_kib=fields["Pss"],
            descriptors=len(os.listdir(f"/proc/{pid}/fd")),
            mappings=Path(f"/proc/{pid}/maps").read_bytes().count(b"\n"))


@dataclass(frozen=True)
class Bounds:
    """Limits on how far a process may grow after its warm-up."""

    private_kib_max: int
    descriptors_max: int
    mappings_max: int

    def exceeded(self, before: Footprint, after: Footprint) -> list[str]:
        return [f"{what} rose from {then} to {now}, over the bound of {most}" for what, then, now, most in (
            ("private KiB", before.private_kib, after.private_kib, self.private_kib_max),
            ("descriptors", before.descriptors, after.descriptors, self.descriptors_max),
            ("mappings", before.mappings, after.mappings, self.mappings_max),
        ) if now - then > most]
