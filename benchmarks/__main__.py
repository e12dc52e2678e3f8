"""Run all benchmarks, or those whose names begin so: python -m benchmarks [--json] [NAME …]

They run on a temporary PostgreSQL of their own, durable as in production. BENCH_SIZES gives the
numbers of work items at which those of time are repeated, BENCH_PERSONS the number of persons on
which those of policies run, once.
"""

import argparse
import importlib
import json
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import benchmarks
from benchmarks import Result

SIZES = "10000,100000,1000000"
PERSONS = "120000"
POPULATIONS = {"population", "policies_population"}
LINE = "{:<52} {:>9} {:>12} {:>12} {:>8} {:>8}  {}"


def main(arguments: list[str]) -> int:
    """Return 0 where every row holds."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", default=os.environ.get("BENCH_SIZES", SIZES))
    parser.add_argument("--persons", default=os.environ.get("BENCH_PERSONS", PERSONS), type=int)
    options = parser.parse_args(arguments)
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    # Bulk work that changes the population comes after what only reads it.
    chosen = [
        name
        for name in sorted(found)
        if name not in {"__main__", *POPULATIONS}
        and any(name.startswith(prefix) for prefix in options.names or [""])
    ]
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="portal.settings", PORTAL_MODE="test", PORTAL_DATA=folder
        )
        results = told(run(chosen, sizes, options.persons, Path(folder)), as_json=options.json)
    return 0 if all(result.ok for result in results) else 1


def run(chosen: list[str], sizes: list[int], persons: int, folder: Path) -> Iterator[Result]:
    """Yield the rows of the chosen modules: those of time at each size, then those of policies."""
    import django

    django.setup()
    from django.core.management import call_command

    from portal.core import embedded

    of_policies = [name for name in chosen if name.startswith("policies")]
    with embedded.running(folder, with_postgres="DATABASE_URL" not in os.environ):
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        yield from over_time([name for name in chosen if name not in of_policies], sizes)
        yield from over_policies(of_policies, persons)


def over_time(chosen: list[str], sizes: list[int]) -> Iterator[Result]:
    """Yield the rows of modules at each size, on one growing population."""
    from benchmarks.population import Population

    population = Population() if chosen else None
    for size in sizes if population else ():
        population.grow(open_items=size)
        for name in chosen:
            yield from rows_of(name, size, population)


def over_policies(chosen: list[str], persons: int) -> Iterator[Result]:
    """Yield the rows of modules on one population of persons, enterprises and some open cases."""
    from benchmarks.policies_population import Population

    population = Population(persons)
    if chosen:
        population.open_cases()
    for name in chosen:
        yield from rows_of(name, persons, population)


def rows_of(name: str, size: int, population: object) -> Iterator[Result]:
    yield from importlib.import_module(f"benchmarks.{name}").rows(size, population)


def told(results: Iterator[Result], *, as_json: bool) -> list[Result]:
    """Print the rows as they come, or all together as JSON."""
    every = []
    if not as_json:
        print(LINE.format("name", "n", "ours", "floor", "ratio", "must", "ok"))
    for result in results:
        every.append(result)
        if not as_json:
            print(
                LINE.format(
                    result.name, result.n, f"{result.ours:.5g}", f"{result.floor:.5g}",
                    f"{result.ratio:.3g}", result.must, "yes" if result.ok else "NO",
                ),
                flush=True,
            )  # fmt: skip
    if as_json:
        print(json.dumps([result._asdict() for result in every], ensure_ascii=False, indent=1))
    return every


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
