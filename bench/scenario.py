"""The parts of a measurement: scenarios, their rows and their columns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """A figure of each measurement as a column: the median over the rounds."""

    key: str
    title: str
    digits: int = 0
    spread: str = "none"  # "range" adds the least and the greatest figure.


@dataclass(frozen=True)
class Row:
    """A server or a program in a scenario."""

    key: str  # Its name in the raw figures.
    name: str  # Its name in the tables.
    make: Callable[[], Any]  # Makes the measured thing; Unavailable where that can't be had.
    is_extra: bool = False  # A quick run leaves it out, since no goal needs it.


@dataclass(frozen=True)
class Scenario:
    key: str
    title: str
    # Measures what a row has made, for so many seconds; returns the figures.
    measure: Callable[[Any, int], dict]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    base: str = ""  # The row that the others are compared with.
    compare: str = ""  # "base / this" or "this / base" of the first column, or no comparison.
    note: str = ""
    repeats: int = 1  # How often a round measures a row: more where it takes milliseconds.
    begin_round: Callable[[int], None] | None = None  # Called with the seconds of one row.


REQUESTS = (Column("requests_per_s", "requests/s", 0, "range"),)
LATENCY = (Column("p50_us", "p50 µs"), Column("p99_us", "p99 µs"))
CPU = (Column("server_cpu_us_per_request", "server CPU µs/request", 1),)
