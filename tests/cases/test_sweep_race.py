"""Four sweeps at once.

Two guards make each card exist once: rows are claimed with SKIP LOCKED, and a card is unique per
work item, level and cycle. Either is enough; the last test shows that without both the same race
does issue cards twice, so the others can fail.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import connection

from cases import issuing, sweep
from cases.models import Card
from cases.sweep import SweepReport
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Department, Role, User
from portal.core.ledger import Event
from tests.cases.conftest import SHANGHAI, make_user
from tests.cases.desks import make_case, make_work_item

pytestmark = pytest.mark.django_db(transaction=True)

COPIES, ITEMS = 4, 12
MONDAY = datetime(2026, 11, 23, 10, tzinfo=SHANGHAI)
AFTER_DUE = datetime(2026, 11, 30, 10, tzinfo=SHANGHAI)
LOCK = "FOR NO KEY UPDATE SKIP LOCKED"
ONCE = "ON CONFLICT (work_item_id, level, cycle) DO NOTHING"


@pytest.fixture(autouse=True)
def due_items(one_thing: OneThing, talent: User) -> None:
    department = Department.objects.get(code=one_thing.catalogue.items["P05"].department)
    make_user("leader", Role.LEADER, department, phone="13900000014")
    for _ in range(ITEMS):
        make_work_item(make_case(one_thing, talent, MONDAY))


@pytest.fixture(autouse=True)
def slow_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold each chunk's transaction open, so that the copies meet on the same rows."""

    def issue_slowly(*args: Any) -> issuing.Issued:
        issued = issue(*args)
        sleep(0.3)
        return issued

    issue = issuing._issue
    monkeypatch.setattr(issuing, "_issue", issue_slowly)


@contextmanager
def without_constraint() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_card DROP CONSTRAINT cases_card_once")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE cases_card")
            cursor.execute(
                "ALTER TABLE cases_card ADD CONSTRAINT cases_card_once"
                " UNIQUE (work_item_id, level, cycle)"
            )


def race(chunk: int = 1000) -> list[SweepReport]:
    barrier = Barrier(COPIES)

    def one_copy(_: int) -> SweepReport:
        barrier.wait()
        try:
            return sweep.sweep(now=AFTER_DUE, chunk=chunk)
        finally:
            connection.close()

    with ThreadPoolExecutor(COPIES) as pool:
        return list(pool.map(one_copy, range(COPIES)))


def assert_once(reports: list[SweepReport]) -> None:
    assert sum(report.yellow for report in reports) == ITEMS
    assert sum(report.red for report in reports) == ITEMS
    assert Card.objects.count() == Event.objects.count() == 2 * ITEMS
    # Inbox and SMS to the leader for each card.
    assert Message.objects.count() == 4 * ITEMS


@pytest.mark.parametrize("chunk", [1000, 3])
def test_four_sweeps_at_once_issue_each_card_and_message_once(chunk: int) -> None:
    assert_once(race(chunk))


def test_the_claim_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "ISSUE", issuing.ISSUE.replace(ONCE, ""))

    with without_constraint():
        assert_once(race())


def test_the_unique_card_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CLOCKS_DUE", issuing.CLOCKS_DUE.replace(LOCK, ""))

    assert_once(race())


def test_without_both_guards_cards_are_issued_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CLOCKS_DUE", issuing.CLOCKS_DUE.replace(LOCK, ""))
    monkeypatch.setattr(issuing, "ISSUE", issuing.ISSUE.replace(ONCE, ""))

    with without_constraint():
        race()
        assert Card.objects.count() > 2 * ITEMS
    assert LOCK not in issuing.CLOCKS_DUE and ONCE not in issuing.ISSUE
