"""Waking: on the day, when a fact changes, when a window closes."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import maturity
from cases.maturity import Woken
from cases.models import Case, ParkedItem, ParkedState
from notifications.models import Message
from policies.models import Fact, OneThing, Profile, Subject
from policies.subjects import Statement, record, subject_for
from portal.accounts.models import Role, User
from portal.core.ledger import Event
from tests.cases.conftest import make_user
from tests.cases.ripening import day, graduate, parked, shelve, state

Make = Callable[..., Case]
pytestmark = pytest.mark.django_db
RIPE_ON = date(2027, 4, 23)


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    shelve(one_thing)


@pytest.fixture
def subject(talent: User) -> Subject:
    return graduate(talent)


@pytest.fixture
def case(accepted: Make, subject: Subject) -> Case:
    """P07 is put aside until 23 April 2027."""
    return accepted("P01", "P07")


def told(kind: str) -> set[tuple[str, str]]:
    rows = Message.objects.filter(kind=kind).values_list("recipient__username", "channel")
    return set(rows)


def events(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


class TestTheDay:
    def test_nothing_happens_the_day_before(self, case: Case) -> None:
        assert maturity.wake(day("2027-04-22", 23, 59)) == Woken()
        assert parked(case, "P07").state == ParkedState.WAITING

    def test_on_the_day_it_is_ripe_and_both_sides_are_told(
        self, case: Case, talent: User, clerk: User
    ) -> None:
        User.objects.filter(pk=clerk.pk).update(phone="13900000077")

        assert maturity.wake(day("2027-04-23", 0, 1)) == Woken(ripe=1)

        row = parked(case, "P07")
        assert (row.state, row.ripe_at) == (ParkedState.RIPE, day("2027-04-23", 0, 1))
        assert told("parked.ripe") == {("talent", "inbox"), ("talent", "sms")}
        assert told("parked.ripe_at_window") == {("clerk", "inbox"), ("clerk", "sms")}
        link = Message.objects.filter(kind="parked.ripe").first()
        assert link is not None and link.link == f"/cases/{case.pk}/"

    def test_waking_again_tells_nobody_again(self, case: Case) -> None:
        maturity.wake(day("2027-04-23"))

        assert maturity.wake(day("2027-04-24")) == Woken()
        assert events("parked.ripe") == 1

    def test_all_clerks_are_told_where_the_one_who_accepted_has_gone(
        self, case: Case, clerk: User
    ) -> None:
        User.objects.filter(pk=clerk.pk).update(is_active=False)
        for name in ("clerk2", "clerk3"):
            make_user(name, Role.CLERK)

        maturity.wake(day("2027-04-23"))

        assert told("parked.ripe_at_window") == {("clerk2", "inbox"), ("clerk3", "inbox")}

    def test_an_empty_tick_is_one_look(self, case: Case) -> None:
        with CaptureQueriesContext(connection) as queries:
            maturity.wake(day("2027-04-22"))

        assert len(queries) == 1

    def test_those_in_a_row_ripen_together(self, accepted: Make, subject: Subject) -> None:
        state(subject, ss_months_total=0, ss_months_cont=6)
        case = accepted("P01", "P03", "P08")

        assert maturity.wake(day("2026-12-23"), chunk=1) == Woken(ripe=2)
        assert parked(case, "P08").state == ParkedState.RIPE

    def test_a_follower_waits_for_the_item_it_needs(self, accepted: Make, subject: Subject) -> None:
        state(subject, ss_months_total=0, ss_months_cont=6)
        case = accepted("P01", "P03", "P08")
        state(subject, ss_months_total=0, on=date(2026, 12, 1))

        assert maturity.wake(day("2026-12-23")) == Woken(moved=2)
        assert parked(case, "P08").expected_on == date(2027, 1, 1)
        assert maturity.wake(day("2027-01-01")) == Woken(ripe=2)


class TestFacts:
    def test_a_new_fact_ripens_at_once(self, case: Case, subject: Subject) -> None:
        state(subject, ss_months_cont=6)

        assert maturity.reconsider([subject.pk], day("2026-11-24")) == Woken(ripe=1)
        assert told("parked.ripe") == {("talent", "inbox"), ("talent", "sms")}

    def test_a_later_day_is_kept_and_told(self, case: Case, subject: Subject) -> None:
        state(subject, ss_months_cont=0, on=date(2027, 1, 15))

        assert maturity.reconsider([subject.pk], day("2027-01-20")) == Woken(moved=1)

        row = parked(case, "P07")
        assert (row.state, row.expected_on) == (ParkedState.WAITING, date(2027, 7, 15))
        assert row.missing[0]["actual"] == "0个月"
        assert told("parked.moved") == {("talent", "inbox"), ("talent", "sms")}
        inbox = Message.objects.get(kind="parked.moved", channel="inbox")
        assert "改为2027年7月15日" in inbox.body

    def test_an_earlier_day_is_kept_without_a_word(self, case: Case, subject: Subject) -> None:
        state(subject, ss_months_cont=4, on=date(2026, 11, 25))

        maturity.reconsider([subject.pk], day("2026-11-25"))

        assert parked(case, "P07").expected_on == date(2027, 1, 25)
        assert told("parked.moved") == set()

    def test_nothing_new_changes_nothing(self, case: Case, subject: Subject) -> None:
        state(subject, house_family=1)

        assert maturity.reconsider([subject.pk], day("2026-11-25")) == Woken()
        assert events("parked.moved") == 0

    def test_a_ripe_item_that_is_no_longer_ripe_waits_on(
        self, case: Case, subject: Subject
    ) -> None:
        maturity.wake(day("2027-04-23"))
        state(subject, ss_months_cont=0, on=date(2027, 4, 20))

        assert maturity.reconsider([subject.pk], day("2027-04-24")) == Woken(moved=1)

        row = parked(case, "P07")
        assert (row.state, row.ripe_at) == (ParkedState.WAITING, None)
        assert row.expected_on == date(2027, 10, 20)

    def test_what_is_enjoyed_meanwhile_has_no_day_any_more(
        self, case: Case, subject: Subject
    ) -> None:
        state(subject, got_living_subsidy=True)

        maturity.reconsider([subject.pk], day("2026-12-01"))

        row = parked(case, "P07")
        assert (row.state, row.expected_on) == (ParkedState.WAITING, None)
        assert "不能确定" in Message.objects.get(kind="parked.moved", channel="inbox").body

    def test_a_source_that_says_nothing_any_more_takes_no_day_away(
        self, case: Case, subject: Subject
    ) -> None:
        """The provider is down, or its statement has expired: what was known when parked holds."""
        Fact.objects.filter(subject=subject, code="ss_months_cont").delete()
        Profile.objects.update(f_ss_months_cont=None, f_ss_months_cont_as_of=None)

        assert maturity.reconsider([subject.pk], day("2026-12-01")) == Woken()
        assert maturity.wake(day("2027-04-23")) == Woken(ripe=1)

    def test_an_event_ripens_what_has_no_day(self, accepted: Make) -> None:
        """Insured in the own firm: nobody knows when that will be."""
        firm = subject_for("enterprise", "91330199MA2HTEXT13")
        known = {
            "D08": {"legal_grad_years": 3, "is_legal_rep": True, "team_equity": 60},
            "D02": {"birth_date": "1999-08-22"},
            "D01": {"legal_insured_here": False},
            "X01": {"revenue_last": 400},
        }
        for source, facts in known.items():
            record(firm, {code: Statement(value) for code, value in facts.items()}, source)
        row = parked(accepted("E05"), "E05")
        assert (row.state, row.expected_on) == (ParkedState.WAITING, None)

        record(firm, {"legal_insured_here": Statement(True)}, "D01")

        assert maturity.reconsider([firm.pk], day("2027-01-01")) == Woken(ripe=1)


class TestClosing:
    def test_one_reminder_ten_working_days_before(self, case: Case) -> None:
        ParkedItem.objects.update(expected_on=None)
        row = parked(case, "P07")
        assert (row.closes_on, row.remind_on) == (date(2028, 7, 29), date(2028, 7, 17))

        assert maturity.wake(day("2028-07-16")) == Woken()
        assert maturity.wake(day("2028-07-17")) == Woken(reminded=1)
        assert maturity.wake(day("2028-07-18")) == Woken()
        inbox = Message.objects.get(kind="parked.closing", channel="inbox")
        assert "2028年7月29日" in inbox.body

    def test_the_end_comes_with_reasons(self, case: Case) -> None:
        ParkedItem.objects.update(expected_on=None, remind_on=None)

        assert maturity.wake(day("2028-07-29")) == Woken()
        assert maturity.wake(day("2028-07-30")) == Woken(ended=1)

        row = parked(case, "P07")
        assert row.state == ParkedState.ENDED
        assert "2028年7月29日" in row.reasons and "连续参保满6个月" in row.reasons
        assert told("parked.ended") == {("talent", "inbox"), ("talent", "sms")}

    def test_a_ripe_item_nobody_resumed_ends_too(self, case: Case) -> None:
        maturity.wake(day("2027-04-23"))
        maturity.wake(day("2028-07-17"))

        assert maturity.wake(day("2028-07-30")) == Woken(ended=1)
        assert "没有恢复办理" in parked(case, "P07").reasons

    def test_what_waited_for_it_ends_with_it(self, accepted: Make, subject: Subject) -> None:
        state(subject, ss_months_total=0, ss_months_cont=6)
        case = accepted("P01", "P03", "P08")
        ParkedItem.objects.filter(item_code="P03").update(
            closes_on=date(2026, 12, 1), expected_on=None
        )
        state(subject, hukou_urban=True)

        assert maturity.wake(day("2026-12-02")) == Woken(ended=2)
        assert "前置事项“大学生落户" in parked(case, "P08").reasons
