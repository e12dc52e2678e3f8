"""Tallies follow every move of a work item, and nothing else."""

import random
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from cases import calendar, intake, seeding
from cases.models import (
    Case,
    DailyTally,
    NetTally,
    StandingTally,
    Suspension,
    TallyDelta,
    WorkItem,
)
from cases.supervision import figures, tallies
from cases.supervision.scope import Period, Scope
from cases.tasks import fold_tallies
from policies.models import OneThing
from policies.schema import Catalogue
from portal.accounts.models import User
from tests.cases.conftest import MONDAY
from tests.cases.desks import make_case, make_work_item
from tests.cases.people import ENTERPRISE, GRADUATE_ID
from tests.cases.recounting import GROUPINGS, grouped, rows
from tests.cases.test_random_play import Play, selection
from tests.fixtures.guards import Clock

pytestmark = pytest.mark.django_db

Make = Callable[..., Case]
TABLES = (StandingTally, DailyTally, NetTally, TallyDelta)


@pytest.fixture
def item(one_thing: OneThing, talent: User, monday: Any) -> WorkItem:
    return make_work_item(make_case(one_thing, talent, MONDAY, district="330106"))


def moves() -> list[tuple[str, str, int]]:
    """Return the deltas since the last fold: from, to, how many."""
    found = list(TallyDelta.objects.order_by("pk").values_list("was", "status", "count"))
    tallies.fold()
    return found


def update(item: WorkItem, **changes: Any) -> None:
    WorkItem.objects.filter(pk=item.pk).update(**changes)


def pause(item: WorkItem, officer: User, reason: str) -> Suspension:
    update(item, state="paused", due_at=None, yellow_at=None, check_at=None)
    return Suspension.objects.create(
        work_item=item, reason=reason, expected_days=3, began_at=MONDAY, ordered_by=officer
    )


@pytest.mark.parametrize("seed", range(5))
def test_figures_equal_a_recount_whatever_verbs_are_played(
    seed: int,
    submitted: Make,
    catalogue: Catalogue,
    clerk: User,
    officers: dict[str, User],
    clock: Clock,
) -> None:
    clock.set(MONDAY)
    dice = random.Random(seed)
    answers: dict[str, Any] = {
        "person": {},
        "enterprise": {"e_legal_id": GRADUATE_ID, "hires": ENTERPRISE["hires"]},
    }
    cases = [
        intake.accept(case_id=case.pk, clerk=clerk)
        for applicant, changes in answers.items()
        for case in [submitted(*selection(dice, catalogue, applicant), **changes)]
    ]
    play = Play(seed, cases, officers, clock)
    period = Period(MONDAY.date(), MONDAY.date().replace(year=2027))

    for step in range(48):
        play.step()
        if dice.random() < 0.2:
            tallies.fold(chunk=dice.choice([3, 1000]))
        if step % 6 == 5:
            assert tallies.differences() == []
            now = clock.now()
            for grouping in GROUPINGS:
                found = figures.by(grouping, Scope(), now=now, period=period)
                assert found == grouped(rows(), grouping, Scope(), now, period)
    play.finish()

    assert tallies.differences() == []


def test_a_move_is_one_delta_and_what_moves_nothing_is_none(item: WorkItem, officer: User) -> None:
    assert moves() == [("", "normal", 1)]

    update(item, state="handling", claimed_by=officer, claimed_at=MONDAY)
    assert moves() == []
    update(item, check_at=item.due_at)
    assert moves() == []
    assert item.due_at
    update(item, check_at=item.due_at.replace(microsecond=1))
    assert moves() == [("normal", "yellow", 1)]
    update(item, check_at=None)
    assert moves() == [("yellow", "red", 1)]


def test_who_waits_for_the_applicant_is_known_by_the_open_suspension(
    item: WorkItem, officer: User
) -> None:
    moves()

    suspension = pause(item, officer, "supplement")
    assert moves() == [("normal", "paused", 1), ("", "applicant", 1)]
    suspension.ended_at = MONDAY
    suspension.save()
    assert moves() == [("", "applicant", -1)]
    pause(item, officer, "hearing")
    assert moves() == []


def test_a_late_stage_taken_back_takes_the_old_fact_away_and_adds_the_new(
    item: WorkItem, officer: User
) -> None:
    update(
        item,
        state="approved",
        due_at=None,
        yellow_at=None,
        check_at=None,
        claimed_by=officer,
        decided_by=officer,
        decided_at=MONDAY,
        net_days=None,
        late_stage="department",
    )
    tallies.fold()
    today = Period(MONDAY.date(), MONDAY.date())

    update(item, net_days=2.5)
    assert tallies.differences() == []
    assert TallyDelta.objects.count() == 2
    late = figures.overall(Scope(), now=MONDAY, period=today)
    update(item, late_stage="")
    in_time = figures.overall(Scope(), now=MONDAY, period=today)

    assert (late.late, late.days, late.net) == (1, {3: 1}, 2.5)
    assert (in_time.late, in_time.decided, in_time.net) == (0, 1, 2.5)
    tallies.fold()
    assert figures.overall(Scope(), now=MONDAY, period=today) == in_time
    assert tallies.differences() == []


def test_what_is_deleted_or_rolled_back_is_not_counted(item: WorkItem, officer: User) -> None:
    pause(item, officer, "supplement")
    assert figures.overall(Scope(), now=MONDAY, period=Period(MONDAY.date(), MONDAY.date())).open

    Suspension.objects.all().delete()
    item.delete()

    assert tallies.differences() == []
    tallies.fold()
    assert tallies.standing(Scope(), "department", now=MONDAY) == {}


def test_bulk_writes_are_grouped(one_thing: OneThing) -> None:
    calendar.load()

    seeding.seed(cases=200, open_share=0.3, seed=2, now=MONDAY)

    assert TallyDelta.objects.count() < WorkItem.objects.count()
    assert tallies.differences() == []


def test_a_fold_takes_all_in_chunks_and_changes_no_figure(one_thing: OneThing) -> None:
    calendar.load()
    seeding.seed(cases=40, open_share=0.5, seed=3, now=MONDAY)
    year = Period(MONDAY.date().replace(year=2025), MONDAY.date())
    before = figures.by("item", Scope(), now=MONDAY, period=year)
    waiting = TallyDelta.objects.count()

    assert tallies.fold(chunk=7) == waiting
    fold_tallies()

    assert not TallyDelta.objects.exists()
    after = figures.by("item", Scope(), now=MONDAY, period=year)
    assert {key: (one.open, one.days) for key, one in after.items()} == {
        key: (one.open, one.days) for key, one in before.items()
    }


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE cases_standingtally SET count = count + 1 WHERE status = 'normal'",
        "UPDATE cases_dailytally SET started = started + 2",
        "DELETE FROM cases_standingtally",
        "DELETE FROM cases_tallydelta",
    ],
)
def test_recount_names_what_differs_and_repairs_it(item: WorkItem, damage: str) -> None:
    if "delta" not in damage:
        tallies.fold()
    with connection.cursor() as cursor:
        cursor.execute(damage)

    checked, repaired, checked_again = StringIO(), StringIO(), StringIO()
    call_command("recount", "--check", stdout=checked)
    call_command("recount", stdout=repaired)
    call_command("recount", "--check", stdout=checked_again)

    place = f"{item.department.code} P05 330106"
    assert place in checked.getvalue() and "未改动" in checked.getvalue()
    assert place in repaired.getvalue() and "已重新汇总" in repaired.getvalue()
    assert checked_again.getvalue() == "汇总与办件相符。\n"


def test_rebuilding_an_exact_tally_changes_nothing(item: WorkItem) -> None:
    before = tallies.standing(Scope(), "item", now=MONDAY)

    assert tallies.rebuild() == 1

    assert tallies.standing(Scope(), "item", now=MONDAY) == before
    assert [model.objects.count() for model in TABLES] == [1, 1, 0, 0]
