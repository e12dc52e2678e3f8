"""Ladders: who hears next of a red card, an overdue urging, a term that is about to end."""

from datetime import datetime
from typing import Any

import pytest

from cases import calendar, intake, review, sweep
from cases.models import (
    CalendarOrdinal,
    Card,
    Case,
    CaseState,
    Rung,
    Supplement,
    Tolerance,
    Urging,
    WorkItem,
)
from cases.notices import first_reminder
from cases.sweep import SweepReport
from notifications.models import Channel, Message
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import SHANGHAI, make_user
from tests.cases.desks import make_case, make_desk, make_work_item, on, told

pytestmark = pytest.mark.django_db

# Three days from Monday 23 November: red from Thursday 17:30.
DUE_AT = on(26, 17, 30)
LEADERS_AT = on(27, 9)


def december(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=SHANGHAI)


SUPERVISORS_AT = december(1, 9)


@pytest.fixture(autouse=True)
def known_days(db: None) -> None:
    calendar.load()


@pytest.fixture
def case(one_thing: OneThing, talent: User) -> Case:
    return make_case(one_thing, talent, on(23, 10))


@pytest.fixture
def desk(one_thing: OneThing) -> dict[str, User]:
    desk = make_desk(one_thing)
    return desk | {"supervisor": make_user("s1", Role.SUPERVISOR, phone="13900000019")}


@pytest.fixture
def item(case: Case, desk: dict[str, User]) -> WorkItem:
    return make_work_item(case, claimed_by=desk["officer"])


def climbed() -> list[tuple[str, int, datetime]]:
    return list(Rung.objects.order_by("at", "pk").values_list("subject", "step", "at"))


def paused(item: WorkItem, officer: User, *, at: datetime, until: datetime) -> None:
    hand: dict[str, Any] = {"work_item_id": item.pk, "officer": officer}
    with clock.at(at):
        review.pause(**hand, reason="hearing", note="", expected_days=2)
    with clock.at(until):
        review.resume(**hand)


class TestEscalation:
    def test_a_red_card_climbs_to_the_leaders_and_then_to_the_supervisors(
        self, item: WorkItem, desk: dict[str, User]
    ) -> None:
        sweep.sweep(now=on(26, 18))
        card = Card.objects.get(level="red")
        assert (card.check_at, card.rungs) == (LEADERS_AT, 0)
        assert told("card.escalated") == set()

        assert sweep.sweep(now=LEADERS_AT) == SweepReport(escalations=1)
        assert told("card.escalated") == {("l1", "inbox"), ("l1", "sms")}
        assert Card.objects.get(level="red").check_at == SUPERVISORS_AT

        assert sweep.sweep(now=SUPERVISORS_AT) == SweepReport(escalations=1)
        assert told("card.escalated") == {
            ("l1", "inbox"), ("l1", "sms"), ("s1", "inbox"), ("s1", "sms"),
        }  # fmt: skip
        card = Card.objects.get(level="red")
        assert (card.check_at, card.rungs) == (None, 2)
        subject = f"card:{card.pk}"
        assert climbed() == [(subject, 1, LEADERS_AT), (subject, 2, SUPERVISORS_AT)]

    def test_after_an_outage_every_rung_bears_its_true_instant(
        self, item: WorkItem, desk: dict[str, User]
    ) -> None:
        report = sweep.sweep(now=december(2, 10))

        assert report == SweepReport(yellow=1, red=1, escalations=2)
        events = Event.objects.filter(stream=item.case_id).order_by("pk").values_list("kind", "at")
        assert list(events) == [
            ("card.yellow", on(25, 9)),
            ("card.red", DUE_AT),
            ("card.escalated", LEADERS_AT),
            ("card.escalated", SUPERVISORS_AT),
        ]
        assert sweep.sweep(now=december(2, 10)) == SweepReport()

    def test_event_and_messages_say_what_it_is_about(
        self, item: WorkItem, desk: dict[str, User]
    ) -> None:
        sweep.sweep(now=december(2, 10))

        first, second = Event.objects.filter(kind="card.escalated").order_by("at")
        card = Card.objects.get(level="red")
        assert (first.stream, first.subject) == (item.case_id, item.subject)
        assert second.payload == {"card": card.pk, "item": "P05", "cycle": 0, "step": 2}
        inbox = Message.objects.filter(kind="card.escalated", channel=Channel.INBOX)
        leader, supervisor = inbox.order_by("recipient__username")
        assert leader.body == (
            f"受理码 {item.case.number} 的“{item.item_name}”已超过时限（2026年11月26日17:30），"
            "红牌发出 1 个工作日后仍未办结，请督促办理。"
        )
        assert leader.link.endswith(f"/workitem/{item.pk}/change/")
        assert supervisor.link == f"/supervision/cases/{item.case_id}/"

    def test_a_decision_ends_the_ladder(self, item: WorkItem, desk: dict[str, User]) -> None:
        sweep.sweep(now=on(26, 18))
        with clock.at(on(26, 19)):
            review.refuse(
                work_item_id=item.pk, officer=desk["officer"], reasons="不符", legal_basis="指南"
            )

        assert sweep.sweep(now=december(9, 10)) == SweepReport()
        assert Card.objects.get(level="red").check_at is None
        assert climbed() == []

    def test_a_revoked_card_climbs_no_more(self, item: WorkItem, desk: dict[str, User]) -> None:
        sweep.sweep(now=on(26, 18))
        Card.objects.filter(level="red").update(
            revoked_at=on(26, 19), revoked_by=desk["supervisor"], revocation="系统故障"
        )

        assert sweep.sweep(now=december(9, 10)) == SweepReport()

    def test_a_rung_that_falls_into_a_pause_waits_for_its_end(
        self, item: WorkItem, desk: dict[str, User]
    ) -> None:
        sweep.sweep(now=on(26, 18))
        hand: dict[str, Any] = {"work_item_id": item.pk, "officer": desk["officer"]}
        with clock.at(on(26, 19)):
            review.pause(**hand, reason="hearing", note="", expected_days=2)
        assert sweep.sweep(now=on(27, 10)).escalations == 0
        with clock.at(on(30, 11)):
            review.resume(**hand)

        assert sweep.sweep(now=on(30, 11, 1)).escalations == 1
        assert [at for *_, at in climbed()] == [on(30, 11)]
        assert Card.objects.get(level="red").check_at == SUPERVISORS_AT

    def test_an_outage_over_the_whole_pause_moves_the_rung_no_further(
        self, item: WorkItem, desk: dict[str, User]
    ) -> None:
        paused(item, desk["officer"], at=on(26, 19), until=on(30, 11))

        sweep.sweep(now=december(3, 10))

        assert [at for *_, at in climbed()] == [on(30, 11), SUPERVISORS_AT]

    def test_a_rung_before_the_pause_keeps_its_instant(
        self, item: WorkItem, desk: dict[str, User]
    ) -> None:
        paused(item, desk["officer"], at=on(27, 10), until=december(2, 11))

        sweep.sweep(now=december(3, 10))

        assert [at for *_, at in climbed()] == [LEADERS_AT, december(2, 11)]

    def test_beyond_the_known_calendar_it_is_looked_at_again_later(
        self, item: WorkItem, desk: dict[str, User]
    ) -> None:
        CalendarOrdinal.objects.all().delete()

        assert sweep.sweep(now=on(26, 18)).red == 1
        assert Card.objects.get(level="red").check_at == on(27, 17, 30)
        assert sweep.sweep(now=on(27, 18)).escalations == 0
        calendar.load()

        assert sweep.sweep(now=on(28, 18)).escalations == 1
        assert [at for *_, at in climbed()] == [LEADERS_AT]


class TestUrging:
    def urge(self, case: Case, desk: dict[str, User], item: WorkItem | None) -> Urging:
        return Urging.objects.create(
            case=case,
            work_item=item,
            department=desk["officer"].department,
            kind="instruction",
            words="请说明进展",
            sent_by=desk["supervisor"],
            sent_at=on(23, 11),
            days=2,
            due_at=on(25, 17, 30),
            check_at=on(25, 17, 30),
        )

    def test_an_urging_without_an_answer_climbs(self, case: Case, desk: dict[str, User]) -> None:
        urging = self.urge(case, desk, None)

        assert sweep.sweep(now=on(25, 17, 30)) == SweepReport(overdue_urgings=1)
        assert told("urging.overdue") == {("l1", "inbox"), ("l1", "sms")}
        assert sweep.sweep(now=on(30, 10)) == SweepReport(overdue_urgings=1)

        assert climbed() == [(urging.subject, 1, on(25, 17, 30)), (urging.subject, 2, on(27, 9))]
        event = Event.objects.filter(kind="urging.overdue").latest("at")
        assert (event.stream, event.subject) == (case.pk, urging.subject)
        assert event.payload == {"urging": urging.pk, "step": 2}
        assert ("s1", "sms") in told("urging.overdue")
        assert sweep.sweep(now=on(30, 10)) == SweepReport()

    def test_an_answer_ends_it(self, case: Case, desk: dict[str, User], item: WorkItem) -> None:
        urging = self.urge(case, desk, item)
        Urging.objects.filter(pk=urging.pk).update(
            answer="已办", answered_by=desk["officer"], answered_at=on(24, 10)
        )

        assert sweep.sweep(now=on(30, 10)).overdue_urgings == 0


GAPS = [{"kind": "field", "code": "p_address", "name": "现居住地址", "reason": "请写明门牌号"}]


class TestReminders:
    """Asked on Monday 23 November, the term ends on Monday 7 December at 17:30."""

    FIRST, LAST = december(2, 9), december(4, 9)

    @pytest.fixture
    def asked(self, one_thing: OneThing, talent: User, clerk: User) -> Supplement:
        case = make_case(
            one_thing, talent, on(23, 10), state=CaseState.SUBMITTED, accepted_at=None, due_at=None
        )
        with clock.at(on(23, 11)):
            return intake.ask(case_id=case.pk, clerk=clerk, gaps=GAPS)  # type: ignore[arg-type]

    def test_the_applicant_is_reminded_three_days_and_one_day_before(
        self, asked: Supplement
    ) -> None:
        assert sweep.sweep(now=on(30, 10)) == SweepReport()
        assert sweep.sweep(now=self.FIRST) == SweepReport(reminders=1)
        assert sweep.sweep(now=self.LAST) == SweepReport(reminders=1)

        subject = f"supplement:{asked.pk}"
        assert climbed() == [(subject, 1, self.FIRST), (subject, 2, self.LAST)]
        bodies = Message.objects.filter(kind="case.supplement_reminder", channel=Channel.INBOX)
        assert ["2026年12月7日17:30前" in message.body for message in bodies] == [True, True]
        assert Supplement.objects.get().remind_at is None

    def test_after_an_outage_both_come_with_their_instants(self, asked: Supplement) -> None:
        assert sweep.sweep(now=december(7, 10)) == SweepReport(reminders=2)
        assert [at for *_, at in climbed()] == [self.FIRST, self.LAST]

    def test_nobody_is_reminded_of_a_term_that_is_over(self, asked: Supplement) -> None:
        assert sweep.sweep(now=december(8, 10)) == SweepReport(lapsed_supplements=1)
        assert climbed() == []

    def test_nobody_is_reminded_of_what_was_given(self, asked: Supplement) -> None:
        Supplement.objects.update(answered_at=on(24, 10))
        Case.objects.update(state=CaseState.SUBMITTED)

        assert sweep.sweep(now=self.LAST).reminders == 0

    def test_a_department_reminds_while_its_clock_stands(
        self, item: WorkItem, desk: dict[str, User]
    ) -> None:
        hand: dict[str, Any] = {"work_item_id": item.pk, "officer": desk["officer"]}
        with clock.at(on(23, 11)):
            review.ask(**hand, gaps=GAPS)

        assert sweep.sweep(now=self.FIRST) == SweepReport(reminders=1)
        message = Message.objects.get(kind="work_item.supplement_reminder", channel="inbox")
        assert f"“{item.item_name}”还等您补充材料" in message.body
        with clock.at(december(2, 10)):
            review.resume(**hand)
        assert sweep.sweep(now=self.LAST).reminders == 0

    def test_a_short_term_has_only_the_reminders_after_the_asking(self) -> None:
        remind = first_reminder(december(7, 17, 30), after=december(2, 9, 30))
        assert remind == self.LAST
        assert first_reminder(december(7, 17, 30), after=december(4, 9)) is None

    def test_tolerated_materials_are_reminded_of_by_name(self, case: Case, clerk: User) -> None:
        names = ("住房租赁合同", "毕业证书")
        tolerance = Tolerance.objects.create(
            case=case,
            materials=[{"code": f"M{n}", "name": name} for n, name in enumerate(names)],
            granted_by=clerk,
            granted_at=on(23, 10),
            lapses_at=december(7, 17, 30),
            remind_at=self.FIRST,
        )

        assert sweep.sweep(now=self.LAST).reminders == 2
        assert climbed()[0] == (f"tolerance:{tolerance.pk}", 1, self.FIRST)
        message = Message.objects.filter(kind="case.tolerance_reminder", channel="inbox").first()
        assert message is not None and "住房租赁合同、毕业证书" in message.body
