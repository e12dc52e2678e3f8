"""What is put aside counts as applied for, but gives nothing yet that others could lean on."""

from collections.abc import Callable
from typing import Any

import pytest

from cases import maturity, recommending, review
from cases.models import Case, CaseState, ParkedState
from cases.standings import Told, standings
from policies.models import OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import item
from tests.cases.ripening import day, graduate, parked, shelve, state

Make = Callable[..., Case]
pytestmark = pytest.mark.django_db
HELD = {"permit_valid": True, "residence_registered": True}


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    shelve(one_thing)


@pytest.fixture
def subject(talent: User) -> Subject:
    return graduate(talent, **HELD)


@pytest.fixture
def at_rest(accepted: Make, subject: Subject, officers: dict[str, User]) -> Case:
    """The public rental waits for six months of insurance; all else is decided."""
    case = accepted("P01", "P04", "P08")
    for code in ("P01", "P04"):
        work_item = item(case, code)
        officer = officers[case.version.catalogue.items[code].department]
        review.claim(work_item_id=work_item.pk, officer=officer)
        review.approve(work_item_id=work_item.pk, officer=officer, result_number="1")
    return Case.objects.get(pk=case.pk)


def barred(subject: Subject, code: str) -> bool:
    standing = standings([Told(subject, subject.user)])[subject.pk]  # type: ignore[arg-type]
    policy = next(one for one in standing.shelf.policies.values() if one.item_code == code)
    return standing.bars(policy)


def test_what_excludes_the_item_that_waits_is_not_offered(
    at_rest: Case, subject: Subject, talent: User
) -> None:
    assert at_rest.state == CaseState.COMPLETED
    assert parked(at_rest, "P08").state == ParkedState.WAITING

    offered = {one.verdict.policy.item_code for one in recommending.offered_to(talent)}

    assert barred(subject, "P08") and barred(subject, "P09")
    assert "P09" not in offered


def test_it_is_once_the_item_is_given_up(at_rest: Case, subject: Subject, talent: User) -> None:
    maturity.give_up(parked_id=parked(at_rest, "P08").pk, actor=talent)

    assert not barred(subject, "P09")


def test_an_item_that_waits_supplies_nothing_yet(accepted: Make, subject: Subject) -> None:
    state(subject, permit_valid=False, ss_months_total=0, insured=False)
    case = accepted("P01", "P03")
    assert parked(case, "P03").state == ParkedState.WAITING

    standing = standings([Told(subject, subject.user)])[subject.pk]  # type: ignore[arg-type]

    assert "insured" in standing.supplied and "hukou_urban" not in standing.supplied


def test_the_window_reads_what_waits_for_whom(at_rest: Case, client: Any, clerk: User) -> None:
    client.force_login(clerk)
    address = f"/window/{at_rest.pk}/"
    assert "1 项待成熟" in client.get(address).context["heading"]

    maturity.wake(day("2027-04-23"))

    with clock.at(day("2027-04-23")):
        assert "1 项已成熟，等申请人恢复办理" in client.get(address).context["heading"]
