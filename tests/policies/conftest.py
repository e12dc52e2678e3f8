"""The real catalogue, and a copy of its files that a test may spoil."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from policies.reading import CATALOGUES, read_catalogue
from policies.schema import Catalogue
from portal.core import clock

HANGZHOU = CATALOGUES / "hangzhou"

Edit = Callable[[str, str, str], None]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read_catalogue(HANGZHOU)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HANGZHOU, tmp_path / "hangzhou"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace a piece of text that stands exactly once in a file of the copied catalogue."""

    def replace(file: str, old: str, new: str) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace


@pytest.fixture
def monday() -> Iterator[datetime]:
    """The business clock stands on Monday 2026-11-23 at 10:00."""
    moment = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    with clock.at(moment):
        yield moment
