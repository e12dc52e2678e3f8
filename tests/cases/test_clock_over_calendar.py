"""A clock that stands while the calendar changes: warnings follow from its cards, none is lost."""

from datetime import date

import pytest

from cases import calendar, review
from cases.models import Card, WorkItem
from cases.sweep import sweep
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import MONDAY
from tests.cases.desks import make_case, make_desk, make_work_item, on
from tests.cases.projecting import edit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


@pytest.fixture
def staff(one_thing: OneThing) -> dict[str, User]:
    calendar.load()
    calendar.forget()
    return make_desk(one_thing)


@pytest.fixture
def item(one_thing: OneThing, talent: User, staff: dict[str, User]) -> WorkItem:
    """Three working days from Monday: yellow on Wednesday 9:00, due on Thursday the 26th."""
    case = make_case(one_thing, talent, MONDAY)
    return make_work_item(case, days=3, claimed_by=staff["officer"])


def stop(item: WorkItem, officer: User) -> None:
    review.pause(work_item_id=item.pk, officer=officer, reason="hearing", note="", expected_days=3)


def go_on(item: WorkItem, officer: User) -> WorkItem:
    return review.resume(work_item_id=item.pk, officer=officer)


def cards() -> list[tuple[str, int]]:
    return list(Card.objects.order_by("issued_at", "pk").values_list("level", "cycle"))


def test_a_day_off_during_the_pause_ends_the_warning_and_a_new_one_comes(
    item: WorkItem, staff: dict[str, User]
) -> None:
    with clock.at(on(25, 10)):
        sweep()
        stop(item, staff["officer"])
        edit(WEDNESDAY)
    with clock.at(on(25, 11)):
        resumed = go_on(item, staff["officer"])
    sweep(now=on(26, 10))

    assert (resumed.yellow_at, resumed.due_at) == (on(26, 9), on(27, 17, 30))
    assert cards() == [("yellow", 0), ("yellow", 1)]


def test_a_day_off_taken_back_during_the_pause_warns_when_the_clock_runs_again(
    one_thing: OneThing, talent: User, staff: dict[str, User]
) -> None:
    edit(TUESDAY)
    case = make_case(one_thing, talent, MONDAY)
    item = make_work_item(case, days=3, claimed_by=staff["officer"])
    with clock.at(on(25, 10)):
        stop(item, staff["officer"])
        calendar.clear_days([TUESDAY], by=staff["officer"])
    with clock.at(on(25, 11)):
        resumed = go_on(item, staff["officer"])
    sweep(now=on(25, 12))

    assert (resumed.yellow_at, resumed.due_at) == (on(25, 11), on(26, 17, 30))
    assert cards() == [("yellow", 0)]


def test_a_red_card_that_is_none_any_more_may_be_drawn_again(
    item: WorkItem, staff: dict[str, User]
) -> None:
    with clock.at(on(27, 10)):
        sweep()
        stop(item, staff["officer"])
        edit(TUESDAY, WEDNESDAY)
    with clock.at(on(27, 11)):
        resumed = go_on(item, staff["officer"])
    sweep(now=on(30, 18))

    assert resumed.due_at == on(30, 17, 30)
    assert cards() == [("yellow", 0), ("red", 0), ("yellow", 1), ("red", 1)]
