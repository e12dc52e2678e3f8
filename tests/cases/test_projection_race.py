"""Deadlines worked out anew by two copies at once, by one that dies half-way, past a locked row.

Two guards make each move happen once: the mark on the revision has to stand where a copy has seen
it, and rows are locked before they are compared. Either is enough; the last test of the race shows
that without both the same race does move twice, so the others can fail.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from threading import Event as Signal
from time import sleep
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from cases import calendar, projection
from cases.models import CalendarRevision, Case, WorkItem
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.desks import make_case, make_work_item, on
from tests.cases.projecting import edit

pytestmark = pytest.mark.django_db(transaction=True)

CASES, COPIES, CHUNK = 12, 2, 4
CODES = ("P01", "P05")
DUE = on(27, 17, 30)
UNGUARDED = "SELECT %(revision)s, %(seen)s, %(upto)s"


@pytest.fixture(autouse=True)
def revision(one_thing: OneThing, talent: User) -> CalendarRevision:
    with clock.at(on(23, 10)):
        calendar.load()
        CalendarRevision.objects.all().delete()
        for _ in range(CASES):
            case = make_case(one_thing, talent, on(23, 10))
            for code in CODES:
                make_work_item(case, code=code)
        return edit(date(2026, 11, 25))


def run(_: int = 0) -> int:
    with clock.at(on(23, 12)):
        return projection.reproject(chunk=CHUNK)


def race() -> int:
    barrier = Barrier(COPIES)

    def one_copy(_: int) -> int:
        barrier.wait()
        try:
            return run()
        finally:
            connection.close()

    with ThreadPoolExecutor(COPIES) as pool:
        return sum(pool.map(one_copy, range(COPIES)))


@pytest.fixture
def slow_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold each chunk's transaction open, so that the copies meet on the same rows."""
    write = projection._write

    def write_slowly(*args: Any) -> int:
        moved = write(*args)
        sleep(0.2)
        return moved

    monkeypatch.setattr(projection, "_write", write_slowly)
    monkeypatch.setattr(projection, "PATIENCE", "10s")


def assert_once() -> None:
    moved = Event.objects.filter(kind="work_item.moved")
    assert moved.count() == moved.values("subject").distinct().count() == CASES * len(CODES)
    assert set(WorkItem.objects.values_list("due_at", flat=True)) == {DUE}
    assert Event.objects.filter(kind="case.moved").count() == CASES
    # Inbox and SMS to the applicant for each case.
    assert Message.objects.filter(kind="case.moved").count() == CASES
    revision = CalendarRevision.objects.get()
    assert (revision.moved, revision.finished_at is None) == (CASES * len(CODES), False)
    assert Event.objects.filter(kind="calendar.projected").count() == 1


def test_two_copies_at_once_move_everything_once(slow_chunks: None) -> None:
    assert race() == CASES * len(CODES)

    if CalendarRevision.objects.filter(finished_at=None).exists():
        run()
    assert_once()


def test_the_mark_alone_is_enough(slow_chunks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    without_row_locks(monkeypatch)

    race()

    run()
    assert_once()


def test_the_row_locks_alone_are_enough(slow_chunks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "MARK", UNGUARDED)

    race()

    moved = Event.objects.filter(kind="work_item.moved")
    assert moved.count() == moved.values("subject").distinct().count() == CASES * len(CODES)
    assert Message.objects.filter(kind="case.moved").count() == CASES


def test_without_both_guards_deadlines_move_twice(
    slow_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_row_locks(monkeypatch)
    monkeypatch.setattr(projection, "MARK", UNGUARDED)

    race()

    assert Event.objects.filter(kind="work_item.moved").count() > CASES * len(CODES)


def without_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCK_CASES", "LOCK_ITEMS"):
        text = getattr(projection, name)
        assert "FOR NO KEY UPDATE" in text
        monkeypatch.setattr(projection, name, text.replace("FOR NO KEY UPDATE", ""))


class Killed(BaseException):
    """The process is gone: nothing is caught and nothing is committed."""


@pytest.mark.parametrize("dies_in", range(1, 7))
def test_a_killed_run_goes_on_behind_what_is_done(
    dies_in: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, chunks = projection._write, []

    def write_and_die(revision: CalendarRevision, cases: list[UUID]) -> int:
        chunks.append(cases)
        moved = write(revision, cases)
        if len(chunks) == dies_in:
            raise Killed
        return moved

    monkeypatch.setattr(projection, "_write", write_and_die)
    with pytest.raises(Killed):
        run()
    done = CalendarRevision.objects.get()
    assert done.moved == (dies_in - 1) * CHUNK
    assert Event.objects.filter(kind="work_item.moved").count() == done.moved
    chunks.clear()
    dies_in = 0

    run()

    assert_once()
    # Only what was not committed is done again.
    assert sum(map(len, chunks)) == CASES - done.moved // len(CODES)


def test_a_locked_case_is_waited_for_and_never_left_out(
    slow_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(projection, "ATTEMPTS", 2)
    held, free = Signal(), Signal()
    case = Case.objects.order_by("work_items__pk")[CASES]

    def hold() -> None:
        with transaction.atomic():
            Case.objects.select_for_update(no_key=True).get(pk=case.pk)
            held.set()
            free.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        held.wait(20)
        run()
        stopped = CalendarRevision.objects.get()
        free.set()

    assert stopped.finished_at is None
    assert 0 < stopped.moved < CASES * len(CODES)
    run()
    assert_once()


def test_a_run_gives_way_to_a_change_made_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    write = projection._write

    def write_and_change(*args: Any) -> int:
        moved = write(*args)
        if CalendarRevision.objects.count() == 1:
            edit(date(2026, 11, 24))
        return moved

    monkeypatch.setattr(projection, "_write", write_and_change)

    run()
    assert not WorkItem.objects.filter(due_at=on(30, 17, 30)).exists()
    run()

    assert set(WorkItem.objects.values_list("due_at", flat=True)) == {on(30, 17, 30)}
    assert not CalendarRevision.objects.filter(finished_at=None).exists()
