"""Random play with items put aside: whatever is done in whatever order, nothing is left behind."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from cases import calendar, inspecting, intake, maturity, review
from cases.errors import AlreadyHandled
from cases.models import Case, CaseState, ParkedItem, ParkedState
from cases.models.work_item import OPEN
from cases.supervision import tallies
from policies.models import OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from tests.cases.ripening import day, graduate, shelve, state

Make = Callable[..., Case]
pytestmark = pytest.mark.django_db
OVER = (CaseState.WITHDRAWN, CaseState.REVOKED, CaseState.REFUSED)


class Play:
    """One case in the hands of chance."""

    def __init__(
        self, seed: int, case: Case, subject: Subject, talent: User, officers: dict[str, User]
    ) -> None:
        self.dice, self.case, self.subject = Random(seed), case, subject
        self.talent, self.officers = talent, officers
        self.moment: datetime = day("2026-11-24")
        self.moves: list[Callable[[], Any]] = [
            self.decide, self.decide, self.wake, self.resume, self.resume, self.learn,
            self.inspect, self.give_up, self.withdraw,
        ]  # fmt: skip

    def step(self) -> None:
        self.moment += timedelta(days=self.dice.choice([0, 0, 1, 30, 90, 400]))
        weights = [4, 4, 4, 4, 4, 4, 2, 1, 0.3]
        with clock.at(self.moment), suppress(AlreadyHandled):
            self.dice.choices(self.moves, weights)[0]()

    def decide(self) -> None:
        ready = list(self.case.work_items.filter(state="ready"))
        if not ready:
            return
        work_item = self.dice.choice(ready)
        officer = self.officers[self.case.version.catalogue.items[work_item.item_code].department]
        review.claim(work_item_id=work_item.pk, officer=officer)
        if self.dice.random() < 0.8:
            review.approve(work_item_id=work_item.pk, officer=officer, result_number="1")
        else:
            review.refuse(
                work_item_id=work_item.pk, officer=officer, reasons="不符", legal_basis="第一条"
            )

    def wake(self) -> None:
        maturity.wake()

    def resume(self) -> None:
        maturity.resume(case_id=self.case.pk, actor=self.talent)

    def learn(self) -> None:
        on, months = clock.today(), self.dice.choice([0, 1, 5, 7, None])
        state(self.subject, on=on, ss_months_cont=months)
        state(self.subject, on=on, got_living_subsidy=self.dice.choice([False, False, True]))

    def inspect(self) -> None:
        inspecting.inspect_where_due()
        while inspecting.inspect_next():
            pass

    def give_up(self) -> None:
        if row := self.case.parked_items.open().first():
            maturity.give_up(parked_id=row.pk, actor=self.talent)

    def withdraw(self) -> None:
        intake.withdraw(case_id=self.case.pk, actor=self.talent)


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    calendar.load()
    calendar.forget()
    shelve(one_thing)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_left_behind(
    seed: int, accepted: Make, talent: User, officers: dict[str, User]
) -> None:
    subject = graduate(talent)
    case = accepted("P01", "P04", "P05", "P07", "P08")
    play = Play(seed, case, subject, talent, officers)

    for _ in range(30):
        play.step()
        expect_sound(case)
    tallies.fold()

    assert tallies.differences() == []


def expect_sound(case: Case) -> None:
    """Each item is at one place only, and none is open in a case that is over."""
    found = Case.objects.get(pk=case.pk)
    parked = list(ParkedItem.objects.filter(case=case))
    at_work = dict(found.work_items.values_list("item_code", "state"))
    is_open = any(one in OPEN for one in at_work.values())
    waiting = {row.item_code for row in parked if row.is_open}
    assert found.work_items.count() == len(at_work)
    assert not waiting & set(at_work)
    assert not (found.state in OVER and waiting)
    assert is_open == (found.state == CaseState.ACCEPTED)
    assert set(at_work) | {row.item_code for row in parked} == set(found.item_codes)
    for row in parked:
        assert (row.state == ParkedState.RESUMED) == (row.item_code in at_work)
