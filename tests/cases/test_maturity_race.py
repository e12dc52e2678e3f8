"""Wakers and taps at once: each item ripens once and is taken up once.

Rows are claimed with SKIP LOCKED and written only while they still wait; without both the same race
tells twice, so the others can fail.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import connection

from cases import calendar, maturity, ripening, waking
from cases.models import Case, ParkedState
from notifications.models import Message
from policies.models import OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.ripening import day, graduate, parked, shelve

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Case]
COPIES = 4
RIPE = day("2027-04-23", 10)
LOCK = "FOR NO KEY UPDATE SKIP LOCKED"
STILL = " AND state = 'waiting'"


@pytest.fixture(autouse=True)
def ground(one_thing: OneThing, monday: Any) -> None:
    calendar.load()
    shelve(one_thing)


@pytest.fixture
def subject(talent: User) -> Subject:
    return graduate(talent)


@pytest.fixture
def case(accepted: Make, subject: Subject) -> Case:
    return accepted("P01", "P07")


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same instant of the business clock, each on a connection of its own."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            start.wait()
            with clock.at(RIPE):
                return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let wakers meet between claiming and writing."""
    outlook = ripening.outlook

    def slowly(*args: Any) -> Any:
        found = outlook(*args)
        sleep(0.3)
        return found

    monkeypatch.setattr(ripening, "outlook", slowly)


def woken() -> tuple[int, int]:
    ripe = Event.objects.filter(kind="parked.ripe").count()
    return ripe, Message.objects.filter(kind="parked.ripe", channel="inbox").count()


def test_four_wakers_tell_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    slow(monkeypatch)

    found = at_once(*[lambda: maturity.wake(RIPE)] * COPIES)

    assert sum(one.ripe for one in found) == 1
    assert woken() == (1, 1)


def test_the_state_in_the_statement_alone_is_enough(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(monkeypatch)
    monkeypatch.setattr(waking, "CLAIM", waking.CLAIM.replace(LOCK, ""))

    at_once(*[lambda: maturity.wake(RIPE)] * COPIES)

    assert woken() == (1, 1)


def test_without_both_guards_it_is_told_twice(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    slow(monkeypatch)
    assert LOCK in waking.CLAIM and STILL in waking.RIPEN
    monkeypatch.setattr(waking, "CLAIM", waking.CLAIM.replace(LOCK, ""))
    monkeypatch.setattr(waking, "RIPEN", waking.RIPEN.replace(STILL, ""))

    at_once(*[lambda: maturity.wake(RIPE)] * COPIES)

    assert woken()[0] > 1


def test_a_double_tap_makes_one_work_item(case: Case, talent: User) -> None:
    maturity.wake(RIPE)

    made = at_once(*[lambda: maturity.resume(case_id=case.pk, actor=talent)] * COPIES)

    assert sorted(len(items) for items in made) == [0] * (COPIES - 1) + [1]
    assert case.work_items.filter(item_code="P07").count() == 1
    assert Event.objects.filter(kind="parked.resumed").count() == 1


def test_waking_and_a_changed_fact_at_once_tell_once(case: Case, subject: Subject) -> None:
    at_once(
        lambda: maturity.wake(RIPE),
        lambda: maturity.reconsider([subject.pk], RIPE),
        lambda: maturity.wake(RIPE),
    )

    assert parked(case, "P07").state == ParkedState.RIPE
    assert woken() == (1, 1)


def test_giving_up_and_resuming_at_once_do_one_of_both(case: Case, talent: User) -> None:
    maturity.wake(RIPE)
    row = parked(case, "P07")

    def give_up() -> bool:
        try:
            maturity.give_up(parked_id=row.pk, actor=talent)
        except maturity.AlreadyHandled:
            return False
        return True

    at_once(give_up, lambda: maturity.resume(case_id=case.pk, actor=talent))

    ended = parked(case, "P07").state == ParkedState.ENDED
    assert ended != case.work_items.filter(item_code="P07").exists()
