"""requirements*.txt: everything pinned with hashes, compiled from the short lists beside them."""

import re
from pathlib import Path

import pytest
from django.conf import settings

BASE = Path(settings.BASE_DIR)
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;\\]+)")


def names(text: str) -> set[str]:
    """Return the normalised names of the packages that a list of requirements asks for."""
    stated = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in stated}


def pins(name: str) -> dict[str, str]:
    found = map(PIN.match, (BASE / name).read_text().splitlines())
    return {match["name"]: match["version"] for match in found if match}


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"]
)
def test_every_package_is_pinned_and_has_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", (BASE / name).read_text().split("\n", 2)[2])

    loose = [entry for entry in entries if not PIN.match(entry) or "--hash=sha256:" not in entry]

    assert len(entries) > 20
    assert loose == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-bench"])
def test_every_direct_dependency_is_locked(name: str) -> None:
    direct = names((BASE / f"{name}.in").read_text())

    assert direct
    assert direct - set(pins(f"{name}.txt")) == set()


def test_development_uses_the_versions_that_production_runs() -> None:
    production, development = pins("requirements.txt"), pins("requirements-dev.txt")

    assert production.items() <= development.items()
