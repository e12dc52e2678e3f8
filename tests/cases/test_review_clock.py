"""Stopping a clock, and waiting for the applicant."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from cases import responses, review
from cases.errors import AlreadyHandled, Incomplete
from cases.models import (
    Case,
    WorkItem,
    WorkItemState,
)
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import MONDAY, add, item
from tests.cases.steps import Officers, approved, claimed, sms_kinds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
CHAIN = ("P01", "P04", "P05", "P07", "P08")
GAPS = [{"kind": "material", "code": "M06", "name": "住房租赁合同", "reason": "缺少租赁备案号。"}]


class TestPause:
    def test_a_pause_stops_the_clock_and_resuming_moves_it(
        self, accepted: Make, officers: Officers, talent: User, monday: datetime
    ) -> None:
        case = accepted("P01", "P04", "P08")
        approved(case, "P01", officers)
        approved(case, "P04", officers)
        work_item = claimed(case, "P08", officers)
        due = work_item.due_at

        review.pause(
            work_item_id=work_item.pk,
            officer=officers["D03"],
            reason="publicity",
            note="",
            expected_days=5,
        )
        paused = item(case, "P08")
        assert (paused.state, paused.due_at, paused.yellow_at) == ("paused", None, None)
        assert sms_kinds(talent)[-1] == "work_item.paused"
        with clock.at(monday + timedelta(days=7)):
            resumed = review.resume(work_item_id=work_item.pk, officer=officers["D03"])

        assert resumed.due_at == due + timedelta(days=7)
        case = Case.objects.get(pk=case.pk)
        assert case.due_at == datetime(2027, 1, 11, 17, 30, tzinfo=MONDAY.tzinfo)

    def test_only_reasons_of_the_closed_list_are_taken(
        self, accepted: Make, officers: Officers
    ) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)
        assert "publicity" not in review.pause_reasons(work_item)
        assert "appraisal" in review.pause_reasons(work_item)

        for reason in ("publicity", "supplement", "lunch"):
            with pytest.raises(Incomplete):
                review.pause(
                    work_item_id=work_item.pk,
                    officer=officers["D01"],
                    reason=reason,
                    note="",
                    expected_days=1,
                )

    def test_a_paused_item_is_not_paused_again_nor_resumed_twice(
        self, accepted: Make, officers: Officers
    ) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)
        asked: dict[str, Any] = {
            "work_item_id": work_item.pk,
            "officer": officers["D01"],
            "reason": "testing",
            "note": "",
            "expected_days": 2,
        }
        review.pause(**asked)
        with pytest.raises(AlreadyHandled, match="已暂停计时"):
            review.pause(**asked)
        review.resume(work_item_id=work_item.pk, officer=officers["D01"])

        with pytest.raises(AlreadyHandled, match="没有暂停"):
            review.resume(work_item_id=work_item.pk, officer=officers["D01"])
        assert work_item.suspensions.count() == 1


class TestSupplement:
    def paused(self, accepted: Make, officers: Officers) -> WorkItem:
        case = accepted("P01", "P04", "P08")
        approved(case, "P01", officers)
        approved(case, "P04", officers)
        work_item = claimed(case, "P08", officers)
        review.ask(work_item_id=work_item.pk, officer=officers["D03"], gaps=GAPS)
        return item(case, "P08")

    def test_asking_stops_the_clock_and_tells_the_applicant(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        work_item = self.paused(accepted, officers)

        assert (work_item.state, work_item.due_at) == ("paused", None)
        suspension = work_item.suspensions.get()
        assert suspension.lapses_at == datetime(2026, 12, 7, 17, 30, tzinfo=MONDAY.tzinfo)
        assert sms_kinds(talent)[-1] == "work_item.supplement"

    def test_the_answer_sets_the_clock_going(
        self, accepted: Make, officers: Officers, talent: User, monday: datetime
    ) -> None:
        work_item = self.paused(accepted, officers)

        with clock.at(monday + timedelta(days=2)):
            add(work_item.case, "M06")
            answered = responses.answer_department(
                work_item_id=work_item.pk, actor=talent, answers={}
            )

        assert answered.state == WorkItemState.HANDLING
        assert answered.due_at is not None

    def test_an_answer_without_the_document_is_refused(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        work_item = self.paused(accepted, officers)

        with pytest.raises(Incomplete) as caught:
            responses.answer_department(work_item_id=work_item.pk, actor=talent, answers={})

        assert set(caught.value.problems) == {"material:M06"}

    def test_a_department_asks_once(
        self, accepted: Make, officers: Officers, talent: User, monday: datetime
    ) -> None:
        work_item = self.paused(accepted, officers)
        with clock.at(monday + timedelta(hours=1)):
            add(work_item.case, "M06")
            responses.answer_department(work_item_id=work_item.pk, actor=talent, answers={})

            with pytest.raises(AlreadyHandled, match="一次性告知"):
                review.ask(work_item_id=work_item.pk, officer=officers["D03"], gaps=GAPS)

    def test_a_late_answer_does_not_end_another_pause(
        self, accepted: Make, officers: Officers, talent: User, monday: datetime
    ) -> None:
        work_item = self.paused(accepted, officers)
        hand = {"work_item_id": work_item.pk, "officer": officers["D03"]}
        review.resume(**hand)
        review.pause(**hand, reason="hearing", note="", expected_days=5)

        with clock.at(monday + timedelta(hours=1)):
            with pytest.raises(AlreadyHandled):
                add(work_item.case, "M06")
            with pytest.raises(AlreadyHandled):
                responses.answer_department(work_item_id=work_item.pk, actor=talent, answers={})

        assert item(work_item.case, "P08").state == WorkItemState.PAUSED

    def test_an_answer_after_the_term_is_too_late(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        work_item = self.paused(accepted, officers)

        with clock.at(work_item.suspensions.get().lapses_at):
            add(work_item.case, "M06")
            with pytest.raises(AlreadyHandled):
                responses.answer_department(work_item_id=work_item.pk, actor=talent, answers={})


class TestClockMovedBack:
    def test_a_pause_can_still_be_ended(
        self, accepted: Make, officers: Officers, monday: datetime
    ) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)
        hand = {"work_item_id": work_item.pk, "officer": officers["D01"]}
        with clock.at(monday + timedelta(days=3)):
            review.pause(**hand, reason="hearing", note="", expected_days=5)

        resumed = review.resume(**hand)

        suspension = resumed.suspensions.get()
        assert suspension.ended_at == suspension.began_at
