"""From the first tick to acceptance."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import calendar, drafting, intake, review
from cases.errors import AlreadyHandled, Incomplete
from cases.models import (
    Case,
    CaseState,
    SharedRequest,
    Supplement,
    Suspension,
    WorkItem,
    WorkItemState,
)
from notifications import wording
from notifications.models import Channel, Message
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, add, item
from tests.cases.people import FOUNDER_ID, GRADUATE_ID, answers_for
from tests.cases.steps import sms_kinds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
CHAIN = ("P01", "P04", "P05", "P07", "P08")


def kinds(case: Case) -> list[str]:
    return list(Event.objects.of_stream(case.pk).values_list("kind", flat=True))


class TestSubmit:
    def test_submitting_gives_a_number_and_tells_the_applicant(
        self, draft: Make, talent: User, monday: datetime
    ) -> None:
        case = draft("P01", "P05")

        case = intake.submit(case_id=case.pk, actor=talent, answers={}, signed=True)

        assert case.number is not None
        assert case.number.startswith("33010020261123")
        assert (case.state, case.submitted_at) == ("submitted", monday)
        assert kinds(case) == ["case.submitted"]
        assert sms_kinds(talent) == ["case.submitted"]
        assert Message.objects.filter(recipient=talent, channel=Channel.INBOX).count() == 1

    def test_shared_data_is_asked_for(self, submitted: Make) -> None:
        case = submitted("P07")

        asked = SharedRequest.objects.filter(case=case).values_list("material_code", flat=True)
        assert set(asked) == {"S01", "S02", "S10"}

    def test_submitting_again_is_the_same_case(self, submitted: Make, talent: User) -> None:
        case = submitted("P01")

        again = intake.submit(case_id=case.pk, actor=talent, answers={}, signed=True)

        assert again.number == case.number
        assert kinds(case) == ["case.submitted"]

    def test_every_problem_is_named_at_once(self, one_thing: OneThing, talent: User) -> None:
        case = drafting.start(applicant=talent, one_thing=one_thing, kind="person", codes=["P01"])
        answers = answers_for(one_thing.catalogue, ["P01"], p_id_no="330199199712035011", p_edu="")

        with pytest.raises(Incomplete) as caught:
            intake.submit(case_id=case.pk, actor=talent, answers=answers, signed=False)

        assert {"p_id_no", "p_edu", "material:M01", "material:M03", "signature"} <= set(
            caught.value.problems
        )

    def test_a_problem_leaves_the_draft_a_draft(self, draft: Make, talent: User) -> None:
        case = draft("P01")

        with pytest.raises(Incomplete):
            intake.submit(case_id=case.pk, actor=talent, answers={}, signed=False)

        assert Case.objects.get(pk=case.pk).state == CaseState.DRAFT
        assert kinds(case) == []

    def test_an_item_that_the_answers_call_for_is_named(self, draft: Make, talent: User) -> None:
        case = draft("P03", p_edu="14", p_degree="3")

        with pytest.raises(Incomplete) as caught:
            intake.submit(
                case_id=case.pk,
                actor=talent,
                answers={"settle_type": "人才市场集体户"},
                signed=True,
            )

        assert "人事档案转移" in caught.value.problems["items"]

    def test_a_closed_one_thing_keeps_the_draft(
        self, draft: Make, talent: User, one_thing: OneThing
    ) -> None:
        case = draft("P01")
        OneThing.objects.update(is_open=False)

        with pytest.raises(Incomplete) as caught:
            intake.submit(case_id=case.pk, actor=talent, answers={}, signed=True)

        assert "已保存" in caught.value.problems["items"]
        assert Case.objects.get(pk=case.pk).all_answers["p_name"] == "陈晓明"


class TestAccept:
    def test_every_parallel_clock_starts_at_acceptance(
        self, submitted: Make, clerk: User, monday: datetime
    ) -> None:
        case = intake.accept(case_id=submitted(*CHAIN).pk, clerk=clerk)

        started = case.work_items.filter(state=WorkItemState.READY)
        assert {work_item.item_code for work_item in started} == {"P01", "P05"}
        assert {work_item.started_at for work_item in started} == {monday}
        waiting = case.work_items.filter(state=WorkItemState.WAITING, started_at=None, due_at=None)
        assert {work_item.item_code for work_item in waiting} == {"P04", "P07", "P08"}

    def test_limits_and_names_are_copied(self, accepted: Make) -> None:
        case = accepted("P01")

        work_item = item(case, "P01")
        assert work_item.item_name == "职工参保登记（养老、工伤、失业）"
        assert (work_item.promised_days, work_item.statutory_days) == (1, None)
        assert work_item.due_at == MONDAY.replace(hour=17, minute=30) + timedelta(days=1)
        assert case.promised_days == 30

    def test_the_applicant_is_told_once(self, accepted: Make, talent: User) -> None:
        case = accepted(*CHAIN)

        assert sms_kinds(talent) == ["case.submitted", "case.accepted"]
        assert kinds(case) == [
            "case.submitted",
            "case.accepted",
            "work_item.released",
            "work_item.released",
        ]

    def test_the_second_clerk_reads_that_it_was_handled(self, accepted: Make, clerk: User) -> None:
        case = accepted("P01")

        with pytest.raises(AlreadyHandled, match="其他窗口人员"):
            intake.accept(case_id=case.pk, clerk=clerk)

    def test_only_a_clerk_accepts(self, submitted: Make, talent: User, officers: dict) -> None:
        case = submitted("P01")

        for user in (talent, officers["D01"]):
            with pytest.raises(PermissionDenied):
                intake.accept(case_id=case.pk, clerk=user)

    def test_another_persons_open_item_holds_an_enterprise_item(
        self, accepted: Make, stranger: User
    ) -> None:
        founder = {"p_id_no": FOUNDER_ID, "p_birth": "1995-08-22", "p_gender": "2"}
        person = accepted("P01", **founder)

        enterprise = accepted("E02", applicant=stranger)

        edge = item(enterprise, "E02").needs.get()
        assert edge.predecessor == item(person, "P01")
        assert item(enterprise, "E02").state == WorkItemState.WAITING

    def test_an_enterprise_item_starts_where_nothing_is_open_elsewhere(
        self, accepted: Make
    ) -> None:
        case = accepted("E02")

        assert item(case, "E02").state == WorkItemState.READY


class TestAsk:
    GAPS = [
        {"kind": "material", "code": "M03", "name": "劳动合同", "reason": "缺少签字页，请补齐。"},
        {"kind": "field", "code": "p_address", "name": "现居住地址", "reason": "请写明门牌号。"},
    ]

    def test_asking_tells_every_gap_once(self, submitted: Make, clerk: User, talent: User) -> None:
        case = submitted("P01")

        supplement = intake.ask(case_id=case.pk, clerk=clerk, gaps=self.GAPS)

        case = Case.objects.get(pk=case.pk)
        assert case.state == CaseState.RETURNED
        assert supplement.lapses_at == datetime(2026, 12, 7, 17, 30, tzinfo=MONDAY.tzinfo)
        assert sms_kinds(talent)[-1] == "case.returned"
        inbox = Message.objects.get(kind="case.returned", channel=Channel.INBOX)
        assert "缺少签字页" in inbox.body
        assert "门牌号" in inbox.body

    def test_a_second_notice_is_refused(self, submitted: Make, clerk: User) -> None:
        case = submitted("P01")
        intake.ask(case_id=case.pk, clerk=clerk, gaps=self.GAPS)

        with pytest.raises(AlreadyHandled, match="一次性告知"):
            intake.ask(case_id=case.pk, clerk=clerk, gaps=self.GAPS)

    def test_the_answer_brings_the_case_back(
        self, submitted: Make, clerk: User, talent: User, monday: datetime
    ) -> None:
        case = submitted("P01")
        intake.ask(case_id=case.pk, clerk=clerk, gaps=self.GAPS)
        later = monday + timedelta(hours=2)

        with clock.at(later):
            add(case, "M03")
            address = "杭州市西湖区文新街道示例路 18 号 3 幢 201 室"
            case = intake.answer(case_id=case.pk, actor=talent, answers={"p_address": address})

        assert (case.state, case.received_at) == (CaseState.SUBMITTED, later)
        assert case.all_answers["p_address"] == address

    def test_an_answer_changes_only_what_was_asked(
        self, submitted: Make, clerk: User, talent: User
    ) -> None:
        case = submitted("P01")
        intake.ask(case_id=case.pk, clerk=clerk, gaps=[self.GAPS[1]])

        case = intake.answer(
            case_id=case.pk, actor=talent, answers={"p_id_no": FOUNDER_ID, "p_employer": "另一家"}
        )

        assert case.all_answers["p_id_no"] == GRADUATE_ID
        assert case.all_answers["p_employer"] == "杭州示例科技有限公司"

    def test_an_answer_without_the_document_is_refused(
        self, submitted: Make, clerk: User, talent: User
    ) -> None:
        case = submitted("P01")
        intake.ask(case_id=case.pk, clerk=clerk, gaps=self.GAPS)

        with pytest.raises(Incomplete) as caught:
            intake.answer(case_id=case.pk, actor=talent, answers={})

        assert set(caught.value.problems) == {"material:M03"}

    def test_an_unanswered_notice_ends_in_deemed_withdrawal(
        self, submitted: Make, clerk: User, talent: User, monday: datetime
    ) -> None:
        case = submitted("P01")
        supplement = intake.ask(case_id=case.pk, clerk=clerk, gaps=self.GAPS)

        case = intake.lapse(case_id=case.pk, at=supplement.lapses_at)

        assert (case.state, case.closed_at) == (CaseState.WITHDRAWN, supplement.lapses_at)
        assert kinds(case)[-1] == "case.lapsed"
        assert sms_kinds(talent)[-1] == "case.lapsed"
        with pytest.raises(AlreadyHandled):
            intake.answer(case_id=case.pk, actor=talent, answers={})


class TestRefuseAndWithdraw:
    def test_a_refusal_says_why(self, submitted: Make, clerk: User, talent: User) -> None:
        case = submitted("P01")

        case = intake.refuse(
            case_id=case.pk, clerk=clerk, reasons="不属于本市受理范围。", legal_basis="办事指南"
        )

        assert (case.state, case.reasons) == (CaseState.REFUSED, "不属于本市受理范围。")
        assert sms_kinds(talent)[-1] == "case.refused"

    def test_a_refusal_without_reasons_is_not_one(self, submitted: Make, clerk: User) -> None:
        case = submitted("P01")

        with pytest.raises(Incomplete) as caught:
            intake.refuse(case_id=case.pk, clerk=clerk, reasons=" ", legal_basis="")

        assert set(caught.value.problems) == {"reasons", "legal_basis"}

    def test_withdrawing_ends_all_open_work(self, accepted: Make, talent: User) -> None:
        case = accepted(*CHAIN)

        case = intake.withdraw(case_id=case.pk, actor=talent)

        assert case.state == CaseState.WITHDRAWN
        assert set(WorkItem.objects.filter(case=case).values_list("state", "due_at")) == {
            ("withdrawn", None)
        }

    def test_withdrawing_ends_the_pause_of_what_was_at_work(
        self, accepted: Make, officers: dict[str, User]
    ) -> None:
        case = accepted("P01")
        hand = {"work_item_id": item(case, "P01").pk, "officer": officers["D01"]}
        review.claim(**hand)
        review.ask(**hand, gaps=TestAsk.GAPS)

        intake.withdraw(case_id=case.pk, actor=case.applicant)

        assert Suspension.objects.get().ended_at is not None
        assert Supplement.objects.awaited().count() == 0

    def test_giving_up_a_draft_stands_in_the_ledger_and_tells_nobody(
        self, draft: Make, talent: User
    ) -> None:
        case = intake.withdraw(case_id=draft("P01").pk, actor=talent)

        assert (case.state, kinds(case)) == (CaseState.WITHDRAWN, ["case.given_up"])
        assert sms_kinds(talent) == []

    def test_a_stranger_does_not_withdraw(self, accepted: Make, stranger: User) -> None:
        with pytest.raises(PermissionDenied):
            intake.withdraw(case_id=accepted("P01").pk, actor=stranger)

    def test_a_withdrawn_case_is_not_withdrawn_again(self, accepted: Make, talent: User) -> None:
        case = intake.withdraw(case_id=accepted("P01").pk, actor=talent)

        with pytest.raises(AlreadyHandled):
            intake.withdraw(case_id=case.pk, actor=talent)


def statements(context: CaptureQueriesContext) -> str:
    return "\n".join(query["sql"][:110] for query in context)


@pytest.mark.django_db(transaction=True)
class TestStatements:
    """The number of statements does not grow with the number of items."""

    @pytest.mark.parametrize("codes", [("P01",), ("P01", "P02", "P04", "P05", "P06", "P07", "P08")])
    def test_submit_and_accept(
        self, draft: Make, talent: User, clerk: User, codes: tuple[str, ...]
    ) -> None:
        wording.texts()  # what a process reads once in a while is read now
        calendar.current()
        case = draft(*codes)

        with CaptureQueriesContext(connection) as submitting:
            intake.submit(case_id=case.pk, actor=talent, answers={}, signed=True)
        with CaptureQueriesContext(connection) as accepting:
            intake.accept(case_id=case.pk, clerk=clerk)

        assert len(submitting) <= 20, statements(submitting)
        assert len(accepting) <= 17, statements(accepting)
