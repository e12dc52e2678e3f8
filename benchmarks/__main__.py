"""Run all benchmarks, or those whose names begin so: python -m benchmarks [--json] [NAME …]

They run on a temporary PostgreSQL of their own, durable as in production. BENCH_SIZES gives the
numbers of work items at which those of time are repeated.
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
LINE = "{:<52} {:>9} {:>12} {:>12} {:>8} {:>8}  {}"


def main(arguments: list[str]) -> int:
    """Return 0 where every row holds."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", default=os.environ.get("BENCH_SIZES", SIZES))
    options = parser.parse_args(arguments)
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    # Bulk work that changes the population comes after what only reads it.
    chosen = [
        name
        for name in sorted(found)
        if name not in {"__main__", "population"}
        and any(name.startswith(prefix) for prefix in options.names or [""])
    ]
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="portal.settings", PORTAL_MODE="test", PORTAL_DATA=folder
        )
        results = told(run(chosen, sizes, Path(folder)), as_json=options.json)
    return 0 if all(result.ok for result in results) else 1


def run(chosen: list[str], sizes: list[int], folder: Path) -> Iterator[Result]:
    """Yield the rows of the chosen modules at each size, on one growing population."""
    import django

    django.setup()
    from django.core.management import call_command

    from portal.core import embedded

    with embedded.running(folder, with_postgres="DATABASE_URL" not in os.environ):
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        from benchmarks.population import Population

        population = Population()
        for size in sizes:
            population.grow(open_items=size)
            for name in chosen:
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
