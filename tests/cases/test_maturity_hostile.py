"""What is put aside, when everything that can happen to a case happens to it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from cases import calendar, intake, maturity, recommending, review
from cases.errors import AlreadyHandled
from cases.models import Case, CaseState, ParkedItem, ParkedState, Recommendation
from cases.supervision import figures, tallies
from cases.supervision.scope import Period, Scope
from policies import inspection
from policies.models import OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import item
from tests.cases.recounting import grouped, rows
from tests.cases.ripening import day, graduate, parked, shelve, state

Make = Callable[..., Case]
pytestmark = pytest.mark.django_db
RIPE = "2027-04-23"


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    calendar.load()
    calendar.forget()
    shelve(one_thing)


@pytest.fixture
def subject(talent: User) -> Subject:
    return graduate(talent)


def now(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def decide(case: Case, code: str, officers: dict[str, User]) -> None:
    work_item = item(case, code)
    officer = officers[case.version.catalogue.items[code].department]
    review.claim(work_item_id=work_item.pk, officer=officer)
    review.approve(work_item_id=work_item.pk, officer=officer, result_number=f"{code}-1")


def test_deemed_acceptance_puts_aside_too(submitted: Make, subject: Subject, talent: User) -> None:
    case = submitted("P01", "P07")
    assert case.deemed_at is not None

    intake.deem_accepted(case_id=case.pk, at=case.deemed_at)

    assert now(case).state == CaseState.ACCEPTED
    assert parked(case, "P07").expected_on == date(2027, 4, 23)


def test_a_case_completed_twice_and_resumed_adds_up(
    accepted: Make, subject: Subject, officers: dict[str, User], talent: User
) -> None:
    case = accepted("P01", "P05", "P07")
    decide(case, "P01", officers)
    decide(case, "P05", officers)
    assert now(case).state == CaseState.COMPLETED
    maturity.wake(day(RIPE))

    with clock.at(day(RIPE, 10)):
        made = maturity.resume(case_id=case.pk, actor=talent)
        assert maturity.resume(case_id=case.pk, actor=talent) == []
        decide(case, "P07", officers)
        assert maturity.resume(case_id=case.pk, actor=talent) == []

    assert [one.item_code for one in made] == ["P07"]
    assert now(case).state == CaseState.COMPLETED
    tallies.fold()
    assert tallies.differences() == []
    with clock.at(day(RIPE, 11)):
        period = Period(date(2026, 11, 1), date(2027, 4, 30))
        expected = grouped(rows(), "item", Scope(), clock.now(), period)
        assert figures.by("item", Scope(), now=clock.now(), period=period) == expected


def test_years_later_everything_due_comes_once_and_in_order(
    accepted: Make, subject: Subject
) -> None:
    case = accepted("P01", "P07")

    maturity.wake(day("2031-01-04"))

    row = parked(case, "P07")
    assert row.state == ParkedState.ENDED and row.reasons
    assert maturity.wake(day("2031-01-05")) == maturity.Woken()


def test_the_last_day_itself_still_counts(accepted: Make, subject: Subject, talent: User) -> None:
    case = accepted("P01", "P07")
    maturity.wake(day(RIPE))
    last = parked(case, "P07").closes_on
    assert last is not None

    maturity.wake(day(last.isoformat(), 23, 59))
    assert parked(case, "P07").state == ParkedState.RIPE
    with clock.at(day(last.isoformat(), 23, 59)):
        assert maturity.resume(case_id=case.pk, actor=talent)


def test_a_day_after_the_last_it_cannot_be_resumed_though_nobody_has_swept(
    accepted: Make, subject: Subject, talent: User
) -> None:
    case = accepted("P01", "P07")
    maturity.wake(day(RIPE))
    last = parked(case, "P07").closes_on
    assert last is not None

    with clock.at(day((last + timedelta(days=1)).isoformat())):
        assert maturity.resume(case_id=case.pk, actor=talent) == []

    assert parked(case, "P07").state == ParkedState.ENDED


def test_a_fact_that_worsens_after_waking_keeps_it_from_being_resumed(
    accepted: Make, subject: Subject, talent: User
) -> None:
    case = accepted("P01", "P07")
    maturity.wake(day(RIPE))
    with clock.at(day(RIPE, 10)):
        state(subject, on=date(2027, 4, 23), ss_months_cont=0)

        assert maturity.resume(case_id=case.pk, actor=talent) == []

    row = parked(case, "P07")
    assert row.state == ParkedState.WAITING and row.expected_on == date(2027, 10, 23)


def test_a_provider_that_takes_back_what_it_said_keeps_the_day(
    accepted: Make, subject: Subject
) -> None:
    case = accepted("P01", "P07")
    with clock.at(day("2026-12-01")):
        state(subject, on=date(2026, 12, 1), ss_months_cont=None)
        maturity.reconsider([subject.pk])

    assert maturity.wake(day(RIPE)).ripe == 1
    assert parked(case, "P07").state == ParkedState.RIPE


def test_a_case_withdrawn_or_revoked_takes_it_along(
    accepted: Make, subject: Subject, talent: User
) -> None:
    case = accepted("P01", "P07")
    maturity.wake(day(RIPE))

    intake.withdraw(case_id=case.pk, actor=talent)

    assert parked(case, "P07").state == ParkedState.ENDED
    with pytest.raises(AlreadyHandled):
        maturity.give_up(parked_id=parked(case, "P07").pk, actor=talent)


def test_tapped_in_two_tabs_one_gives_up_and_one_resumes(
    accepted: Make, subject: Subject, talent: User
) -> None:
    case = accepted("P01", "P07")
    maturity.wake(day(RIPE))
    with clock.at(day(RIPE, 10)):
        maturity.give_up(parked_id=parked(case, "P07").pk, actor=talent)

        assert maturity.resume(case_id=case.pk, actor=talent) == []

    assert not case.work_items.filter(item_code="P07").exists()


@pytest.mark.parametrize(("days", "comes_back"), [(29, False), (30, True), (31, True)])
def test_what_was_dismissed_comes_back_after_thirty_days(
    subject: Subject, talent: User, days: int, comes_back: bool
) -> None:
    recommending.react(inspection.inspect_changed())
    row = Recommendation.objects.get(policy__item_code="P05")
    recommending.dismiss(recommendation_id=row.pk, actor=talent)

    with clock.at(clock.now() + timedelta(days=days)):
        state(subject, on=clock.today(), title_level="初级")
        recommending.react(inspection.inspect_changed())

    assert (Recommendation.objects.filter(policy__item_code="P05").count() == 2) is comes_back


def test_nothing_parked_is_left_open_in_a_case_that_is_over(
    accepted: Make, subject: Subject, talent: User
) -> None:
    case = accepted("P01", "P07")
    intake.withdraw(case_id=case.pk, actor=talent)

    over = [CaseState.WITHDRAWN, CaseState.REVOKED, CaseState.REFUSED]
    assert not ParkedItem.objects.open().filter(case__state__in=over).exists()
