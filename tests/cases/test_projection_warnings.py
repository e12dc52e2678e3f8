"""An item in warning whose deadline moves: cards stay as issued, the cycle rises where it leaves.

The item starts on Monday, 2026-11-23; it is due on Thursday and yellow from Wednesday 09:00.
"""

from datetime import date, datetime

import pytest

from cases import calendar, projection
from cases.models import CalendarRevision, Card, WorkItem
from cases.sweep import sweep
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from tests.cases.desks import make_case, make_desk, make_work_item, on
from tests.cases.projecting import edit, settled

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (24, 25, 26))


@pytest.fixture
def item(monday: datetime, one_thing: OneThing, talent: User) -> WorkItem:
    calendar.load()
    CalendarRevision.objects.all().delete()
    make_desk(one_thing)
    return make_work_item(make_case(one_thing, talent, on(23, 10)), days=3)


def moved(item: WorkItem, at: datetime, *off: date) -> WorkItem:
    """Make days off and let the deadlines follow at an instant; return the item."""
    edit(*off)
    with clock.at(at):
        projection.reproject()
    return WorkItem.objects.get(pk=item.pk)


def cards() -> list[tuple[str, int, datetime]]:
    return list(Card.objects.order_by("pk").values_list("level", "cycle", "issued_at"))


YELLOW, RED = ("yellow", 0, on(25, 9)), ("red", 0, on(26, 17, 30))


def test_an_item_that_leaves_yellow_is_warned_anew(item: WorkItem) -> None:
    sweep(now=on(25, 10))

    after = moved(item, on(25, 10), WEDNESDAY)

    assert (after.due_at, after.yellow_at, after.cycle) == (on(27, 17, 30), on(26, 9), 1)
    assert Card.objects.get().due_at == on(26, 17, 30)
    sweep(now=on(26, 10))
    assert cards() == [YELLOW, ("yellow", 1, on(26, 9))]


def test_an_item_that_stays_yellow_keeps_its_card(item: WorkItem) -> None:
    sweep(now=on(25, 10))

    after = moved(item, on(25, 10), THURSDAY)

    assert (after.due_at, after.yellow_at, after.cycle) == (on(27, 17, 30), on(25, 9), 0)
    sweep(now=on(27, 10))
    assert cards() == [YELLOW]
    sweep(now=on(30, 10))
    assert cards() == [YELLOW, ("red", 0, on(27, 17, 30))]


def test_an_item_that_is_not_late_any_more_is_warned_from_now_on(item: WorkItem) -> None:
    sweep(now=on(26, 18))

    after = moved(item, on(26, 18), THURSDAY)

    assert (after.due_at, after.yellow_at, after.cycle) == (on(27, 17, 30), on(26, 18), 1)
    sweep(now=on(26, 18))
    assert cards() == [YELLOW, RED, ("yellow", 1, on(26, 18))]
    sweep(now=on(30, 10))
    assert cards()[-1] == ("red", 1, on(27, 17, 30))


def test_an_item_that_is_out_of_any_warning_waits_for_its_next(item: WorkItem) -> None:
    sweep(now=on(26, 18))

    after = moved(item, on(26, 18), TUESDAY, WEDNESDAY)

    assert (after.due_at, after.yellow_at, after.cycle) == (on(30, 17, 30), on(27, 9), 1)
    assert after.check_at == on(27, 9)


def test_an_item_that_is_late_all_the_same_keeps_its_cards(item: WorkItem) -> None:
    sweep(now=on(30, 10))

    after = moved(item, on(30, 10), WEDNESDAY)

    assert (after.due_at, after.yellow_at, after.cycle) == (on(27, 17, 30), on(25, 9), 0)
    assert after.check_at is None
    sweep(now=on(30, 11))
    assert cards() == [YELLOW, RED]


def test_a_change_that_brings_an_item_into_warning_warns_from_now_on(
    item: WorkItem, clerk: User
) -> None:
    assert moved(item, on(23, 12), WEDNESDAY).yellow_at == on(26, 9)
    revision = calendar.clear_days([WEDNESDAY], by=clerk)
    assert revision is not None
    settled(revision)

    with clock.at(on(25, 12)):
        projection.reproject()

    after = WorkItem.objects.get(pk=item.pk)
    assert (after.due_at, after.yellow_at, after.cycle) == (on(26, 17, 30), on(25, 12), 0)
    sweep(now=on(25, 12))
    assert cards() == [("yellow", 0, on(25, 12))]


def test_a_warning_no_sweep_has_issued_is_none_once_the_deadline_has_moved(item: WorkItem) -> None:
    after = moved(item, on(25, 10), WEDNESDAY)

    assert (after.yellow_at, after.cycle) == (on(26, 9), 0)
    sweep(now=on(25, 10))
    assert cards() == []


def test_a_warning_no_sweep_has_issued_keeps_its_instant_where_it_still_holds(
    item: WorkItem,
) -> None:
    moved(item, on(25, 10), THURSDAY)

    sweep(now=on(25, 11))

    assert cards() == [YELLOW]
