"""Deemed acceptance (视为受理): the window says nothing for five working days."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cases import calendar, documents, explain, intake, review, sweep
from cases.errors import AlreadyHandled
from cases.models import Card, Case, CaseState, WorkItemState
from cases.sweep import SweepReport
from notifications.models import Channel, Message
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, SHANGHAI, item, make_user
from tests.cases.desks import on, told
from tests.cases.people import FOUNDER_ID
from tests.cases.steps import approved
from tests.cases.test_intake import CHAIN, TestAsk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
# Received on Monday 23 November; 24 to 30 are five working days.
TERM = on(30, 17, 30)
JUST_AFTER = TERM + timedelta(microseconds=1)


def test_the_term_ends_at_the_close_of_the_fifth_working_day(submitted: Make) -> None:
    assert submitted("P01").deemed_at == TERM


def test_an_answered_supplement_begins_the_term_anew(
    submitted: Make, clerk: User, talent: User
) -> None:
    case = submitted("P01")
    intake.ask(case_id=case.pk, clerk=clerk, gaps=[TestAsk.GAPS[1]])
    with clock.at(on(27, 10)):
        address = "杭州市西湖区文新街道示例路 18 号 3 幢 201 室"
        case = intake.answer(case_id=case.pk, actor=talent, answers={"p_address": address})

    assert case.deemed_at == datetime(2026, 12, 4, 17, 30, tzinfo=SHANGHAI)
    assert sweep.sweep(now=JUST_AFTER).deemed_accepted == 0


def test_silence_accepts_as_of_the_day_of_receipt(submitted: Make, clerk: User) -> None:
    case = submitted(*CHAIN)

    assert sweep.sweep(now=TERM).deemed_accepted == 0
    report = sweep.sweep(now=on(30, 18))

    case = Case.objects.get(pk=case.pk)
    assert (report.deemed_accepted, report.failed) == (1, 0)
    assert (case.state, case.accepted_at, case.accepted_by) == (CaseState.ACCEPTED, MONDAY, None)
    assert case.is_deemed_accepted
    assert case.due_at == datetime(2027, 1, 4, 17, 30, tzinfo=SHANGHAI)
    begun = case.work_items.filter(state=WorkItemState.READY)
    assert set(begun.values_list("started_at", "desk_at")) == {(MONDAY, TERM)}
    assert set(case.work_items.filter(started_at=None).values_list("desk_at")) == {(None,)}
    assert Event.objects.get(kind="case.deemed_accepted").at == TERM
    assert sweep.sweep(now=on(30, 18)) == SweepReport()


def test_applicant_and_clerks_are_told(submitted: Make, clerk: User) -> None:
    make_user("gone", Role.CLERK, is_active=False)
    case = submitted("P01")

    sweep.sweep(now=JUST_AFTER)

    assert told("case.deemed_accepted") == {("talent", "inbox"), ("talent", "sms")}
    assert told("window.overdue") == {("clerk", "inbox")}
    body = Message.objects.get(kind="case.deemed_accepted", channel=Channel.INBOX).body
    assert f"受理码 {case.number} 的联办申请依法视为自2026年11月23日起受理" in body


def test_cards_that_the_silence_causes_are_booked_on_the_window(
    submitted: Make, clerk: User, officers: dict[str, User]
) -> None:
    case = submitted("P01")  # one working day: yellow Tuesday 13:30, red after 17:30

    report = sweep.sweep(now=on(30, 18))

    assert (report.yellow, report.red) == (1, 1)
    cards = Card.objects.values_list("level", "stage", "issued_at")
    assert list(cards) == [
        ("yellow", "intake", on(24, 13, 30)),
        ("red", "intake", on(24, 17, 30)),
    ]
    body = Message.objects.get(kind="card.red", channel=Channel.INBOX).body
    assert body.endswith("由此造成的超时计入窗口受理环节。")
    assert item(case, "P01").state == WorkItemState.READY


def test_a_clerk_who_comes_after_the_term_accepts_nothing_but_what_the_law_did(
    submitted: Make, clerk: User
) -> None:
    case = submitted("P01")

    with clock.at(on(30, 17, 31)):
        case = intake.accept(case_id=case.pk, clerk=clerk)

    assert (case.accepted_at, case.accepted_by) == (MONDAY, None)
    assert Event.objects.get(kind="case.deemed_accepted").at == TERM
    assert not Event.objects.filter(kind="case.accepted").exists()
    assert sweep.sweep(now=on(30, 18)).deemed_accepted == 0


def test_after_the_term_the_window_neither_asks_nor_refuses(submitted: Make, clerk: User) -> None:
    case = submitted("P01")

    with clock.at(JUST_AFTER):
        with pytest.raises(AlreadyHandled, match="视为受理"):
            intake.ask(case_id=case.pk, clerk=clerk, gaps=TestAsk.GAPS)
        with pytest.raises(AlreadyHandled, match="视为受理"):
            intake.refuse(case_id=case.pk, clerk=clerk, reasons="不符", legal_basis="办事指南")

    assert Case.objects.get(pk=case.pk).state == CaseState.SUBMITTED


def test_at_the_last_instant_the_window_is_in_time(submitted: Make, clerk: User) -> None:
    case = submitted("P01")

    with clock.at(TERM):
        case = intake.accept(case_id=case.pk, clerk=clerk)

    assert (case.accepted_at, case.accepted_by) == (TERM, clerk)


def test_what_was_answered_meanwhile_is_not_deemed_accepted(submitted: Make, clerk: User) -> None:
    case = submitted("P01")
    intake.refuse(case_id=case.pk, clerk=clerk, reasons="不符", legal_basis="办事指南")

    with pytest.raises(AlreadyHandled):
        intake.deem_accepted(case_id=case.pk, at=TERM)


def test_the_receipt_says_by_which_law_it_was_accepted(submitted: Make, clerk: User) -> None:
    case = submitted("P01")
    case = intake.deem_accepted(case_id=case.pk, at=TERM)

    assert "行政许可法" in documents._accepted_words(case)
    assert documents.of_case(case, "receipt").startswith(b"%PDF")


def test_the_department_is_late_by_its_own_time_only(
    submitted: Make, clerk: User, officers: dict[str, User]
) -> None:
    """Deemed accepted on Monday evening: with one working day of its own, until Tuesday evening."""
    case = submitted("P01")
    sweep.sweep(now=on(30, 18))
    hand = {"work_item_id": item(case, "P01").pk, "officer": officers["D01"]}

    with clock.at(datetime(2026, 12, 1, 17, tzinfo=SHANGHAI)):
        review.claim(**hand)  # type: ignore[arg-type]
        review.refuse(**hand, reasons="不符", legal_basis="办事指南")  # type: ignore[arg-type]

    assert item(case, "P01").late_stage == "intake"


def test_leaders_and_supervisors_hear_of_it_after_days_on_the_desk(
    submitted: Make, clerk: User, officers: dict[str, User]
) -> None:
    """Red since Tuesday the 24th, but on the desk only since Monday evening, the 30th."""
    calendar.load()
    submitted("P01")
    make_user("head", Role.LEADER, officers["D01"].department)
    make_user("jd", Role.SUPERVISOR)

    sweep.sweep(now=on(30, 18))
    assert told("card.escalated") == set()
    sweep.sweep(now=datetime(2026, 12, 1, 10, tzinfo=SHANGHAI))
    assert told("card.escalated") == {("head", "inbox")}
    sweep.sweep(now=datetime(2026, 12, 3, 10, tzinfo=SHANGHAI))

    assert told("card.escalated") == {("head", "inbox"), ("jd", "inbox")}


def test_what_waited_for_another_person_until_after_the_receipt_starts_at_that_decision(
    accepted: Make, submitted: Make, stranger: User, clerk: User, officers: dict[str, User]
) -> None:
    """The founder's own registration (P01) is decided on Wednesday, the firm's case never."""
    founder = {"p_id_no": FOUNDER_ID, "p_birth": "1995-08-22", "p_gender": "2"}
    person = accepted("P01", **founder)
    firm = submitted("E02", applicant=stranger)
    with clock.at(on(25, 10)):
        approved(person, "P01", officers)

    sweep.sweep(now=on(30, 18))

    work_item = item(firm, "E02")
    assert (work_item.started_at, work_item.desk_at) == (on(25, 10), TERM)
    assert Case.objects.get(pk=firm.pk).accepted_at == MONDAY
    told = explain.explain_deadline(work_item)
    assert told.started_by == explain.Origin.PREDECESSOR
    assert told.steps[0].text.startswith("前置的有关人员事项于 2026年11月25日 10:00 作出决定")
