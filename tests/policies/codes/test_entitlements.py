"""Which services and policies belong to which purpose, and the standing a holder sees."""

import pytest
import yaml

from policies import entitlements, recognition
from policies.entitlements import purposes
from policies.models import Recognition, Scope, Subject
from policies.reading import CATALOGUES
from policies.tasks import expire_recognitions
from portal.accounts.models import User
from portal.core import clock
from tests.policies.codes import people
from tests.policies.codes.people import at

POLICIES = CATALOGUES / "hangzhou" / "policies"


def test_every_purpose_is_described() -> None:
    assert set(purposes()) == set(Scope)


@pytest.mark.parametrize("scope", list(Scope))
def test_the_policies_of_a_purpose_exist(scope: Scope) -> None:
    files = (yaml.safe_load(path.read_text()) for path in POLICIES.glob("*.yaml"))
    kinds = {entry["code"]: entry.get("applicant", "person") for entry in files}
    expected = "enterprise" if scope == Scope.ENTERPRISE else "person"

    assert {kinds[code] for code in purposes()[scope].policies} <= {expected}


@pytest.mark.parametrize(("level", "count"), [("A", 3), ("F", 3), ("", 0)])
def test_services_come_with_a_level(subject: Subject, level: str, count: int) -> None:
    assert len(entitlements.standing(subject, level, clock.today()).services) == count


def test_a_standing_has_the_policies_of_ones_own_kind(subject: Subject) -> None:
    people.open_policy("POL_P07")
    people.open_policy("POL_E01", "enterprise")

    standing = entitlements.standing(subject, "C", clock.today())

    assert [verdict.policy.code for verdict in standing.policies] == ["POL_P07"]


def test_the_task_ends_what_is_past_its_day(subject: Subject, officer: User) -> None:
    with clock.at(at(2026, 11, 24)):
        people.recognised(subject, officer, valid_until=at(2026, 12, 31).date())

    with clock.at(at(2027, 1, 2)):
        expire_recognitions()

    assert Recognition.objects.get().reasons == recognition.EXPIRED
