"""What a measurement is made of: scenarios, their rows and their columns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """A figure of each measurement as a column: the median over the rounds."""

    key: str
    title: str
    digits: int = 0
    spread: str = "none"  # "range" adds the least and the greatest.


@dataclass(frozen=True)
class Row:
    """A server or a program in a scenario."""

    key: str  # In the raw figures.
    name: str  # In the tables.
    make: Callable[[], Any]  # What the scenario measures. Raises Unavailable where it can't be had.
    is_extra: bool = False  # No goal looks at it, so a quick run leaves it out.


@dataclass(frozen=True)
class Scenario:
    key: str
    title: str
    # What a row made and the seconds it should take, to figures.
    measure: Callable[[Any, int], dict]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    base: str = ""  # The row that the others are compared with.
    compare: str = ""  # "base / this" or "this / base" of the first column; none where empty.
    note: str = ""
    repeats: int = 1  # In a round, for what takes only milliseconds.
    begin_round: Callable[[int], None] | None = None  # Before each, with the seconds of one row.


REQUESTS = (Column("requests_per_s", "requests/s", 0, "range"),)
LATENCY = (Column("p50_us", "p50 µs"), Column("p99_us", "p99 µs"))
CPU = (Column("server_cpu_us_per_request", "server CPU µs/request", 1),)
