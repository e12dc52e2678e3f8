"""A fact that changes while an inspection follows up what it found: both get through.

An inspection takes subjects before it takes them from the queue, in the order of those who state
facts. The race is run in the other order as well, to show that it is one.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import OperationalError, connection

from cases import inspecting
from policies import inspection
from policies.models import ChangedSubject, OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from tests.cases.advised import shelve, state, subject_of
from tests.cases.conftest import MONDAY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("monday")]
PATIENCE = 10.0
QUEUE_FIRST = """
DELETE FROM policies_changedsubject WHERE subject_id = ANY(ARRAY(
    SELECT subject_id FROM policies_changedsubject LIMIT %s FOR UPDATE SKIP LOCKED
)) RETURNING subject_id
"""


@pytest.fixture
def subject(one_thing: OneThing, talent: User, monday: Any) -> Subject:
    shelve(one_thing)
    return subject_of(talent)


def alone(work: Any) -> str:
    """Do some work on a connection of its own; say how it went."""
    try:
        with clock.at(MONDAY):
            work()
        return "done"
    except OperationalError as error:
        return "deadlock" if "deadlock" in str(error) else str(error)
    finally:
        connection.close()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])


def state_while_following_up(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """State a fact after the inspection has merged and before it recommends."""
    merged, opened = Event(), Event()
    follow_up = inspecting.follow_up

    def held_up(changes: Any) -> None:
        merged.set()
        assert opened.wait(PATIENCE)
        follow_up(changes)

    monkeypatch.setattr(inspecting, "follow_up", held_up)
    with ThreadPoolExecutor(2) as pool:
        inspecting_it = pool.submit(alone, inspecting.inspect_next)
        assert merged.wait(PATIENCE)
        stating = pool.submit(alone, lambda: state(subject, insured=False))
        end = monotonic() + PATIENCE
        while not stating.done() and not somebody_waits():
            assert monotonic() < end
            sleep(0.02)
        opened.set()
        return sorted([inspecting_it.result(PATIENCE), stating.result(PATIENCE)])


def test_a_fact_that_changes_meanwhile_waits_and_is_inspected_next(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state_while_following_up(subject, monkeypatch) == ["done", "done"]

    assert ChangedSubject.objects.filter(subject=subject).exists()


def test_in_the_other_order_they_block_each_other(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "CLAIM", QUEUE_FIRST)

    assert "deadlock" in state_while_following_up(subject, monkeypatch)
