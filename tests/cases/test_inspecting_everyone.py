"""What follows from a run over everyone: time and new versions wake and recommend like facts do."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cases import inspecting
from cases.models import Case, ParkedState, Recommendation
from notifications.models import Message
from policies import inspection
from policies.models import OneThing, Policy, PolicyVersion
from portal.accounts.models import User
from portal.core import clock
from tests.cases.ripening import day, graduate, parked, shelve

Make = Callable[..., Case]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    shelve(one_thing)


def recommended() -> set[str]:
    return {row.policy.item_code for row in Recommendation.objects.select_related("policy")}


def inspect_on(moment: str) -> None:
    with clock.at(day(moment)):
        inspecting.inspect_where_due()


def let_three_months_do() -> None:
    """Publish a version of the living subsidy that wants three months of insurance, not six."""
    policy = Policy.objects.get(item_code="P07")
    last = policy.versions.order_by("-number").first()
    assert last is not None
    leaf = {"fact": "ss_months_cont", "op": ">=", "value": 3, "matures": True}
    PolicyVersion.objects.create(
        policy=policy,
        number=last.number + 1,
        label="2026放宽",
        effective_from=date(2026, 12, 1),
        document={**last.document, "conditions": {"all": [leaf]}},
        state="published",
        published_at=clock.now(),
    )


def test_who_gains_a_policy_by_time_alone_is_told_on_the_day(talent: User) -> None:
    graduate(talent)
    inspect_on("2026-11-23")
    before = recommended()

    inspect_on("2027-04-22")
    assert recommended() == before
    inspect_on("2027-04-23")

    assert "P07" in recommended() - before
    made = Recommendation.objects.get(policy__item_code="P07")
    told = Message.objects.filter(kind="recommendation.made", recipient=talent)
    assert told.filter(
        created_at__gte=day("2027-04-23"), event__subject=f"subject:{made.subject_id}"
    )


def test_it_is_told_once(talent: User) -> None:
    graduate(talent)
    inspect_on("2027-04-23")
    found = Recommendation.objects.count()

    inspect_on("2027-04-24")

    assert Recommendation.objects.count() == found


def test_the_pairs_come_batch_by_batch(talent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "BATCH", 1)
    graduate(talent)
    inspection.inspect(date(2026, 11, 23))
    heard: list[inspection.Changes] = []

    inspection.inspect(date(2027, 4, 23), tell=heard.append)

    assert all(len({pk for pk, _ in one.gained + one.lost}) == 1 for one in heard)
    assert sum(len(one.gained) for one in heard) > 0


def test_what_waits_is_ripe_where_a_new_version_asks_less(accepted: Make, talent: User) -> None:
    graduate(talent, months=4)
    case = accepted("P01", "P07")
    inspect_on("2026-11-30")
    assert parked(case, "P07").state == ParkedState.WAITING
    let_three_months_do()

    inspect_on("2026-12-01")

    assert parked(case, "P07").state == ParkedState.RIPE
    assert Message.objects.filter(kind="parked.ripe", recipient=talent).exists()
