"""Benchmarks: each module here has `run()`, which returns rows; `make bench` prints them."""

from typing import NamedTuple


class Row(NamedTuple):
    """One figure: what was measured, how much, in which unit."""

    what: str
    value: float
    unit: str
