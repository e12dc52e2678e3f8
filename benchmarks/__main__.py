"""Run all benchmarks, or those named: python -m benchmarks [NAME …]

They run on their own temporary PostgreSQL, durable as in production, with an empty portal in it.
"""

import importlib
import os
import pkgutil
import sys
import tempfile
from pathlib import Path

import benchmarks


def main(names: list[str]) -> None:
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    chosen = [name for name in found if not name.startswith("_") and name in (names or found)]
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="portal.settings", PORTAL_MODE="test", PORTAL_DATA=folder
        )
        run_all(chosen, Path(folder))


def run_all(chosen: list[str], folder: Path) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from portal.core import embedded

    with embedded.running(folder, with_postgres="DATABASE_URL" not in os.environ):
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        print(f"{'benchmark':<24} {'what':<44} {'value':>12} unit")
        for name in chosen:
            for row in importlib.import_module(f"benchmarks.{name}").run():
                print(f"{name:<24} {row.what:<44} {row.value:>12,.1f} {row.unit}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
