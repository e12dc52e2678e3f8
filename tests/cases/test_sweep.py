from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import issuing, review, sweep, tasks
from cases.models import (
    Card,
    Case,
    WorkItem,
)
from cases.sweep import SweepReport
from notifications import wording
from notifications.models import Channel, Message
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.desks import make_case, make_desk, make_work_item, on, told

pytestmark = pytest.mark.django_db


YELLOW_AT, DUE_AT = on(25, 9), on(26, 17, 30)
JUST_AFTER_DUE = DUE_AT + timedelta(microseconds=1)


@pytest.fixture
def case(one_thing: OneThing, talent: User) -> Case:
    return make_case(one_thing, talent, on(23, 10))


@pytest.fixture
def item(case: Case) -> WorkItem:
    """Three days from Monday 10:00: yellow Wednesday 9:00, due Thursday 17:30; not claimed."""
    return make_work_item(case)


@pytest.fixture
def desk(one_thing: OneThing) -> dict[str, User]:
    return make_desk(one_thing)


def both_channels(*names: str) -> set[tuple[str, str]]:
    return {(name, channel.value) for name in names for channel in Channel}


def test_nothing_happens_before_the_yellow_instant(item: WorkItem) -> None:
    report = sweep.sweep(now=YELLOW_AT - timedelta(microseconds=1))

    assert report == SweepReport()
    assert not Card.objects.exists()


def test_yellow_falls_at_its_instant(item: WorkItem) -> None:
    report = sweep.sweep(now=YELLOW_AT)

    card = Card.objects.get()
    assert (report.yellow, report.red) == (1, 0)
    assert (card.level, card.cycle, card.issued_at, card.due_at) == ("yellow", 0, YELLOW_AT, DUE_AT)
    assert WorkItem.objects.get().check_at == JUST_AFTER_DUE


def test_red_falls_right_after_the_due_instant_and_not_on_it(item: WorkItem) -> None:
    sweep.sweep(now=YELLOW_AT)

    assert sweep.sweep(now=DUE_AT) == SweepReport()
    assert sweep.sweep(now=JUST_AFTER_DUE) == SweepReport(red=1)
    assert WorkItem.objects.get().check_at is None
    assert Card.objects.get(level="red").issued_at == DUE_AT


def test_an_outage_only_delays_and_both_cards_bear_their_true_instants(
    item: WorkItem, desk: dict[str, User]
) -> None:
    report = sweep.sweep(now=on(30, 10))

    assert report == SweepReport(yellow=1, red=1)
    assert list(Card.objects.values_list("level", "issued_at")) == [
        ("yellow", YELLOW_AT),
        ("red", DUE_AT),
    ]
    assert list(Event.objects.order_by("pk").values_list("kind", "at")) == [
        ("card.yellow", YELLOW_AT),
        ("card.red", DUE_AT),
    ]


def test_sweeping_again_changes_nothing(item: WorkItem, desk: dict[str, User]) -> None:
    sweep.sweep(now=on(30, 10))
    before = (Card.objects.count(), Event.objects.count(), Message.objects.count())

    again = sweep.sweep(now=on(30, 10))

    assert again == SweepReport()
    assert (Card.objects.count(), Event.objects.count(), Message.objects.count()) == before


def test_the_event_names_card_and_work_item(item: WorkItem) -> None:
    sweep.sweep(now=YELLOW_AT)

    event = Event.objects.get()
    assert (event.stream, event.subject, event.actor) == (item.case_id, item.subject, None)
    assert event.payload == {
        "card": Card.objects.get().pk,
        "item": "P05",
        "cycle": 0,
        "due_at": "2026-11-26T09:30:00+00:00",
    }


def test_an_unclaimed_item_warns_every_active_officer(
    item: WorkItem, desk: dict[str, User]
) -> None:
    sweep.sweep(now=YELLOW_AT)

    assert told("card.yellow") == both_channels("o1", "o2")


def test_a_claimed_item_warns_its_officer(case: Case, desk: dict[str, User]) -> None:
    make_work_item(case, claimed_by=desk["officer"])

    sweep.sweep(now=JUST_AFTER_DUE)

    assert told("card.yellow") == both_channels("o1")
    assert told("card.red") == both_channels("o1")
    assert {card.owner for card in Card.objects.all()} == {desk["officer"]}


def test_where_the_claimer_has_left_every_officer_is_warned(
    case: Case, desk: dict[str, User]
) -> None:
    make_work_item(case, claimed_by=desk["gone"])

    sweep.sweep(now=YELLOW_AT)

    assert told("card.yellow") == both_channels("o1", "o2")


def test_where_no_officer_is_left_the_leader_is_warned(
    item: WorkItem, desk: dict[str, User]
) -> None:
    User.objects.filter(role="officer").update(is_active=False)

    sweep.sweep(now=YELLOW_AT)

    assert told("card.yellow") == both_channels("l1")


def test_a_person_without_a_telephone_is_told_in_the_inbox_alone(
    case: Case, desk: dict[str, User]
) -> None:
    desk["officer"].phone = ""
    desk["officer"].save()
    make_work_item(case, claimed_by=desk["officer"])

    sweep.sweep(now=YELLOW_AT)

    assert told("card.yellow") == {("o1", "inbox")}


def test_a_card_says_which_limit_of_how_many_days_it_is_about(item: WorkItem) -> None:
    WorkItem.objects.update(statutory_days=2, extended_days=1)

    sweep.sweep(now=JUST_AFTER_DUE)

    card = Card.objects.filter(level="red").get()
    assert (card.limit, card.budget, card.stage, card.owner) == ("statutory", 3, "department", None)


def test_the_promise_binds_where_it_is_the_shorter_limit(item: WorkItem) -> None:
    WorkItem.objects.update(statutory_days=20)

    sweep.sweep(now=YELLOW_AT)

    assert Card.objects.values_list("limit", "budget").get() == ("promised", 3)


def test_the_message_says_which_item_is_due_when(item: WorkItem, desk: dict[str, User]) -> None:
    sweep.sweep(now=YELLOW_AT)

    message = Message.objects.filter(recipient=desk["officer"], channel=Channel.INBOX).get()
    assert message.body == (
        f"受理码 {item.case.number} 的“{item.item_name}”临近时限，应于2026年11月26日17:30前办结，"
        "请抓紧办理。"
    )
    assert message.link.endswith(f"/workitem/{item.pk}/change/")


def test_chunks_take_everything_with_a_constant_number_of_statements(
    one_thing: OneThing, talent: User, desk: dict[str, User]
) -> None:
    for _ in range(7):
        make_work_item(make_case(one_thing, talent, on(23, 10)))
    wording.texts()

    with CaptureQueriesContext(connection) as captured:
        report = sweep.sweep(now=YELLOW_AT, chunk=3)

    assert report.yellow == 7
    assert len([q for q in captured if "INSERT INTO cases_card" in q["sql"]]) == 3


@pytest.mark.parametrize("rows", [1, 30])
def test_the_statements_of_a_chunk_do_not_grow(
    one_thing: OneThing, talent: User, desk: dict[str, User], rows: int
) -> None:
    for _ in range(rows):
        make_work_item(make_case(one_thing, talent, on(23, 10)))
    wording.texts()

    with CaptureQueriesContext(connection) as captured:
        sweep.sweep(now=JUST_AFTER_DUE)

    assert Card.objects.count() == 2 * rows
    # A look, the chunk in its savepoint, a look again.
    assert len(captured) == 1 + 3 + 1


def test_where_nothing_is_due_one_look_is_all(item: WorkItem) -> None:
    with CaptureQueriesContext(connection) as captured:
        sweep.sweep(now=on(24, 10))

    assert len(captured) == 1


def test_a_sweep_killed_half_way_is_taken_up_where_it_stopped(
    one_thing: OneThing,
    talent: User,
    desk: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(4):
        make_work_item(make_case(one_thing, talent, on(23, 10)))
    chunks: list[issuing.Issued] = []

    def issue_and_die(*args: Any) -> issuing.Issued:
        chunks.append(issue(*args))
        if len(chunks) == 2:
            raise KeyboardInterrupt
        return chunks[-1]

    issue = issuing._issue
    monkeypatch.setattr(issuing, "_issue", issue_and_die)

    with pytest.raises(KeyboardInterrupt):
        sweep.sweep(now=YELLOW_AT, chunk=2)
    after_the_kill = (Card.objects.count(), Event.objects.count())
    report = sweep.sweep(now=on(26, 10), chunk=2)

    assert after_the_kill == (2, 2)
    assert report.yellow == 2
    assert set(Card.objects.values_list("issued_at", flat=True)) == {YELLOW_AT}
    # Inbox and SMS to two officers for each of four cards.
    assert (Event.objects.count(), Message.objects.count()) == (4, 4 * 4)


def hearing(item: WorkItem, officer: User, at: datetime) -> None:
    with clock.at(at):
        review.pause(
            work_item_id=item.pk, officer=officer, reason="hearing", note="", expected_days=5
        )


def test_a_card_due_before_a_pause_is_issued_though_no_sweep_came_by(
    case: Case, desk: dict[str, User]
) -> None:
    item = make_work_item(case, claimed_by=desk["officer"])

    hearing(item, desk["officer"], on(25, 9, 1))

    assert Card.objects.get().issued_at == YELLOW_AT
    assert told("card.yellow") == both_channels("o1")
    assert WorkItem.objects.get().check_at is None
    assert sweep.sweep(now=on(30, 10)) == SweepReport()


def test_an_outage_over_a_pause_that_ends_the_warning_drops_no_card(
    case: Case, desk: dict[str, User]
) -> None:
    item = make_work_item(case, claimed_by=desk["officer"])
    hearing(item, desk["officer"], on(25, 10))
    with clock.at(on(26, 8)):
        review.resume(work_item_id=item.pk, officer=desk["officer"])

    sweep.sweep(now=on(26, 9))

    issued = Card.objects.values_list("level", "cycle", "issued_at")
    assert list(issued) == [("yellow", 0, YELLOW_AT), ("yellow", 1, on(26, 9))]


@pytest.mark.parametrize(
    ("decided_at", "levels"),
    [(on(24, 10), []), (on(25, 10), ["yellow"]), (on(27, 10), ["yellow", "red"])],
)
def test_a_decision_during_an_outage_drops_no_card_and_invents_none(
    case: Case, desk: dict[str, User], decided_at: datetime, levels: list[str]
) -> None:
    item = make_work_item(case, claimed_by=desk["officer"])
    with clock.at(decided_at):
        review.refuse(
            work_item_id=item.pk, officer=desk["officer"], reasons="不符", legal_basis="办事指南"
        )

    sweep.sweep(now=on(30, 10))

    assert list(Card.objects.values_list("level", flat=True)) == levels


def test_a_resumed_item_is_warned_anew_in_its_next_cycle(case: Case, desk: dict[str, User]) -> None:
    item = make_work_item(case, claimed_by=desk["officer"])
    sweep.sweep(now=YELLOW_AT)
    hearing(item, desk["officer"], on(25, 10))
    with clock.at(on(26, 8)):
        review.resume(work_item_id=item.pk, officer=desk["officer"])

    report = sweep.sweep(now=on(26, 9))

    assert report == SweepReport(yellow=1)
    assert list(Card.objects.values_list("cycle", "issued_at")) == [(0, YELLOW_AT), (1, on(26, 9))]


def test_the_task_sweeps_by_the_business_clock(item: WorkItem) -> None:
    with clock.at(YELLOW_AT):
        tasks.sweep_deadlines()

    assert Card.objects.get().level == "yellow"


def test_the_command_says_what_it_did(item: WorkItem) -> None:
    said = StringIO()

    call_command("sweep_deadlines", "--now", "2026-11-25T09:00", stdout=said)

    assert said.getvalue().startswith("巡检完成：黄牌1，红牌0，")
    with pytest.raises(CommandError, match="时间格式不正确"):
        call_command("sweep_deadlines", "--now", "明天")
