"""Terms that were told, after a change of the calendar: later, never earlier. It is 2026-11-23."""

from datetime import date, datetime
from typing import Any

import pytest

from cases import calendar, projection
from cases.models import (
    CalendarRevision,
    Case,
    CaseState,
    Offer,
    Supplement,
    Suspension,
    SuspensionReason,
    Tolerance,
    Urging,
    WorkItem,
    WorkItemState,
)
from cases.notices import window_term
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import User
from portal.core.ledger import Event
from tests.cases.conftest import SHANGHAI
from tests.cases.desks import make_case, make_work_item, on, told
from tests.cases.projecting import edit, settled

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2026, 11, 25)


def december(day: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def loaded(monday: datetime, one_thing: OneThing) -> None:
    calendar.load()
    CalendarRevision.objects.all().delete()


@pytest.fixture
def case(one_thing: OneThing, talent: User) -> Case:
    return make_case(one_thing, talent, on(23, 10))


@pytest.fixture
def filed(one_thing: OneThing, talent: User) -> Case:
    """A case that the window has sent back for a supplement."""
    return make_case(
        one_thing,
        talent,
        on(23, 10),
        state=CaseState.RETURNED,
        accepted_at=None,
        promised_days=None,
        due_at=None,
    )


def supplement(case: Case, asked_by: User, **more: Any) -> Supplement:
    return Supplement.objects.create(
        case=case, gaps=[], asked_by=asked_by, asked_at=on(23, 10), lapses_at=december(7), **more
    )


def follow(*off: date) -> None:
    edit(*off)
    projection.reproject()


def test_a_supplement_to_the_window_gets_the_day_off_back(filed: Case, clerk: User) -> None:
    asked = supplement(filed, clerk, remind_at=december(2, 9, 0))

    follow(WEDNESDAY)

    moved = Supplement.objects.get(pk=asked.pk)
    assert (moved.lapses_at, moved.remind_at) == (december(8), december(3, 9, 0))
    event = Event.objects.get(kind="term.moved")
    assert (event.stream, event.subject) == (filed.pk, f"supplement:{asked.pk}")
    assert told("term.moved") == {("talent", "inbox"), ("talent", "sms")}
    body = Message.objects.get(kind="term.moved", channel="inbox").body
    assert "补正期限顺延至2026年12月8日17:30" in body


def test_a_term_is_never_moved_earlier(filed: Case, clerk: User) -> None:
    edit(WEDNESDAY)
    asked = supplement(filed, clerk)
    Supplement.objects.filter(pk=asked.pk).update(lapses_at=december(8))
    revision = calendar.clear_days([WEDNESDAY], by=clerk)
    assert revision is not None
    settled(revision)

    projection.reproject()

    assert Supplement.objects.get(pk=asked.pk).lapses_at == december(8)
    assert not Event.objects.filter(kind="term.moved").exists()


def test_an_answered_supplement_keeps_its_term(filed: Case, clerk: User) -> None:
    asked = supplement(filed, clerk, answered_at=on(23, 11))

    follow(WEDNESDAY)

    assert Supplement.objects.get(pk=asked.pk).lapses_at == december(7)


def test_a_department_s_clock_stands_as_long_as_its_supplement_may_take(
    case: Case, officer: User
) -> None:
    item = make_work_item(case)
    WorkItem.objects.filter(pk=item.pk).update(
        state=WorkItemState.PAUSED, due_at=None, yellow_at=None, check_at=None
    )
    asked = supplement(case, officer, work_item=item)
    pause = Suspension.objects.create(
        work_item=item,
        reason=SuspensionReason.SUPPLEMENT,
        expected_days=10,
        began_at=on(23, 10),
        lapses_at=december(7),
        ordered_by=officer,
    )

    follow(WEDNESDAY)

    assert Supplement.objects.get(pk=asked.pk).lapses_at == december(8)
    assert Suspension.objects.get(pk=pause.pk).lapses_at == december(8)


def test_an_offer_stays_open_a_day_longer(case: Case) -> None:
    offer = Offer.objects.create(
        case=case,
        refused=make_work_item(case),
        item_code="P04",
        item_name="居住证",
        offered_at=on(23, 10),
        lapses_at=on(30, 17, 30),
    )

    follow(WEDNESDAY)

    assert Offer.objects.get(pk=offer.pk).lapses_at == december(1)


def test_a_tolerance_that_ends_on_a_day_off_ends_on_the_next_working_day(
    case: Case, clerk: User
) -> None:
    tolerance = Tolerance.objects.create(
        case=case,
        materials=[],
        granted_by=clerk,
        granted_at=on(23, 10),
        lapses_at=on(27, 17, 30),
    )

    follow(WEDNESDAY)
    assert Tolerance.objects.get(pk=tolerance.pk).lapses_at == on(27, 17, 30)

    follow(date(2026, 11, 27))
    assert Tolerance.objects.get(pk=tolerance.pk).lapses_at == on(30, 17, 30)


def test_the_window_s_term_follows_both_ways_and_tells_nobody(
    one_thing: OneThing, talent: User, clerk: User
) -> None:
    filed = make_case(
        one_thing,
        talent,
        on(23, 10),
        state=CaseState.SUBMITTED,
        deemed_at=window_term(on(23, 10)),
        accepted_at=None,
        promised_days=None,
        due_at=None,
    )

    follow(WEDNESDAY)
    assert Case.objects.get(pk=filed.pk).deemed_at == december(1)

    revision = calendar.clear_days([WEDNESDAY], by=clerk)
    assert revision is not None
    settled(revision)
    projection.reproject()
    assert Case.objects.get(pk=filed.pk).deemed_at == on(30, 17, 30)
    assert Event.objects.filter(kind="term.moved", stream=filed.pk).count() == 2
    assert not Message.objects.filter(kind="term.moved").exists()


def test_an_urging_s_clock_follows(case: Case, one_thing: OneThing, clerk: User) -> None:
    item = make_work_item(case)
    urging = Urging.objects.create(
        case=case,
        work_item=item,
        department=item.department,
        kind="reminder",
        words="请尽快办理",
        sent_by=clerk,
        sent_at=on(23, 10),
        days=3,
        due_at=on(26, 17, 30),
        check_at=on(26, 17, 30),
    )

    follow(WEDNESDAY)

    moved = Urging.objects.get(pk=urging.pk)
    assert (moved.due_at, moved.check_at) == (on(27, 17, 30), on(27, 17, 30))


def test_many_terms_move_in_several_steps(
    one_thing: OneThing, talent: User, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cases import terms

    monkeypatch.setattr(terms, "CHUNK", 2)
    for _ in range(5):
        filed = make_case(
            one_thing,
            talent,
            on(23, 10),
            state=CaseState.RETURNED,
            accepted_at=None,
            promised_days=None,
            due_at=None,
        )
        supplement(filed, clerk)

    follow(WEDNESDAY)
    projection.reproject()

    assert set(Supplement.objects.values_list("lapses_at", flat=True)) == {december(8)}
    assert Event.objects.filter(kind="term.moved").count() == 5


def test_terms_come_before_deadlines_however_long_those_take(
    case: Case, filed: Case, clerk: User
) -> None:
    make_work_item(case)
    asked = supplement(filed, clerk)
    edit(WEDNESDAY)

    assert projection.reproject(seconds=0) == 0

    assert Supplement.objects.get(pk=asked.pk).lapses_at == december(8)
    assert WorkItem.objects.get(case=case).due_at == on(26, 17, 30)
    assert projection.reproject() == 1
    assert Event.objects.filter(kind="term.moved").count() == 1
