"""Four sweeps at once on the same ladders: each rung is climbed, recorded and told once.

Rows are claimed with SKIP LOCKED, and a rung is unique per subject and step; without both the same
race climbs rungs twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction

from cases import calendar, ladders, sweep
from cases.models import Rung
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Department, Role, User
from portal.core.ledger import Event
from tests.cases.conftest import make_user
from tests.cases.desks import make_case, make_work_item, on
from tests.cases.test_sweep_race import LOCK, race

pytestmark = pytest.mark.django_db(transaction=True)

ITEMS = 6
ONCE = "ON CONFLICT (subject, step) DO NOTHING"


@pytest.fixture(autouse=True)
def red_items(one_thing: OneThing, talent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red cards whose first rung has fallen due; each transaction is held open for a while."""
    calendar.load()
    department = Department.objects.get(code=one_thing.catalogue.items["P05"].department)
    make_user("leader", Role.LEADER, department, phone="13900000014")
    for _ in range(ITEMS):
        make_work_item(make_case(one_thing, talent, on(23, 10)))
    sweep.sweep(now=on(26, 18))
    # Taken out of its transaction and put into one of its own, with the wait inside.
    climb = ladders._climb.__wrapped__  # type: ignore[attr-defined]

    def climb_slowly(*args: Any) -> ladders.Climbed:
        climbed: ladders.Climbed = climb(*args)
        sleep(0.3)
        return climbed

    monkeypatch.setattr(ladders, "_climb", transaction.atomic(climb_slowly))


@contextmanager
def without_constraint() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_rung DROP CONSTRAINT cases_rung_once")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE cases_rung")
            cursor.execute(
                "ALTER TABLE cases_rung ADD CONSTRAINT cases_rung_once UNIQUE (subject, step)"
            )


def take_out_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked = ladders.ESCALATION.reached.replace(LOCK, "")
    assert unlocked != ladders.ESCALATION.reached
    monkeypatch.setattr(ladders, "ESCALATION", ladders.ESCALATION._replace(reached=unlocked))


def assert_once() -> None:
    assert Rung.objects.count() == ITEMS
    assert Event.objects.filter(kind="card.escalated").count() == ITEMS
    assert Message.objects.filter(kind="card.escalated").count() == 2 * ITEMS


@pytest.mark.parametrize("chunk", [100, 2])
def test_four_sweeps_climb_each_rung_once(chunk: int) -> None:
    race(chunk)

    assert_once()


def test_the_unique_rung_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    take_out_lock(monkeypatch)

    race()

    assert_once()


def test_without_both_guards_rungs_are_climbed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    take_out_lock(monkeypatch)
    monkeypatch.setattr(ladders, "CLIMB", ladders.CLIMB.replace(ONCE, ""))

    with without_constraint():
        race()
        assert Rung.objects.count() > ITEMS
    assert ONCE not in ladders.CLIMB
