"""What departments decide, and what their decisions set going."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import review
from cases.errors import AlreadyHandled, Incomplete, UnusableFile
from cases.models import (
    Case,
    CaseState,
    Document,
    Origin,
    WorkItemState,
)
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, item, make_user, upload_of
from tests.cases.files import pdf
from tests.cases.people import FOUNDER_ID
from tests.cases.steps import Officers, approved, claimed, sms_kinds, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
CHAIN = ("P01", "P04", "P05", "P07", "P08")
GAPS = [{"kind": "material", "code": "M06", "name": "住房租赁合同", "reason": "缺少租赁备案号。"}]


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

        assert len(deciding) <= 16, [query["sql"][:90] for query in deciding]
