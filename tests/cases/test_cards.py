"""Cards as records: seen, explained once, revoked with reasons; and what a revocation undoes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from cases import calendar, cards, review
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Card, Level, Stage, WorkItem
from cases.sweep import sweep
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, make_user
from tests.cases.desks import make_case, make_desk, make_work_item, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

WHY = {"cause": "workload", "explanation": "当日办件集中。", "measure": "已增派人手。"}
LATER = MONDAY + timedelta(days=2)


@pytest.fixture
def staff(one_thing: OneThing) -> dict[str, User]:
    return make_desk(one_thing)


@pytest.fixture
def supervisor(db: None) -> User:
    return make_user("jd", Role.SUPERVISOR, full_name="监督", phone="13900000099")


@pytest.fixture
def late(one_thing: OneThing, talent: User, staff: dict[str, User]) -> WorkItem:
    """A work item of the officer that was due on Monday; both its cards are out."""
    calendar.load()  # ladders climb by the working days that are known
    case = make_case(one_thing, talent, MONDAY)
    work_item = make_work_item(case, days=0, claimed_by=staff["officer"])
    sweep(now=MONDAY + timedelta(hours=8))
    Message.objects.all().delete()
    return work_item


@pytest.fixture
def red(late: WorkItem) -> Card:
    return Card.objects.get(level=Level.RED)


def item_of(card: Card) -> WorkItem:
    return WorkItem.objects.get(pk=card.work_item_id)


def approve(work_item: WorkItem, officer: User, at: datetime = LATER) -> None:
    with clock.at(at):
        review.approve(work_item_id=work_item.pk, officer=officer, result_number="杭档 1 号")


class TestExplaining:
    def test_it_stands_with_cause_words_measure_and_signature(
        self, red: Card, staff: dict[str, User]
    ) -> None:
        cards.explain(card_id=red.pk, officer=staff["officer"], **WHY)

        card = Card.objects.get(pk=red.pk)
        event = Event.objects.get(kind="card.explained")
        assert {name: getattr(card, name) for name in WHY} == WHY
        assert (card.explained_by, card.explained_at) == (staff["officer"], MONDAY)
        assert event.payload["cause"] == "workload"
        assert WHY["explanation"] not in str(event.payload)

    def test_a_leader_of_the_desk_may_too(self, red: Card, staff: dict[str, User]) -> None:
        cards.explain(card_id=red.pk, officer=staff["leader"], **WHY)

        assert Card.objects.get(pk=red.pk).explained_by == staff["leader"]

    def test_it_is_said_once(self, red: Card, staff: dict[str, User]) -> None:
        cards.explain(card_id=red.pk, officer=staff["officer"], **WHY)

        with pytest.raises(AlreadyHandled):
            cards.explain(card_id=red.pk, officer=staff["leader"], **WHY)
        assert Event.objects.filter(kind="card.explained").count() == 1

    def test_after_the_decision_the_reason_is_still_owed(
        self, late: WorkItem, red: Card, staff: dict[str, User]
    ) -> None:
        approve(late, staff["officer"])

        cards.explain(card_id=red.pk, officer=staff["officer"], **WHY)

        assert Card.objects.get(pk=red.pk).cause == "workload"

    def test_a_yellow_card_that_turned_red_is_explained_by_the_red_one(
        self, late: WorkItem, staff: dict[str, User]
    ) -> None:
        yellow = Card.objects.get(level=Level.YELLOW)

        with pytest.raises(AlreadyHandled, match="已转为红牌"):
            cards.explain(card_id=yellow.pk, officer=staff["officer"], **WHY)

    @pytest.mark.parametrize(
        ("field", "value"), [("cause", "weather"), ("explanation", " "), ("measure", "")]
    )
    def test_nothing_may_be_missing(
        self, red: Card, staff: dict[str, User], field: str, value: str
    ) -> None:
        with pytest.raises(Incomplete) as refusal:
            cards.explain(card_id=red.pk, officer=staff["officer"], **WHY | {field: value})
        assert set(refusal.value.problems) == {field}

    @pytest.mark.parametrize("who", ["stranger", "gone"])
    def test_nobody_else_explains(self, red: Card, staff: dict[str, User], who: str) -> None:
        with pytest.raises(PermissionDenied):
            cards.explain(card_id=red.pk, officer=staff[who], **WHY)


class TestRevoking:
    def test_the_reasons_stand_and_desk_and_leaders_are_told(
        self, red: Card, staff: dict[str, User], supervisor: User
    ) -> None:
        cards.revoke(card_id=red.pk, supervisor=supervisor, reasons="系统故障所致。")

        card = Card.objects.get(pk=red.pk)
        assert (card.revoked_by, card.revocation) == (supervisor, "系统故障所致。")
        assert told("card.revoked") == {("o1", "inbox"), ("l1", "inbox")}
        assert Event.objects.filter(kind="card.revoked", actor=supervisor).count() == 1

    def test_a_revoked_card_climbs_no_further(
        self, red: Card, staff: dict[str, User], supervisor: User
    ) -> None:
        assert red.check_at is not None

        cards.revoke(card_id=red.pk, supervisor=supervisor, reasons="系统故障所致。")

        sweep(now=MONDAY + timedelta(days=14))
        assert Card.objects.get(pk=red.pk).check_at is None
        assert told("card.escalated") == set()

    def test_a_late_decision_counts_as_in_time_again(
        self, late: WorkItem, red: Card, staff: dict[str, User], supervisor: User
    ) -> None:
        approve(late, staff["officer"])
        assert item_of(red).late_stage == Stage.DEPARTMENT

        cards.revoke(card_id=red.pk, supervisor=supervisor, reasons="系统故障所致。")

        assert item_of(red).late_stage == ""

    def test_so_does_a_decision_that_follows_the_revocation(
        self, late: WorkItem, red: Card, staff: dict[str, User], supervisor: User
    ) -> None:
        cards.revoke(card_id=red.pk, supervisor=supervisor, reasons="系统故障所致。")

        approve(late, staff["officer"])

        assert item_of(red).late_stage == ""

    def test_a_revoked_yellow_card_makes_nothing_in_time(
        self, late: WorkItem, red: Card, staff: dict[str, User], supervisor: User
    ) -> None:
        approve(late, staff["officer"])
        yellow = Card.objects.get(level=Level.YELLOW)

        cards.revoke(card_id=yellow.pk, supervisor=supervisor, reasons="误发。")

        assert item_of(red).late_stage == Stage.DEPARTMENT

    def test_it_happens_once(self, red: Card, supervisor: User) -> None:
        cards.revoke(card_id=red.pk, supervisor=supervisor, reasons="系统故障所致。")

        with pytest.raises(AlreadyHandled):
            cards.revoke(card_id=red.pk, supervisor=supervisor, reasons="再次撤销。")
        assert Card.objects.get(pk=red.pk).revocation == "系统故障所致。"

    def test_it_needs_reasons(self, red: Card, supervisor: User) -> None:
        with pytest.raises(Incomplete):
            cards.revoke(card_id=red.pk, supervisor=supervisor, reasons="  ")

    def test_what_is_revoked_needs_no_explanation(
        self, red: Card, staff: dict[str, User], supervisor: User
    ) -> None:
        cards.revoke(card_id=red.pk, supervisor=supervisor, reasons="系统故障所致。")

        with pytest.raises(AlreadyHandled):
            cards.explain(card_id=red.pk, officer=staff["officer"], **WHY)

    @pytest.mark.parametrize("who", ["officer", "leader"])
    def test_a_department_does_not_revoke_its_own_cards(
        self, red: Card, staff: dict[str, User], who: str
    ) -> None:
        with pytest.raises(PermissionDenied):
            cards.revoke(card_id=red.pk, supervisor=staff[who], reasons="误发。")


class TestAcknowledging:
    def test_a_desk_s_acknowledgement_is_one_event(self, red: Card, staff: dict[str, User]) -> None:
        for who in ("officer", "leader"):
            cards.acknowledge(card_id=red.pk, officer=staff[who])

        assert Card.objects.get(pk=red.pk).seen_by == staff["officer"]
        assert Event.objects.filter(kind="card.seen").count() == 1

    def test_those_to_whom_it_climbed_acknowledge_for_themselves(
        self, red: Card, staff: dict[str, User], supervisor: User, unread: Callable[[User], int]
    ) -> None:
        other = make_user("jd2", Role.SUPERVISOR, phone="13900000098")
        sweep(now=MONDAY + timedelta(days=14))
        assert [unread(who) for who in (staff["leader"], supervisor, other)] == [1, 1, 1]

        cards.acknowledge(card_id=red.pk, officer=supervisor)

        assert [unread(who) for who in (staff["leader"], supervisor, other)] == [1, 0, 1]
        assert Card.objects.get(pk=red.pk).seen_at is None

    @pytest.fixture
    def unread(self) -> Callable[[User], int]:
        def count(user: User) -> int:
            escalations = Message.objects.inbox_of(user).filter(kind="card.escalated")
            return escalations.unread().count()

        return count

    def test_another_department_does_not(self, red: Card, staff: dict[str, User]) -> None:
        with pytest.raises(PermissionDenied):
            cards.acknowledge(card_id=red.pk, officer=staff["stranger"])


def test_whoever_holds_the_item_is_asked_first(
    late: WorkItem, staff: dict[str, User], one_thing: Any, talent: User
) -> None:
    unclaimed = make_work_item(make_case(one_thing, talent, MONDAY), days=0)
    sweep(now=LATER)

    def seen_by(who: str) -> set[int]:
        unseen = Card.objects.unseen_at_desk(staff[who])
        return set(unseen.values_list("work_item", flat=True))

    assert seen_by("officer") == {late.pk, unclaimed.pk}
    assert seen_by("colleague") == {unclaimed.pk}
    assert seen_by("leader") == set()
