"""Three days without a sweep, then four real processes at once, or one that is killed half-way.

Each card, rung and message exists once with its true instant. That the guards are what makes it so
is shown in test_sweep_race, where the same races fail without them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic, sleep

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from cases import calendar, intake, sweep
from cases.models import Card, Case, CaseState, Rung, WorkItem
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import SHANGHAI, make_user
from tests.cases.desks import make_case, make_desk, make_work_item, on
from tests.fixtures.stack import database_url

pytestmark = pytest.mark.django_db(transaction=True)

COPIES, ITEMS = 4, 6
GATE = 20261124  # the advisory lock behind which all copies wait for each other
# Due on Thursday 26 November; nobody sweeps until Tuesday 1 December, three working days later.
AFTER_OUTAGE = datetime(2026, 12, 1, 10, tzinfo=SHANGHAI)
SUPERVISORS_AT = datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)
SCRIPT = f"""
import sys
from datetime import datetime
import django
django.setup()
from django.db import connection
from cases.sweep import sweep
connection.cursor().execute("SELECT pg_advisory_lock_shared({GATE})")
sweep(now=datetime.fromisoformat(sys.argv[1]), chunk=int(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def outage(one_thing: OneThing, talent: User, clerk: User) -> None:
    """Work items past their due instant, a silent window, a supplement with reminders to send."""
    calendar.load()
    desk = make_desk(one_thing)
    make_user("supervisor", Role.SUPERVISOR, phone="13900000019")
    for _ in range(ITEMS):
        make_work_item(make_case(one_thing, talent, on(23, 10)), claimed_by=desk["officer"])
    waiting = {"state": CaseState.SUBMITTED, "accepted_at": None, "due_at": None}
    make_case(one_thing, talent, on(20, 10), deemed_at=on(27, 17, 30), **waiting)
    asked = make_case(one_thing, talent, on(16, 10), **waiting)
    gap = {"kind": "field", "code": "p_address", "name": "住址", "reason": "不全"}
    with clock.at(on(17, 10)):
        intake.ask(case_id=asked.pk, clerk=clerk, gaps=[gap])  # type: ignore[list-item]


@contextmanager
def another_connection() -> Iterator[BaseDatabaseWrapper]:
    other = connection.copy()
    try:
        yield other
    finally:
        other.close()


def start(chunk: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, AFTER_OUTAGE.isoformat(), str(chunk)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_url()},
    )


def sessions_waiting(query: str) -> list[int]:
    """Return the backends of this database that wait for a lock in a statement like this."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE %s",
            [f"%{query}%"],
        )
        return [pid for (pid,) in cursor.fetchall()]


def until_waiting(query: str, sessions: int) -> None:
    deadline = monotonic() + 60
    while len(sessions_waiting(query)) < sessions:
        assert monotonic() < deadline, f"Not all of {sessions} sessions came to {query!r}."
        sleep(0.05)


def assert_everything_once() -> None:
    cards = Card.objects.filter(stage="department").values_list("level", "issued_at")
    assert sorted(cards) == [("red", on(26, 17, 30))] * ITEMS + [("yellow", on(25, 9))] * ITEMS
    rungs = Rung.objects.filter(subject__startswith="card:").values_list("step", "at")
    # Beside those of the six: the card of the item whose case was deemed accepted.
    own = [row for row in rungs if row in {(1, on(27, 9)), (2, SUPERVISORS_AT)}]
    assert sorted(own) == [(1, on(27, 9))] * ITEMS + [(2, SUPERVISORS_AT)] * ITEMS
    reminders = Rung.objects.filter(subject__startswith="supplement:").values_list("step", "at")
    assert list(reminders) == [(1, on(26, 9)), (2, on(30, 9))]
    silent = Event.objects.filter(kind="case.deemed_accepted").values_list("at", flat=True)
    assert list(silent) == [on(27, 17, 30)]
    assert Case.objects.get(accepted_by=None, state="accepted", deemed_at__isnull=False)
    told = Message.objects.exclude(kind__startswith="case.").filter(
        event__subject__in=[item.subject for item in WorkItem.objects.filter(desk_at=None)]
    )
    # Inbox and SMS: both cards to the claimer, one rung to the leader, one to the supervisor.
    assert told.count() == ITEMS * 2 * 4
    assert sweep.sweep(now=AFTER_OUTAGE) == sweep.SweepReport()


@pytest.mark.parametrize("chunk", [100, 2])
def test_four_processes_at_once_bring_everything_about_once(chunk: int) -> None:
    with another_connection() as gate, gate.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        copies = [start(chunk) for _ in range(COPIES)]
        until_waiting("pg_advisory_lock_shared", COPIES)
    for copy in copies:
        assert copy.wait(60) == 0

    assert_everything_once()


def test_a_process_killed_half_way_through_a_chunk_leaves_nothing_half_done() -> None:
    """Its second chunk stands still in the middle of the statement when the process is killed."""
    third = WorkItem.objects.order_by("check_at", "pk")[2]
    chunk = "WITH due AS MATERIALIZED"
    with another_connection() as blocker, blocker.cursor() as cursor:
        blocker.set_autocommit(False)
        cursor.execute(
            'INSERT INTO cases_card (work_item_id, level, cycle, issued_at, due_at, "limit",'
            " budget, stage) SELECT id, 'yellow', cycle, now(), now(), '', 0, ''"
            " FROM cases_workitem WHERE id = %s",
            [third.pk],
        )
        process = start(2)
        until_waiting(chunk, 1)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        blocker.rollback()
    while_dying(chunk)

    done = set(Card.objects.values_list("work_item", flat=True))
    assert len(done) == 2 and third.pk not in done
    assert Event.objects.filter(kind__startswith="card.").count() == Card.objects.count() == 4
    sweep.sweep(now=AFTER_OUTAGE, chunk=2)
    assert_everything_once()


def while_dying(query: str) -> None:
    """Wait until the server has noticed that the process is gone."""
    deadline = monotonic() + 30
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND query LIKE %s",
                [f"%{query}%"],
            )
            if cursor.fetchone() == (0,):
                return
            assert monotonic() < deadline
            sleep(0.05)
