"""Benchmarks: each module has `rows(n, population)` and measures against a floor in the same run.

A floor is the raw work a database or a peer needs for the same outcome; only ratios are claimed,
as the machine drifts. `make bench` prints all, `manage.py bench_time --json` those of time.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Result(NamedTuple):
    """One comparison at a population of `n`; `ours` and `floor` share a unit, named in `name`."""

    name: str
    n: int
    ours: float
    floor: float
    ratio: float
    must: str
    ok: bool


def at_most(name: str, n: int, ours: float, floor: float, times: float) -> Result:
    """Return a comparison that holds while ours is at most so many times the floor."""
    ratio = ours / floor
    return Result(name, n, ours, floor, ratio, f"<= {times:g}", ratio <= times)


def at_least(name: str, n: int, ours: float, floor: float, times: float) -> Result:
    """Return a comparison that holds while ours is at least so many times the floor."""
    ratio = ours / floor
    return Result(name, n, ours, floor, ratio, f">= {times:g}", ratio >= times)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds that a call took, and what it returned."""
    begun = perf_counter()
    result = work()
    return perf_counter() - begun, result


def usual(work: Callable[[], object], times: int = 5) -> float:
    """Return the median seconds of a few calls."""
    return median(timed(work)[0] for _ in range(times))
