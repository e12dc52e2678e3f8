"""Extensions: asked by whoever holds the item, decided once by a leader, told with reasons."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from cases import extending, review
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Card, Extension, ExtensionState, WorkItem
from cases.models.work_item import WorkItemQuerySet
from cases.sweep import sweep
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, make_user
from tests.cases.desks import make_case, make_desk, make_work_item, on, page_of, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

WANTED: dict[str, Any] = {"days": 2, "reasons": "需要向原籍档案馆核实。"}


@pytest.fixture
def staff(one_thing: OneThing) -> dict[str, User]:
    return make_desk(one_thing)


@pytest.fixture
def work_item(one_thing: OneThing, talent: User, staff: dict[str, User]) -> WorkItem:
    """Three working days from Monday in the officer's hands: due on Thursday the 26th."""
    case = make_case(one_thing, talent, MONDAY)
    return make_work_item(case, days=3, claimed_by=staff["officer"])


@pytest.fixture
def asked(work_item: WorkItem, staff: dict[str, User]) -> Extension:
    extension = extending.ask(work_item_id=work_item.pk, officer=staff["officer"], **WANTED)
    Message.objects.all().delete()
    return extension


def now(work_item: WorkItem) -> WorkItem:
    return WorkItem.objects.get(pk=work_item.pk)


class TestAsking:
    def test_the_leaders_are_told_and_the_clock_stays(
        self, work_item: WorkItem, staff: dict[str, User]
    ) -> None:
        extending.ask(work_item_id=work_item.pk, officer=staff["officer"], **WANTED)

        assert now(work_item).due_at == on(26, 17, 30)
        assert told("extension.asked") == {("l1", "inbox"), ("l1", "sms")}
        assert Event.objects.get(kind="extension.asked").payload["days"] == 2

    def test_it_is_asked_once(self, asked: Extension, staff: dict[str, User]) -> None:
        with pytest.raises(AlreadyHandled, match="只能延期一次"):
            extending.ask(work_item_id=asked.work_item_id, officer=staff["officer"], **WANTED)

    def test_nor_again_once_it_was_granted(self, asked: Extension, staff: dict[str, User]) -> None:
        extending.grant(extension_id=asked.pk, leader=staff["leader"])

        with pytest.raises(AlreadyHandled, match="只能延期一次"):
            extending.ask(work_item_id=asked.work_item_id, officer=staff["officer"], **WANTED)

    def test_after_a_refusal_it_may_be_asked_with_better_reasons(
        self, asked: Extension, staff: dict[str, User]
    ) -> None:
        extending.refuse(extension_id=asked.pk, leader=staff["leader"], note="理由不充分。")

        extending.ask(work_item_id=asked.work_item_id, officer=staff["officer"], **WANTED)

        assert Extension.objects.count() == 2

    @pytest.mark.parametrize(
        ("changed", "field"),
        [({"days": 0}, "days"), ({"days": 11}, "days"), ({"reasons": " "}, "reasons")],
    )
    def test_days_lie_between_one_and_ten_and_reasons_are_given(
        self, work_item: WorkItem, staff: dict[str, User], changed: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Incomplete) as refusal:
            extending.ask(work_item_id=work_item.pk, officer=staff["officer"], **WANTED | changed)
        assert set(refusal.value.problems) == {field}

    def test_after_the_due_instant_it_is_too_late(
        self, work_item: WorkItem, staff: dict[str, User]
    ) -> None:
        with clock.at(on(26, 17, 31)), pytest.raises(AlreadyHandled, match="已超过时限"):
            extending.ask(work_item_id=work_item.pk, officer=staff["officer"], **WANTED)

    def test_not_while_the_clock_stands(self, work_item: WorkItem, staff: dict[str, User]) -> None:
        review.pause(
            work_item_id=work_item.pk,
            officer=staff["officer"],
            reason="hearing",
            note="",
            expected_days=3,
        )

        with pytest.raises(AlreadyHandled, match="暂停计时期间"):
            extending.ask(work_item_id=work_item.pk, officer=staff["officer"], **WANTED)

    def test_not_once_it_is_decided(self, work_item: WorkItem, staff: dict[str, User]) -> None:
        review.approve(work_item_id=work_item.pk, officer=staff["officer"], result_number="1 号")

        with pytest.raises(AlreadyHandled, match="已办结或终止"):
            extending.ask(work_item_id=work_item.pk, officer=staff["officer"], **WANTED)

    @pytest.mark.parametrize(
        ("who", "refusal"),
        [("colleague", AlreadyHandled), ("leader", AlreadyHandled), ("stranger", PermissionDenied)],
    )
    def test_nobody_asks_but_whoever_holds_it(
        self, work_item: WorkItem, staff: dict[str, User], who: str, refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            extending.ask(work_item_id=work_item.pk, officer=staff[who], **WANTED)


class TestGranting:
    def test_due_and_yellow_move_at_once_and_both_are_told(
        self, asked: Extension, staff: dict[str, User]
    ) -> None:
        extending.grant(extension_id=asked.pk, leader=staff["leader"], note="同意。")

        item = now(asked.work_item)
        assert (item.extended_days, item.budget) == (2, 5)
        # Thursday, Friday is the 27th; the fifth working day after the 23rd is Monday the 30th.
        assert (item.due_at, item.yellow_at) == (on(30, 17, 30), on(27, 9))
        assert told("work_item.extended") == {("talent", "inbox"), ("talent", "sms")}
        assert told("extension.granted") == {("o1", "inbox")}
        message = Message.objects.get(kind="work_item.extended", channel="inbox")
        assert "需要向原籍档案馆核实" in message.body
        assert "2026年11月30日" in message.body
        assert Event.objects.filter(kind="extension.granted", actor=staff["leader"]).count() == 1

    def test_out_of_warning_a_new_card_may_be_drawn(
        self, asked: Extension, staff: dict[str, User]
    ) -> None:
        sweep(now=on(25, 10))
        with clock.at(on(25, 11)):
            extending.grant(extension_id=asked.pk, leader=staff["leader"])

        sweep(now=on(27, 10))

        cards = Card.objects.filter(work_item=asked.work_item_id)
        assert list(cards.values_list("level", "cycle", "budget")) == [
            ("yellow", 0, 3),
            ("yellow", 1, 5),
        ]

    def test_a_card_that_no_sweep_has_issued_yet_is_issued_before_the_clock_moves(
        self, asked: Extension, staff: dict[str, User]
    ) -> None:
        with clock.at(on(25, 11)):
            extending.grant(extension_id=asked.pk, leader=staff["leader"])

        card = Card.objects.get(work_item=asked.work_item_id)
        assert (card.level, card.cycle, card.issued_at) == ("yellow", 0, on(25, 9))

    def test_after_the_due_instant_it_is_too_late(
        self, asked: Extension, staff: dict[str, User]
    ) -> None:
        with clock.at(on(26, 17, 31)), pytest.raises(AlreadyHandled, match="已超过时限"):
            extending.grant(extension_id=asked.pk, leader=staff["leader"])
        assert now(asked.work_item).due_at == on(26, 17, 30)

    def test_a_leader_does_not_grant_their_own(
        self, work_item: WorkItem, staff: dict[str, User]
    ) -> None:
        review.take_over(work_item_id=work_item.pk, leader=staff["leader"])
        own = extending.ask(work_item_id=work_item.pk, officer=staff["leader"], **WANTED)

        with pytest.raises(PermissionDenied):
            extending.grant(extension_id=own.pk, leader=staff["leader"])

    @pytest.mark.parametrize("who", ["officer", "colleague", "stranger"])
    def test_nobody_grants_but_a_leader_of_the_desk(
        self, asked: Extension, staff: dict[str, User], who: str
    ) -> None:
        with pytest.raises(PermissionDenied):
            extending.grant(extension_id=asked.pk, leader=staff[who])


class TestRefusing:
    def test_the_due_date_stays_and_the_officer_is_told_why(
        self, asked: Extension, staff: dict[str, User]
    ) -> None:
        extending.refuse(extension_id=asked.pk, leader=staff["leader"], note="理由不充分。")

        assert now(asked.work_item).due_at == on(26, 17, 30)
        assert told("extension.refused") == {("o1", "inbox")}
        assert told("work_item.extended") == set()

    def test_a_refusal_has_a_reason(self, asked: Extension, staff: dict[str, User]) -> None:
        with pytest.raises(Incomplete):
            extending.refuse(extension_id=asked.pk, leader=staff["leader"], note="")
        assert Extension.objects.get().state == ExtensionState.ASKED

    def test_what_is_decided_is_decided(self, asked: Extension, staff: dict[str, User]) -> None:
        extending.refuse(extension_id=asked.pk, leader=staff["leader"], note="理由不充分。")

        with pytest.raises(AlreadyHandled):
            extending.grant(extension_id=asked.pk, leader=staff["leader"])
        assert now(asked.work_item).extended_days == 0

    def test_a_request_that_came_too_late_can_still_be_refused(
        self, asked: Extension, staff: dict[str, User]
    ) -> None:
        with clock.at(on(30, 9)):
            extending.refuse(extension_id=asked.pk, leader=staff["leader"], note="已超时限。")

        assert Extension.objects.get().state == ExtensionState.REFUSED


def decide_both_ways(asked: Extension, leaders: list[User], at: datetime) -> list[str]:
    """Let one leader grant and another refuse at the same time; return what each got."""
    outcomes = list[str]()

    def run(work: Callable[[], object]) -> None:
        try:
            with clock.at(at):
                work()
            outcomes.append("done")
        except AlreadyHandled:
            outcomes.append("handled")
        finally:
            connection.close()

    grant, refuse = leaders
    works = [
        lambda: extending.grant(extension_id=asked.pk, leader=grant),
        lambda: extending.refuse(extension_id=asked.pk, leader=refuse, note="理由不充分。"),
    ]
    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("locked", "outcomes"), [(True, ["done", "handled"]), (False, ["done"] * 2)]
)
def test_of_a_grant_and_a_refusal_at_once_one_holds(
    asked: Extension,
    staff: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    locked: bool,
    outcomes: list[str],
) -> None:
    """Without the row lock both win: what the lock is for."""
    from contextlib import suppress
    from threading import Barrier, BrokenBarrierError

    meeting, decided = Barrier(2), extending._decided

    def meet(*args: Any) -> Event:
        with suppress(BrokenBarrierError):  # behind a lock the other one never comes
            meeting.wait(1)
        return decided(*args)

    monkeypatch.setattr(extending, "_decided", meet)
    if not locked:
        monkeypatch.setattr(WorkItemQuerySet, "select_for_update", lambda self, **_: self)
    second = make_user("l3", Role.LEADER, staff["leader"].department)

    got = decide_both_ways(asked, [staff["leader"], second], MONDAY + timedelta(minutes=1))

    events = Event.objects.filter(kind__in=["extension.granted", "extension.refused"])
    assert got == outcomes
    assert events.count() == outcomes.count("done")


class TestTheItemIsDecidedMeanwhile:
    def test_the_request_falls_away(
        self, asked: Extension, staff: dict[str, User], client: Any
    ) -> None:
        review.approve(
            work_item_id=asked.work_item_id, officer=staff["officer"], result_number="1 号"
        )

        with pytest.raises(AlreadyHandled, match="已办结或终止"):
            extending.grant(extension_id=asked.pk, leader=staff["leader"])
        with pytest.raises(AlreadyHandled, match="已办结或终止"):
            extending.refuse(extension_id=asked.pk, leader=staff["leader"], note="已无必要。")
        client.force_login(staff["leader"])
        page = client.get(page_of(asked.work_item)).content.decode()
        assert "未及批准" in page
        assert "待本部门负责人批准" not in page
        assert "不予批准" not in page


def test_once_the_asker_has_left_the_desk_its_officers_hear_of_the_decision(
    asked: Extension, staff: dict[str, User]
) -> None:
    staff["officer"].department = staff["stranger"].department
    staff["officer"].save()

    extending.refuse(extension_id=asked.pk, leader=staff["leader"], note="理由不充分。")

    assert told("extension.refused") == {("o2", "inbox")}
