"""What departments decide, and what their decisions set going."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import responses, review
from cases.errors import AlreadyHandled, Incomplete, UnusableFile
from cases.models import (
    Case,
    CaseState,
    Document,
    Offer,
    OfferState,
    Origin,
    WorkItem,
    WorkItemState,
)
from notifications.models import Channel, Message
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, add, item, make_user, upload_of
from tests.cases.files import pdf
from tests.cases.people import FOUNDER_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
Officers = dict[str, User]
CHAIN = ("P01", "P04", "P05", "P07", "P08")
GAPS = [{"kind": "material", "code": "M06", "name": "住房租赁合同", "reason": "缺少租赁备案号。"}]


def claimed(case: Case, code: str, officers: Officers) -> WorkItem:
    work_item = item(case, code)
    return review.claim(work_item_id=work_item.pk, officer=officers[work_item.department.code])


def approved(case: Case, code: str, officers: Officers) -> WorkItem:
    work_item = claimed(case, code, officers)
    return review.approve(
        work_item_id=work_item.pk, officer=work_item.claimed_by, result_number=f"示例〔2026〕{code}"
    )


def refused(case: Case, code: str, officers: Officers) -> WorkItem:
    work_item = claimed(case, code, officers)
    return review.refuse(
        work_item_id=work_item.pk,
        officer=work_item.claimed_by,
        reasons="不符合条件。",
        legal_basis="办事指南",
    )


def states(case: Case) -> dict[str, str]:
    return dict(WorkItem.objects.filter(case=case).values_list("item_code", "state"))


def sms_kinds(user: User) -> list[str]:
    sent = Message.objects.filter(recipient=user, channel=Channel.SMS).order_by("event_id")
    return list(sent.values_list("kind", flat=True))


class TestClaim:
    def test_an_officer_claims_what_lies_on_the_desk(
        self, accepted: Make, officers: Officers
    ) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)

        assert (work_item.state, work_item.claimed_by) == ("handling", officers["D01"])

    def test_another_department_may_not(self, accepted: Make, officers: Officers) -> None:
        with pytest.raises(PermissionDenied):
            review.claim(work_item_id=item(accepted("P01"), "P01").pk, officer=officers["D03"])

    def test_the_slower_officer_reads_that_it_was_handled(
        self, accepted: Make, officers: Officers
    ) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)
        colleague = make_user("colleague", Role.OFFICER, officers["D01"].department)

        with pytest.raises(AlreadyHandled, match="已由他人处理"):
            review.claim(work_item_id=work_item.pk, officer=colleague)

    def test_a_waiting_item_cannot_be_claimed(self, accepted: Make, officers: Officers) -> None:
        with pytest.raises(AlreadyHandled):
            claimed(accepted("P01", "P07"), "P07", officers)

    def test_a_leader_takes_over(self, accepted: Make, officers: Officers) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)
        leader = make_user("leader", Role.LEADER, officers["D01"].department)

        taken = review.take_over(work_item_id=work_item.pk, leader=leader)

        assert taken.claimed_by == leader
        with pytest.raises(AlreadyHandled):
            review.approve(
                work_item_id=work_item.pk, officer=officers["D01"], result_number="示例1"
            )

    def test_the_buttons_follow_state_and_hand(self, accepted: Make, officers: Officers) -> None:
        work_item = item(accepted("P01"), "P01")
        colleague = make_user("colleague", Role.OFFICER, officers["D01"].department)
        assert review.allowed_verbs(work_item, officers["D01"]) == ("claim",)
        assert review.allowed_verbs(work_item, officers["D03"]) == ()

        work_item = review.claim(work_item_id=work_item.pk, officer=officers["D01"])

        assert review.allowed_verbs(work_item, officers["D01"]) == (
            "approve",
            "refuse",
            "ask",
            "pause",
        )
        assert review.allowed_verbs(work_item, colleague) == ()


class TestApprove:
    def test_a_result_releases_what_waited_and_serves_it_as_material(
        self, accepted: Make, officers: Officers, monday: datetime
    ) -> None:
        case = accepted(*CHAIN)

        with clock.at(monday + timedelta(hours=4)):
            approved(case, "P01", officers)

        assert states(case) == {
            "P01": "approved",
            "P04": "ready",
            "P05": "ready",
            "P07": "ready",
            "P08": "waiting",
        }
        permit = item(case, "P04")
        assert permit.started_at == monday + timedelta(hours=4)
        assert permit.due_at == MONDAY.replace(hour=17, minute=30) + timedelta(days=3)
        result = Document.objects.get(case=case, origin=Origin.PRODUCED)
        assert (result.material_code, result.work_item) == ("R01", item(case, "P01"))

    def test_an_item_with_two_needs_waits_for_both(
        self, accepted: Make, officers: Officers
    ) -> None:
        case = accepted(*CHAIN)

        approved(case, "P01", officers)
        assert states(case)["P08"] == "waiting"
        approved(case, "P04", officers)

        assert states(case)["P08"] == "ready"

    def test_the_applicant_gets_one_sms_per_result(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted(*CHAIN)

        approved(case, "P01", officers)

        assert sms_kinds(talent) == ["case.submitted", "case.accepted", "work_item.approved"]

    def test_the_last_result_completes_the_case(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted(*CHAIN)

        for code in CHAIN:
            approved(case, code, officers)

        case = Case.objects.get(pk=case.pk)
        assert case.state == CaseState.COMPLETED
        assert sms_kinds(talent)[-1] == "case.completed"
        assert Document.objects.filter(case=case, origin=Origin.PRODUCED).count() == len(CHAIN)

    def test_the_departments_own_document_is_kept(self, accepted: Make, officers: Officers) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)

        review.approve(
            work_item_id=work_item.pk,
            officer=officers["D01"],
            result_number="杭社参〔2026〕1 号",
            upload=pdf("凭证.pdf"),
        )

        result = work_item.results.get()
        assert (result.file_name, result.content_type) == ("凭证.pdf", "application/pdf")

    def test_a_result_needs_a_number(self, accepted: Make, officers: Officers) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)

        with pytest.raises(Incomplete) as caught:
            review.approve(work_item_id=work_item.pk, officer=officers["D01"], result_number=" ")

        assert set(caught.value.problems) == {"result_number"}

    def test_an_unusable_document_changes_nothing(self, accepted: Make, officers: Officers) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)

        with pytest.raises(UnusableFile):
            review.approve(
                work_item_id=work_item.pk,
                officer=officers["D01"],
                result_number="1",
                upload=upload_of(b"MZ\x90\x00 not a document"),
            )

        assert item(work_item.case, "P01").state == WorkItemState.HANDLING

    def test_a_decision_is_made_once(self, accepted: Make, officers: Officers) -> None:
        case = accepted("P01")
        work_item = approved(case, "P01", officers)

        with pytest.raises(AlreadyHandled):
            review.approve(work_item_id=work_item.pk, officer=officers["D01"], result_number="2")

    def test_a_persons_result_releases_the_enterprise_that_waited(
        self, accepted: Make, officers: Officers, stranger: User
    ) -> None:
        founder = {"p_id_no": FOUNDER_ID, "p_birth": "1995-08-22", "p_gender": "2"}
        person = accepted("P01", **founder)
        enterprise = accepted("E02", applicant=stranger)

        approved(person, "P01", officers)

        assert item(enterprise, "E02").state == WorkItemState.READY
        assert Event.objects.of_stream(enterprise.pk).last().kind == "work_item.released"


class TestRefuse:
    def test_what_hangs_on_a_refused_item_is_closed_with_the_reason(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted(*CHAIN)

        refused(case, "P01", officers)

        assert states(case) == {
            "P01": "refused",
            "P04": "closed",
            "P05": "ready",
            "P07": "closed",
            "P08": "closed",
        }
        assert "职工参保登记" in item(case, "P07").reasons
        assert sms_kinds(talent).count("work_item.closed") == 3

    def test_another_way_is_offered(
        self, accepted: Make, officers: Officers, talent: User, monday: datetime
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)

        refused(case, "P03", officers)

        offer = Offer.objects.get(case=case)
        assert (offer.item_code, offer.state) == ("P04", OfferState.OPEN)
        assert offer.lapses_at == datetime(2026, 11, 30, 17, 30, tzinfo=MONDAY.tzinfo)
        assert states(case)["P08"] == "waiting"
        assert sms_kinds(talent)[-1] == "offer.made"

    def test_a_taken_offer_goes_on_to_the_result(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)
        refused(case, "P03", officers)
        answers = {"qualify_route": "本科及以上", "residence_reg_no": "330106202600001"}

        responses.take_offer(offer_id=Offer.objects.get().pk, actor=talent, answers=answers)
        assert states(case)["P04"] == "ready"
        approved(case, "P04", officers)

        assert states(case)["P08"] == "ready"

    def test_an_offer_asks_only_for_what_is_still_missing(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)
        refused(case, "P03", officers)

        with pytest.raises(Incomplete) as caught:
            responses.take_offer(offer_id=Offer.objects.get().pk, actor=talent, answers={})

        assert set(caught.value.problems) == {"qualify_route", "residence_reg_no"}
        assert Offer.objects.get().state == OfferState.OPEN

    @pytest.mark.parametrize("way", ["decline", "lapse"])
    def test_without_another_way_the_dependant_is_closed(
        self, accepted: Make, officers: Officers, talent: User, way: str
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)
        refused(case, "P03", officers)
        offer = Offer.objects.get()

        if way == "decline":
            responses.decline_offer(offer_id=offer.pk, actor=talent)
        else:
            responses.lapse_offer(offer_id=offer.pk, at=offer.lapses_at)

        assert states(case)["P08"] == "closed"
        assert "大学生落户" in item(case, "P08").reasons
        case = Case.objects.get(pk=case.pk)
        assert case.state == CaseState.COMPLETED
        with pytest.raises(AlreadyHandled):
            responses.decline_offer(offer_id=offer.pk, actor=talent)

    def test_refusing_the_other_way_too_closes_the_dependant(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)
        refused(case, "P03", officers)
        answers = {"qualify_route": "本科及以上", "residence_reg_no": "330106202600001"}
        responses.take_offer(offer_id=Offer.objects.get().pk, actor=talent, answers=answers)

        refused(case, "P04", officers)

        assert states(case)["P08"] == "closed"
        assert Offer.objects.count() == 1

    def test_a_soft_order_goes_on_after_a_refusal(self, accepted: Make, officers: Officers) -> None:
        case = accepted("P01", "P04", "P06")
        approved(case, "P01", officers)
        assert states(case)["P06"] == "waiting"

        refused(case, "P04", officers)

        assert states(case)["P06"] == "ready"

    def test_a_refusal_needs_reasons_and_basis(self, accepted: Make, officers: Officers) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)

        with pytest.raises(Incomplete):
            review.refuse(
                work_item_id=work_item.pk, officer=officers["D01"], reasons="", legal_basis=""
            )


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
        with pytest.raises(AlreadyHandled):
            review.pause(**asked)
        review.resume(work_item_id=work_item.pk, officer=officers["D01"])

        with pytest.raises(AlreadyHandled):
            review.resume(work_item_id=work_item.pk, officer=officers["D01"])


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


@pytest.mark.django_db(transaction=True)
class TestStatements:
    """The number of statements does not grow with the number of items."""

    @pytest.mark.parametrize("codes", [("P01",), ("P01", "P02", "P04", "P05", "P06", "P07", "P08")])
    def test_decide(self, accepted: Make, officers: Officers, codes: tuple[str, ...]) -> None:
        work_item = claimed(accepted(*codes), "P01", officers)

        with CaptureQueriesContext(connection) as deciding:
            review.approve(
                work_item_id=work_item.pk, officer=officers["D01"], result_number="示例1"
            )

        assert len(deciding) <= 10, [query["sql"][:90] for query in deciding]
