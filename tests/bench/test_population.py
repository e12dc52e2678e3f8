"""What the benchmarks measure on has to be what the verbs would have made."""

import pytest

from benchmarks import at_least, at_most
from benchmarks.population import Population
from cases import calendar, sweep
from cases.deadlines import projected
from cases.models import WorkItem
from cases.models.work_item import RUNNING
from cases.sweep import SweepReport
from cases.working_time import net_days

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def population() -> Population:
    made = Population()
    made.grow(open_items=300, decided=200)
    return made


def test_it_grows_to_the_numbers_asked_for_and_keeps_what_it_has(population: Population) -> None:
    population.grow(open_items=400, decided=100)

    running = WorkItem.objects.filter(state__in=RUNNING)
    assert (running.count(), WorkItem.objects.count()) == (400, 600)


def test_its_clocks_follow_from_the_facts(population: Population) -> None:
    for item in WorkItem.objects.filter(state__in=RUNNING):
        stood = projected(item, calendar.current(), [])
        assert (item.yellow_at, item.due_at) == (stood.yellow_at, stood.due_at)


def test_its_decisions_follow_from_the_facts(population: Population) -> None:
    decided = list(WorkItem.objects.exclude(decided_at=None))

    for item in decided:
        assert item.started_at and item.decided_at
        assert item.net_days == net_days(
            calendar.current(), start=item.started_at, end=item.decided_at
        )
        due_at = projected(item, calendar.current(), []).due_at
        assert (item.late_stage == "department") == (item.decided_at > due_at)
    assert {item.late_stage for item in decided} == {"", "department"}


def test_a_sweep_finds_nothing_to_do(population: Population) -> None:
    assert sweep.sweep(now=population.now) == SweepReport()


def test_a_comparison_holds_on_its_own_side_of_the_limit() -> None:
    assert at_most("a", 1, 2.0, 1.0, 2).ok and not at_most("a", 1, 2.1, 1.0, 2).ok
    assert at_least("a", 1, 2.0, 1.0, 2).ok and not at_least("a", 1, 1.9, 1.0, 2).ok
