"""The real catalogue, and a copy of its files that a test may spoil."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from policies.models import PolicyVersion
from policies.policy_reading import PolicyFile, read_policies
from policies.reading import CATALOGUES, read_catalogue
from policies.schema import Catalogue
from policies.shelf import PublishedPolicy, published_versions
from portal.core import clock

HANGZHOU = CATALOGUES / "hangzhou"

Edit = Callable[[str, str, str], None]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read_catalogue(HANGZHOU)


@pytest.fixture(scope="session")
def policies(catalogue: Catalogue) -> dict[str, PublishedPolicy]:
    """The policies of the files as if published; those of an item by the item's code."""
    files = read_policies(HANGZHOU, catalogue)
    return {file.policy.item or file.policy.code: _published(file) for file in files}


def _published(file: PolicyFile) -> PublishedPolicy:
    policy = file.policy
    rows = [
        PolicyVersion(
            pk=number,
            number=number,
            label=version.label,
            division=version.division,
            effective_from=version.effective_from,
            effective_to=version.effective_to,
            document=version.document,
            drafted_at=datetime(2020, 1, 1, tzinfo=UTC),
        )
        for number, version in enumerate(policy.versions, start=1)
    ]
    return PublishedPolicy(
        pk=0,
        code=policy.code,
        name=policy.name,
        applicant=policy.applicant,
        item_code=policy.item,
        one_thing="HZ-DXS" if policy.item else "",
        department=policy.department,
        versions=tuple(published_versions(rows)),
    )


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
