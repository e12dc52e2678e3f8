"""Resuming: one tap takes the same case up again with what was given already."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from cases import calendar, deadlines, intake, maturity, review
from cases.errors import AlreadyHandled
from cases.maturity import Woken
from cases.models import Case, CaseState, ParkedItem, ParkedState, WorkItem, WorkItemState
from cases.supervision import tallies
from notifications.models import Message
from policies.models import OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import item
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


def approve(case: Case, code: str, officers: dict[str, User]) -> WorkItem:
    work_item = item(case, code)
    officer = officers[case.version.catalogue.items[code].department]
    review.claim(work_item_id=work_item.pk, officer=officer)
    return review.approve(work_item_id=work_item.pk, officer=officer, result_number=f"{code}-1")


def refuse(case: Case, code: str, officers: dict[str, User]) -> None:
    work_item = item(case, code)
    officer = officers[case.version.catalogue.items[code].department]
    review.claim(work_item_id=work_item.pk, officer=officer)
    review.refuse(work_item_id=work_item.pk, officer=officer, reasons="不符", legal_basis="第一条")


def now(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def finished(accepted: Make, subject: Subject, officers: dict[str, User]) -> Case:
    """P01 is approved and the case complete; P07 is put aside and has become ripe."""
    case = accepted("P01", "P07")
    approve(case, "P01", officers)
    maturity.wake(day(RIPE))
    return now(case)


def test_a_case_completes_without_what_was_put_aside(finished: Case, talent: User) -> None:
    assert finished.state == CaseState.COMPLETED
    assert Message.objects.filter(kind="case.at_rest", recipient=talent).count() == 2
    assert not Message.objects.filter(kind="case.completed").exists()


def test_one_tap_takes_a_completed_case_up_again(finished: Case, talent: User) -> None:
    with clock.at(day(RIPE, 10)):
        (made,) = maturity.resume(case_id=finished.pk, actor=talent)

    case, row = now(finished), parked(finished, "P07")
    assert (case.state, case.closed_at, case.resumed_at) == (
        CaseState.ACCEPTED,
        None,
        day(RIPE, 10),
    )
    promised = deadlines.case_deadline(
        accepted_at=day(RIPE, 10), promised_days=30, calendar=calendar.current()
    )
    assert case.due_at == promised
    assert (row.state, row.resumed_at) == (ParkedState.RESUMED, day(RIPE, 10))
    assert (made.item_code, made.state) == ("P07", WorkItemState.READY)
    assert made.started_at == day(RIPE, 10)
    assert made.due_at == day("2027-04-26", 17, 30)
    assert [edge.predecessor.item_code for edge in made.needs.all()] == ["P01"]
    told = Message.objects.get(kind="parked.resumed")
    assert "应于2027年4月26日前办结" in told.body


def test_the_case_ends_a_second_time(
    finished: Case, talent: User, officers: dict[str, User]
) -> None:
    with clock.at(day(RIPE, 10)):
        maturity.resume(case_id=finished.pk, actor=talent)
        approve(finished, "P07", officers)

    case = now(finished)
    assert (case.state, case.closed_at) == (CaseState.COMPLETED, day(RIPE, 10))
    assert Message.objects.filter(kind="case.completed").count() == 2


def test_tallies_still_say_what_the_rows_say(
    finished: Case, talent: User, officers: dict[str, User]
) -> None:
    with clock.at(day(RIPE, 10)):
        maturity.resume(case_id=finished.pk, actor=talent)
        assert tallies.differences() == []
        tallies.fold()
        approve(finished, "P07", officers)
        tallies.fold()

    assert tallies.differences() == []


def test_a_double_tap_resumes_once(finished: Case, talent: User) -> None:
    with clock.at(day(RIPE, 10)):
        maturity.resume(case_id=finished.pk, actor=talent)

        assert maturity.resume(case_id=finished.pk, actor=talent) == []

    assert finished.work_items.count() == 2
    assert Event.objects.filter(kind="parked.resumed").count() == 1


def test_a_stranger_resumes_nothing(finished: Case, stranger: User) -> None:
    with pytest.raises(PermissionDenied):
        maturity.resume(case_id=finished.pk, actor=stranger)


def test_what_is_not_ripe_yet_is_not_resumed(
    accepted: Make, subject: Subject, talent: User
) -> None:
    case = accepted("P01", "P07")

    assert maturity.resume(case_id=case.pk, actor=talent) == []
    assert parked(case, "P07").state == ParkedState.WAITING


def test_what_is_no_longer_ripe_waits_on_instead(
    finished: Case, subject: Subject, talent: User
) -> None:
    state(subject, ss_months_cont=0, on=date(2027, 4, 20))

    with clock.at(day(RIPE, 10)):
        assert maturity.resume(case_id=finished.pk, actor=talent) == []

    row = parked(finished, "P07")
    assert (row.state, row.expected_on) == (ParkedState.WAITING, date(2027, 10, 20))
    assert now(finished).state == CaseState.COMPLETED
    assert Message.objects.filter(kind="parked.moved").count() == 2


def test_an_open_case_goes_on_with_it(
    accepted: Make, subject: Subject, talent: User, officers: dict[str, User]
) -> None:
    """P01 is still open, so P07 waits for it; nothing is asked for again."""
    case = accepted("P01", "P07")
    maturity.wake(day(RIPE))

    with clock.at(day(RIPE, 10)):
        (made,) = maturity.resume(case_id=case.pk, actor=talent)
        assert (made.state, now(case).state) == (WorkItemState.WAITING, CaseState.ACCEPTED)
        approve(case, "P01", officers)

    assert item(case, "P07").state == WorkItemState.READY


def test_a_chain_is_taken_up_in_its_order(
    accepted: Make, subject: Subject, talent: User, officers: dict[str, User]
) -> None:
    state(subject, ss_months_total=0, ss_months_cont=6)
    case = accepted("P01", "P03", "P08")
    approve(case, "P01", officers)
    assert maturity.wake(day("2026-12-23")) == Woken(ripe=2)

    with clock.at(day("2026-12-23", 10)):
        maturity.resume(case_id=case.pk, actor=talent)
        states = {one.item_code: one.state for one in case.work_items.all()}
        assert states["P03"] == WorkItemState.READY
        assert states["P08"] == WorkItemState.WAITING
        approve(case, "P03", officers)

    assert item(case, "P08").state == WorkItemState.READY


def test_where_a_prerequisite_was_refused_another_way_is_offered(
    accepted: Make, subject: Subject, talent: User, officers: dict[str, User]
) -> None:
    state(subject, ss_months_total=2)
    case = accepted("P01", "P03", "P08")
    approve(case, "P01", officers)
    refuse(case, "P03", officers)
    maturity.wake(day(RIPE))

    with clock.at(day(RIPE, 10)):
        (made,) = maturity.resume(case_id=case.pk, actor=talent)

    assert item(case, "P08").state == WorkItemState.WAITING
    assert made.case.offers.get().item_code == "P04"


def test_where_the_only_prerequisite_was_refused_it_ends_with_the_reason(
    accepted: Make, subject: Subject, talent: User, officers: dict[str, User]
) -> None:
    case = accepted("P01", "P07")
    refuse(case, "P01", officers)
    maturity.wake(day(RIPE))

    with clock.at(day(RIPE, 10)):
        maturity.resume(case_id=case.pk, actor=talent)

    assert item(case, "P07").state == WorkItemState.CLOSED
    assert "职工参保登记" in item(case, "P07").reasons
    assert now(case).state == CaseState.COMPLETED


class TestEndOfTheCase:
    def test_withdrawing_ends_what_was_put_aside(
        self, accepted: Make, subject: Subject, talent: User
    ) -> None:
        case = accepted("P01", "P07")

        intake.withdraw(case_id=case.pk, actor=talent)

        row = parked(case, "P07")
        assert row.state == ParkedState.ENDED and row.reasons
        assert Event.objects.filter(kind="parked.ended").count() == 1
        assert maturity.wake(day("2030-01-01")) == Woken()

    def test_giving_up_one_item_leaves_the_case(self, finished: Case, talent: User) -> None:
        row = maturity.give_up(parked_id=parked(finished, "P07").pk, actor=talent)

        assert (row.state, row.reasons) == (ParkedState.ENDED, "申请人选择不再办理。")
        assert maturity.resume(case_id=finished.pk, actor=talent) == []
        with pytest.raises(AlreadyHandled):
            maturity.give_up(parked_id=row.pk, actor=talent)

    def test_giving_up_takes_along_what_waited_for_it(
        self, accepted: Make, subject: Subject, talent: User
    ) -> None:
        state(subject, ss_months_total=0, ss_months_cont=6)
        case = accepted("P01", "P03", "P08")

        maturity.give_up(parked_id=parked(case, "P03").pk, actor=talent)

        assert not ParkedItem.objects.open().exists()
