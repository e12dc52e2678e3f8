"""Inspections at once, and facts that change while one is at work.

Each guard is shown to be needed: the same race goes wrong without it.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from policies import inspection
from policies.inspection import inspect, inspect_changed
from policies.models import ChangedSubject, Inspection, Subject
from portal.core import clock
from tests.accounts.threads import together
from tests.policies.inspecting import MONDAY, matches, person, publish, recount, say

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 11, 23)
INSURED = {"conditions": {"fact": "insured", "op": "==", "value": True}}
NO_LOCK = "SELECT true"
# What a careless worker does: look at what waits, and clear it away when done.
LOOK_ONLY = "SELECT subject_id FROM policies_changedsubject LIMIT %s"
PATIENCE = 10.0


@pytest.fixture(autouse=True)
def insured(monday: None) -> Subject:
    """Somebody whom the policy, published after the first inspection, will match."""
    publish("SETTLED")
    subject = person(insured=True)
    inspect(TODAY)
    publish("INSURED", INSURED)
    return subject


class Gate:
    """Holds up the first batch between its merge and its commit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.opened = Event(), Event()
        self.merge = inspection._merge
        monkeypatch.setattr(inspection, "_merge", self.held_up)

    def held_up(self, *args: Any) -> Any:
        found = self.merge(*args)
        if not self.reached.is_set():
            self.reached.set()
            assert self.opened.wait(PATIENCE)
        return found

    def between(self, first: Callable[[], Any], second: Callable[[], Any]) -> None:
        """Do the second while the first is held up, as far as it gets."""
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(alone, first)
            assert self.reached.wait(PATIENCE)
            other = pool.submit(alone, second)
            until_done_or_waiting(other)
            self.opened.set()
            one.result(PATIENCE)
            other.result(PATIENCE)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


def alone(work: Callable[[], Any]) -> Any:
    """Do some work on a connection of its own."""
    try:
        with clock.at(MONDAY):
            return work()
    finally:
        connection.close()


def until_done_or_waiting(future: "Future[Any]") -> None:
    end = monotonic() + PATIENCE
    while not future.done() and not somebody_waits():
        assert monotonic() < end
        sleep(0.02)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])


def next_batch() -> None:
    with transaction.atomic():
        inspect_changed(100)


class TestRunsAtOnce:
    @pytest.fixture(autouse=True)
    def slow_merges(self, monkeypatch: pytest.MonkeyPatch) -> None:
        merge = inspection._merge

        def slowly(*args: Any) -> Any:
            found = merge(*args)
            sleep(0.2)
            return found

        monkeypatch.setattr(inspection, "_merge", slowly)

    def test_each_match_is_found_once(self) -> None:
        runs = together(3, lambda number: alone(lambda: inspect(TODAY, full=True)))

        assert sum(found.gained for found in runs) == 1
        assert matches() == recount(TODAY)

    def test_without_the_lock_they_clash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inspection, "LOCK_ALONE", NO_LOCK)

        with pytest.raises(IntegrityError):
            together(3, lambda number: alone(lambda: inspect(TODAY, full=True)))

    def test_workers_share_out_the_queue(self) -> None:
        inspect(TODAY)
        for number in range(1, 7):
            person(number, insured=True)

        def work(number: int) -> tuple[int, ...]:
            def take() -> tuple[int, ...]:
                with transaction.atomic():
                    return inspect_changed(2).subject_ids

            return alone(take)

        parts = together(3, work)

        assert sorted(len(part) for part in parts) == [2, 2, 2]
        assert len({pk for part in parts for pk in part}) == 6
        assert matches() == recount(TODAY)


class TestAFactThatChangesMeanwhile:
    def test_puts_the_subject_into_the_queue_again(self, insured: Subject, gate: Gate) -> None:
        say(insured, edu="21")

        gate.between(next_batch, lambda: say(insured, insured=False))

        assert ChangedSubject.objects.count() == 1
        inspect(TODAY)
        assert matches() == recount(TODAY) == set()

    def test_neither_keeps_the_other_waiting_for_ever(self, insured: Subject, gate: Gate) -> None:
        say(insured, edu="21")

        def batch() -> None:
            with transaction.atomic():
                inspect_changed(100)
                list(Subject.objects.select_for_update(no_key=True))  # as who recommends does

        gate.between(batch, lambda: say(insured, insured=False))

        inspect(TODAY)
        assert matches() == recount(TODAY) == set()

    def test_would_be_lost_if_the_queue_were_only_cleared_at_the_end(
        self, insured: Subject, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inspection, "CLAIM", LOOK_ONLY)
        say(insured, edu="21")

        def careless() -> None:
            with transaction.atomic():
                inspect_changed(100)
                ChangedSubject.objects.all().delete()

        gate.between(careless, lambda: say(insured, insured=False))

        monkeypatch.undo()
        inspect(TODAY)
        assert recount(TODAY) == set() != matches()


class TestARunOverEveryone:
    def test_does_not_overrule_what_the_queue_decides_anew(
        self, insured: Subject, gate: Gate
    ) -> None:
        gate.between(lambda: inspect(TODAY), lambda: (say(insured, insured=False), next_batch()))

        assert ChangedSubject.objects.count() == 0
        assert matches() == recount(TODAY) == set()

    def test_would_without_the_lock(
        self, insured: Subject, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inspection, "LOCK_SHARED", NO_LOCK)

        gate.between(lambda: inspect(TODAY), lambda: (say(insured, insured=False), next_batch()))

        assert ChangedSubject.objects.count() == 0
        assert recount(TODAY) == set() != matches()


def test_a_run_cut_short_is_made_good_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> Any:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(inspection, "_merge", fail)
        with pytest.raises(RuntimeError):
            inspect(TODAY)

    assert Inspection.objects.get(ended_at=None).by_policy == {}
    assert inspect(TODAY).gained == 1
    assert matches() == recount(TODAY)
