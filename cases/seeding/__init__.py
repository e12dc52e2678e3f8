"""Synthetic cases by the hundred thousand, for load and benchmarks; never in production."""

from cases.seeding.writing import SeedReport, seed

__all__ = ["SeedReport", "seed"]
