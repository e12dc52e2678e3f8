"""Four writers, four folds and a reader at once: nothing is lost, counted twice, or deadlocked.

Two guards carry this: a fold takes away and adds in one statement, and a lock keeps folds and
rebuilds apart. The last two tests show the same races fail without them.
"""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction

from cases.models import TallyDelta, WorkItem
from cases.supervision import tallies
from cases.supervision.scope import Scope
from policies.models import OneThing
from portal.accounts.models import User
from tests.cases.conftest import MONDAY
from tests.cases.desks import make_case, make_work_item

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, FOLDS, ITEMS, WRITES = 4, 4, 24, 60
NO_LOCK = "SELECT true OR %s IS NULL"


class Undone(Exception):
    """What rolls a writer's transaction back."""


@pytest.fixture(autouse=True)
def items(one_thing: OneThing, talent: User) -> list[int]:
    """Work items in two districts, all of them open for the whole race."""
    return [
        make_work_item(
            make_case(one_thing, talent, MONDAY, district=("330102", "330106")[place % 2])
        ).pk
        for place in range(ITEMS)
    ]


def write(own: list[int], seed: int) -> None:
    """Move one's own work items between normal, yellow, red and paused; undo one in ten."""
    dice = random.Random(seed)
    for _ in range(WRITES):
        try:
            with transaction.atomic():
                for pk in dice.sample(own, 2):
                    item = WorkItem.objects.select_for_update().get(pk=pk)
                    move(item, dice.choice(["normal", "yellow", "red", "paused"]))
                if dice.random() < 0.1:
                    raise Undone
        except Undone:
            continue


def move(item: WorkItem, to: str) -> None:
    due = MONDAY.replace(month=12)
    checks = {"normal": MONDAY, "yellow": due.replace(microsecond=1), "red": None, "paused": None}
    paused = to == "paused"
    WorkItem.objects.filter(pk=item.pk).update(
        state="paused" if paused else "ready",
        yellow_at=None if paused else MONDAY,
        due_at=None if paused else due,
        check_at=checks[to],
    )


def read(done: Event) -> set[int]:
    """Return every number of open work items seen while the others were at it."""
    seen = set()
    before = MONDAY.replace(year=2025)
    while not done.is_set():
        found = tallies.standing(Scope(), "department", now=before)
        seen.add(sum(sum(row.values()) for row in found.values()))
    return seen


def fold(done: Event) -> int:
    folded = 0
    while not done.is_set():
        folded += tallies.fold(chunk=7)
        sleep(0.002)
    return folded


def closing(work: Any, *args: Any) -> Any:
    try:
        return work(*args)
    finally:
        connection.close()


def race(items: list[int]) -> tuple[int, set[int]]:
    """Run all at once; return how many deltas were folded, and what the reader saw."""
    done = Event()
    with ThreadPoolExecutor(WRITERS + FOLDS + 1) as pool:
        folds = [pool.submit(closing, fold, done) for _ in range(FOLDS)]
        reader = pool.submit(closing, read, done)
        writers = [
            pool.submit(closing, write, items[place::WRITERS], place) for place in range(WRITERS)
        ]
        try:
            for writer in writers:
                writer.result()
        finally:
            done.set()
        return sum(one.result() for one in folds), reader.result()


def test_four_writers_and_four_folds_lose_nothing(items: list[int]) -> None:
    folded, seen = race(items)

    assert folded > ITEMS
    # At no instant did a move leave its old place without being in its new one.
    assert seen == {ITEMS}
    assert tallies.differences() == []
    tallies.fold()
    assert tallies.differences() == []
    assert not TallyDelta.objects.exists()


def test_a_rebuild_in_the_middle_loses_nothing_either(items: list[int]) -> None:
    done = Event()
    with ThreadPoolExecutor(WRITERS + FOLDS + 1) as pool:
        folds = [pool.submit(closing, fold, done) for _ in range(FOLDS)]
        writers = [
            pool.submit(closing, write, items[place::WRITERS], place) for place in range(WRITERS)
        ]
        for _ in range(8):
            assert pool.submit(closing, tallies.rebuild).result() >= ITEMS
        for task in writers:
            task.result()
        done.set()
        for task in folds:
            task.result()

    assert tallies.differences() == []


@pytest.fixture
def take_then_delete(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fold that reads the deltas in one statement and deletes them in the next."""
    reading = tallies.FOLD.replace(tallies.TAKE, "SELECT * FROM cases_tallydelta")
    assert reading != tallies.FOLD

    @transaction.atomic
    def broken(chunk: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute(tallies.WAIT_FOR_LOCK, [tallies.LOCK])
            cursor.execute(reading, {"chunk": chunk})
            sleep(0.02)
            cursor.execute("DELETE FROM cases_tallydelta")
        return 0

    monkeypatch.setattr(tallies, "_fold", broken)
    yield


@pytest.mark.usefixtures("take_then_delete")
def test_without_taking_and_adding_in_one_statement_moves_are_lost(items: list[int]) -> None:
    race(items)

    assert tallies.differences() != []


def fold_while_rebuilding() -> None:
    """Rebuild while a fold has written the tables and not committed yet."""
    folded = Event()

    def slowly() -> None:
        with transaction.atomic():
            tallies.fold()
            folded.set()
            sleep(0.3)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(closing, slowly)
        folded.wait(10)
        pool.submit(closing, tallies.rebuild).result()
        first.result()


def test_a_rebuild_waits_for_a_fold_that_is_under_way(items: list[int]) -> None:
    fold_while_rebuilding()

    assert tallies.differences() == []


def test_without_the_lock_a_rebuild_counts_what_is_being_folded_twice(
    items: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "TRY_LOCK", NO_LOCK)
    monkeypatch.setattr(tallies, "WAIT_FOR_LOCK", NO_LOCK)

    fold_while_rebuilding()

    assert tallies.differences() != []
