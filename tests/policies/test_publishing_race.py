"""Publishers at once: of two versions that overlap one is published, and files are loaded once.

The row of the policy is locked while a version is checked and published; with the lock off the same
race publishes both, so that the others can fail.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import connection

from policies.editing import drafting
from policies.editing.draft import mark
from policies.loading import load_catalogue
from policies.models import Policy, PolicyState, PolicyVersion
from portal.accounts.models import User
from tests.accounts.factories import StaffFactory
from tests.policies.conftest import HANGZHOU

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same time, each on a connection of its own; return results or refusals."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return work()
        except drafting.Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def policy() -> Policy:
    load_catalogue(HANGZHOU)
    return Policy.objects.get(code="POL_P09")


@pytest.fixture
def reviewer() -> User:
    return StaffFactory(editor=True)


@pytest.fixture
def submitted(policy: Policy) -> tuple[PolicyVersion, PolicyVersion]:
    """Two versions that overlap, neither of them published yet."""
    document = policy.versions.get().document
    days = ((date(2027, 1, 1), date(2027, 12, 31)), (date(2027, 6, 1), None))
    first, second = (
        PolicyVersion.objects.create(
            policy=policy, number=number, label=f"草案{number}", document=document,
            effective_from=begins, effective_to=ends, state=PolicyState.SUBMITTED,
            drafted_by=StaffFactory(editor=True),
        )
        for number, (begins, ends) in enumerate(days, start=2)
    )  # fmt: skip
    return first, second


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let publishers meet between checking and publishing."""
    check = drafting._must_be_sound

    def slowly(version: PolicyVersion) -> None:
        check(version)
        sleep(0.4)

    monkeypatch.setattr(drafting, "_must_be_sound", slowly)


def publish(version: PolicyVersion, by: User) -> Callable[[], PolicyVersion]:
    return lambda: drafting.publish(pk=version.pk, seen=mark(version), by=by)


def drafts_published() -> int:
    known = PolicyVersion.objects.filter(policy__code="POL_P09", number__gt=1)
    return known.published().count()


@pytest.mark.usefixtures("slow")
def test_of_two_overlapping_versions_one_is_published(
    submitted: tuple[PolicyVersion, PolicyVersion], reviewer: User
) -> None:
    results = at_once(*(publish(version, reviewer) for version in submitted))

    refused = [one for one in results if isinstance(one, drafting.Unsound)]
    assert len(refused) == 1
    assert {flaw.path for flaw in refused[0].flaws} == {"effective_from"}
    assert drafts_published() == 1


@pytest.mark.usefixtures("slow")
def test_with_the_lock_off_both_are_published(
    submitted: tuple[PolicyVersion, PolicyVersion], reviewer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(
        drafting, "_locked", lambda pk: PolicyVersion.objects.select_related("policy").get(pk=pk)
    )

    at_once(*(publish(version, reviewer) for version in submitted))

    assert drafts_published() == 2


@pytest.mark.usefixtures("slow")
def test_two_reviewers_publish_the_same_version_once(
    submitted: tuple[PolicyVersion, PolicyVersion], reviewer: User
) -> None:
    version = submitted[0]

    results = at_once(publish(version, reviewer), publish(version, StaffFactory(editor=True)))

    assert [isinstance(one, drafting.Stale) for one in results].count(True) == 1


def test_two_loaders_publish_each_version_once() -> None:
    reports = at_once(lambda: load_catalogue(HANGZHOU), lambda: load_catalogue(HANGZHOU))

    assert sorted(len(report.policy_changes) for report in reports) == [0, 25]
    assert PolicyVersion.objects.published().count() == 25
