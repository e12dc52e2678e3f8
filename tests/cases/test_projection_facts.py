"""Moved deadlines against the pure functions, on many random items and calendars."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

import pytest

from cases import calendar, deadlines, projection, review
from cases.models import CalendarDay, CalendarOrdinal, Case, Suspension, WorkItem, WorkItemState
from cases.working_time import WEEKEND
from policies.models import OneThing
from portal.accounts.models import Department, User
from portal.core import clock
from tests.cases.conftest import SHANGHAI
from tests.cases.desks import make_case
from tests.cases.projecting import settled

pytestmark = pytest.mark.django_db

ITEMS_A_CASE, CASES = 5, 40
# Before anything starts, so that no warning has begun.
EARLY = datetime(2026, 1, 5, 10, tzinfo=SHANGHAI)
FAR = datetime(2029, 1, 1, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def early() -> Iterator[None]:
    with clock.at(EARLY):
        calendar.load()
        yield


def random_instant(random: Random) -> datetime:
    return EARLY + timedelta(
        days=random.randrange(1, 400), seconds=random.choice((0, 1, 43199, random.randrange(86400)))
    )


def random_item(random: Random, case: Case, code: str, department: Department) -> WorkItem:
    promised = random.choice((0, 1, 2, 3, 5, 7, 10, 15, 20, 30))
    statutory = random.choice((None, None, promised + 5, max(promised - 1, 0)))
    extended = random.choice((0, 0, 4))
    budget = min(promised, promised if statutory is None else statutory) + extended
    start = random_instant(random)
    return WorkItem(
        case=case,
        item_code=code,
        item_name=f"事项{code}",
        department=department,
        state=WorkItemState.HANDLING,
        promised_days=promised,
        statutory_days=statutory,
        extended_days=extended,
        warn_days=random.choice((None, 1, budget - 1)) if budget > 1 else None,
        started_at=start,
        yellow_at=FAR,
        check_at=FAR,
        due_at=FAR,
    )


def random_pauses(random: Random, item: WorkItem, officer: User) -> list[Suspension]:
    begins = [item.started_at + timedelta(hours=random.randrange(200)) for _ in range(2)]
    return [
        Suspension(
            work_item=item,
            reason="hearing",
            expected_days=3,
            began_at=begin,
            ended_at=begin + timedelta(hours=random.choice((0, 3, 60, 240))),
            ordered_by=officer,
        )
        for begin in begins[: random.choice((0, 0, 0, 1, 2))]
    ]


def make_items(random: Random, one_thing: OneThing, talent: User, officer: User) -> list[WorkItem]:
    department = Department.objects.all()[0]
    codes = sorted(one_thing.catalogue.items)[:ITEMS_A_CASE]
    items = []
    for _ in range(CASES):
        case = make_case(one_thing, talent, random_instant(random), item_codes=codes[:1])
        items += [random_item(random, case, code, department) for code in codes]
    WorkItem.objects.bulk_create(items)
    Suspension.objects.bulk_create(
        pause for item in items for pause in random_pauses(random, item, officer)
    )
    return items


def edit_at_random(random: Random) -> None:
    for year in (2026, 2027):
        held = calendar.held(year)
        assert held is not None
        days = [date(year, 1, 1) + timedelta(days=random.randrange(365)) for _ in range(25)]
        changed = {day: (day.weekday() in WEEKEND, "改") for day in days}
        kept = {day: what for day, what in held.days.items() if random.random() < 0.8}
        revision = calendar.revise(
            [calendar.Year(year, True, held.source, {**kept, **changed})], how="改"
        )
        assert revision is not None
        settled(revision)


@pytest.mark.parametrize("seed", range(3))
def test_deadlines_are_those_of_the_pure_functions(
    seed: int, one_thing: OneThing, talent: User, officer: User
) -> None:
    random = Random(seed)
    make_items(random, one_thing, talent, officer)
    edit_at_random(random)

    projection.reproject(chunk=17, scan=41)

    working_days = calendar.current()
    for item in WorkItem.objects.prefetch_related("suspensions"):
        pauses = deadlines.closed_pauses(item)
        result = deadlines.projected(item, working_days, pauses)
        resumed = max((ended for _, ended in pauses), default=EARLY)
        assert item.due_at == result.due_at
        assert item.yellow_at == min(max(result.yellow_at, resumed), result.due_at)
        assert item.check_at == item.yellow_at
    for case in Case.objects.select_related("version"):
        assert case.due_at == review.case_due(case)


@pytest.mark.parametrize("seed", range(3))
def test_the_ordinals_are_those_of_the_calendar_in_memory(seed: int) -> None:
    edit_at_random(Random(seed))

    working_days, counted = calendar.current(), 0
    ordinals = list(CalendarOrdinal.objects.order_by("date"))
    for row in ordinals:
        counted += working_days.is_working(row.date)
        assert (row.working, row.ordinal) == (working_days.is_working(row.date), counted)
    assert (ordinals[0].date, ordinals[-1].date) == (date(2004, 1, 1), date(2028, 12, 31))
    assert len(ordinals) == (ordinals[-1].date - ordinals[0].date).days + 1
    assert CalendarDay.objects.filter(name="改").count() > 30
