"""The window: who gets in, what the queue and a case show, and the verbs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import intake, notices, uploads
from cases.models import Case, CaseState
from cases.numbering import spaced
from notifications.models import Message
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, make_user
from tests.cases.desks import make_case
from tests.cases.files import pdf
from tests.cases.people import GRADUATE, GRADUATE_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
PASSWORD = "Yijianshi-2026"
REFUSAL = {"reasons": "不属于本窗口受理范围。", "legal_basis": "行政许可法第三十二条"}
GAPS = {"material-M01": "on", "material-M01-why": "文件不清晰，请重新上传"}
VERBS: list[tuple[str, dict[str, str], str]] = [
    ("accept", {}, CaseState.ACCEPTED),
    ("ask", GAPS, CaseState.RETURNED),
    ("refuse", REFUSAL, CaseState.REFUSED),
]


@pytest.fixture
def window(client: Client, clerk: User) -> Client:
    clerk.set_password(PASSWORD)
    clerk.save()
    client.force_login(clerk)
    return client


def url(verb: str, case: Case) -> str:
    return reverse(f"cases:window-{verb}", args=[case.pk])


def state_of(case: Case) -> str:
    return str(Case.objects.values_list("state", flat=True).get(pk=case.pk))


def make_waiting(one_thing: Any, applicant: User, count: int) -> None:
    for _ in range(count):
        make_case(
            one_thing,
            applicant,
            MONDAY,
            state=CaseState.SUBMITTED,
            accepted_at=None,
            due_at=None,
            sealed={"p_name": "陈晓明"},
        )


class TestQueue:
    def test_the_longest_waiting_case_comes_first_with_its_time(
        self, window: Client, submitted: Make
    ) -> None:
        with clock.at(MONDAY - timedelta(days=3)):
            first = submitted("P05")
        second = submitted("P05")

        page = window.get(reverse("cases:window"))

        text = page.content.decode()
        assert text.index(spaced(str(first))) < text.index(spaced(str(second)))
        assert "2 件待受理，最久的已等 1 个工作日" in text
        assert "陈**" in text
        assert "陈晓明" not in text
        assert GRADUATE_ID not in text

    def test_an_empty_queue_says_what_it_means(self, window: Client) -> None:
        assert "队列已清空" in window.get(reverse("cases:window")).content.decode()

    @pytest.mark.parametrize(
        ("tab", "verb", "data"),
        [
            ("returned", "ask", GAPS),
            ("today", "accept", {}),
            ("today", "refuse", REFUSAL),
        ],
    )
    def test_a_handled_case_moves_to_its_tab(
        self, window: Client, submitted: Make, tab: str, verb: str, data: dict[str, str]
    ) -> None:
        case = submitted("P05")
        window.post(url(verb, case), data, follow=True)

        assert spaced(str(case)) not in window.get(reverse("cases:window")).content.decode()
        page = window.get(reverse("cases:window"), {"tab": tab})
        assert spaced(str(case)) in page.content.decode()

    @pytest.mark.parametrize("tab", ["", "today"])
    def test_the_number_of_queries_does_not_grow_with_the_rows(
        self, window: Client, one_thing: Any, talent: User, clerk: User, tab: str
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                page = window.get(reverse("cases:window"), {"tab": tab})
            assert len(page.context["rows"]) == Case.objects.count()
            return len(captured)

        def fill(count: int) -> None:
            make_waiting(one_thing, talent, count)
            if tab == "today":
                for case in Case.objects.filter(state=CaseState.SUBMITTED):
                    intake.refuse(case_id=case.pk, clerk=clerk, reasons="否", legal_basis="法")

        fill(3)
        queries()  # reads the catalogue and the calendar into memory
        few = queries()
        fill(27)

        assert queries() == few


class TestFinding:
    @pytest.mark.parametrize("typed", ["whole", "tail", "spaced"])
    def test_a_number_finds_its_case_and_stands_in_the_address(
        self, window: Client, submitted: Make, typed: str
    ) -> None:
        case, _ = submitted("P05"), submitted("P05")
        number = str(case.number)
        wanted = {"whole": number, "tail": number[-6:], "spaced": spaced(number)}[typed]

        page = window.post(reverse("cases:window-find"), {"wanted": wanted}, follow=True)

        assert [row["number"] for row in page.context["rows"]] == [spaced(number)]

    def test_an_id_number_finds_its_cases_and_stands_in_no_address(
        self, window: Client, submitted: Make
    ) -> None:
        case = submitted("P05")

        page = window.post(reverse("cases:window-find"), {"wanted": f" {GRADUATE_ID.lower()} "})

        assert page.status_code == 200
        assert [row["number"] for row in page.context["rows"]] == [spaced(str(case))]
        assert GRADUATE_ID not in page.content.decode()

    def test_a_draft_is_not_found(self, window: Client, draft: Make) -> None:
        draft("P05")

        page = window.post(reverse("cases:window-find"), {"wanted": GRADUATE_ID})

        assert "没有查到" in page.content.decode()

    def test_nothing_typed_is_said(self, window: Client) -> None:
        page = window.post(reverse("cases:window-find"), {"wanted": " "})

        assert page.status_code == 422

    def test_finding_is_a_post(self, window: Client) -> None:
        assert window.get(reverse("cases:window-find")).status_code == 405


class TestCasePage:
    def test_a_complete_case_can_be_accepted_asked_about_or_refused(
        self, window: Client, submitted: Make
    ) -> None:
        case = submitted("P01", "P04")

        text = window.get(url("case", case)).content.decode()

        assert "材料和填写齐全，可以受理" in text
        for shown in ("材料.pdf", "330199********5012", "138****0001", notices.REDRESS):
            assert shown in text
        for hidden in (GRADUATE_ID, GRADUATE["p_mobile"], GRADUATE["p_bank"]["account"]):
            assert hidden not in text

    def test_reading_changes_nothing(self, window: Client, submitted: Make) -> None:
        case = submitted("P05")
        events = Event.objects.count()

        window.get(url("case", case))

        assert (state_of(case), Event.objects.count()) == (CaseState.SUBMITTED, events)

    def test_what_is_missing_is_listed_and_ticked_beforehand(
        self, window: Client, submitted: Make, one_thing: Any
    ) -> None:
        case = submitted("P01")
        case.documents.filter(material_code="M03").update(removed_at=clock.now())

        text = window.get(url("case", case)).content.decode()

        assert "还缺 1 项，不能受理" in text
        assert 'name="material-M03" id="id_material-M03" checked' in text

    @pytest.mark.parametrize("state", ["accepted", "refused", "withdrawn", "returned"])
    def test_a_case_that_left_the_window_has_no_buttons(
        self, window: Client, submitted: Make, clerk: User, state: str
    ) -> None:
        case = submitted("P05")
        gap = [{"kind": "material", "code": "M01", "name": "身份证", "reason": "不清晰"}]
        {
            "accepted": lambda: intake.accept(case_id=case.pk, clerk=clerk),
            "refused": lambda: intake.refuse(case_id=case.pk, clerk=clerk, **REFUSAL),
            "withdrawn": lambda: intake.withdraw(case_id=case.pk, actor=case.applicant),
            "returned": lambda: intake.ask(case_id=case.pk, clerk=clerk, gaps=gap),
        }[state]()

        page = window.get(url("case", case))

        assert page.status_code == 200
        assert url("accept", case) not in page.content.decode()


class TestVerbs:
    @pytest.mark.parametrize(("verb", "data", "state"), VERBS)
    def test_a_verb_changes_the_state_tells_the_applicant_and_opens_the_next_case(
        self, window: Client, submitted: Make, verb: str, data: dict[str, str], state: str
    ) -> None:
        case, following = submitted("P05"), submitted("P05")
        Message.objects.all().delete()

        answer = window.post(url(verb, case), data)

        assert state_of(case) == state
        assert answer["Location"] == url("case", following)
        assert set(Message.objects.values_list("channel", flat=True)) == {"inbox", "sms"}

    def test_after_the_last_case_the_queue_opens(self, window: Client, submitted: Make) -> None:
        assert window.post(url("accept", submitted("P05")))["Location"] == reverse("cases:window")

    @pytest.mark.parametrize(("verb", "data", "state"), VERBS)
    def test_the_second_clerk_reads_that_it_was_handled_and_nothing_happens_twice(
        self, window: Client, submitted: Make, verb: str, data: dict[str, str], state: str
    ) -> None:
        case = submitted("P05")
        other = make_user("clerk2", Role.CLERK)
        intake.accept(case_id=case.pk, clerk=other)
        events, told = Event.objects.count(), Message.objects.count()

        answer = window.post(url(verb, case), data)

        assert answer.status_code == 409
        assert "已由其他窗口人员处理" in answer.content.decode()
        assert (Event.objects.count(), Message.objects.count()) == (events, told)

    @pytest.mark.parametrize(("verb", "data", "state"), VERBS)
    def test_a_verb_is_a_post(
        self, window: Client, submitted: Make, verb: str, data: dict[str, str], state: str
    ) -> None:
        case = submitted("P05")

        assert window.get(url(verb, case)).status_code == 405

        assert state_of(case) == CaseState.SUBMITTED

    @pytest.mark.parametrize(("verb", "data", "state"), VERBS)
    def test_a_draft_is_nothing_to_the_window(
        self, window: Client, draft: Make, verb: str, data: dict[str, str], state: str
    ) -> None:
        assert window.post(url(verb, draft("P05")), data).status_code == 404

    @pytest.mark.parametrize(
        "role", [Role.TALENT, Role.OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR]
    )
    @pytest.mark.parametrize(("verb", "data", "state"), VERBS)
    def test_nobody_but_a_clerk_gets_in(
        self,
        client: Client,
        submitted: Make,
        officers: dict[str, User],
        role: Role,
        verb: str,
        data: dict[str, str],
        state: str,
    ) -> None:
        case = submitted("P05")
        user = officers["D01"] if role == Role.OFFICER else make_user("someone", role)
        client.force_login(user)

        answer = client.post(url(verb, case), data)

        assert answer.status_code == (404 if role == Role.TALENT else 403)
        assert state_of(case) == CaseState.SUBMITTED

    def test_who_is_not_signed_in_is_led_to_the_sign_in(
        self, client: Client, submitted: Make
    ) -> None:
        answer = client.post(url("accept", submitted("P05")))

        assert answer.status_code == 302
        assert answer["Location"] == reverse("accounts:staff-sign-in")

    def test_an_incomplete_case_is_not_accepted(self, window: Client, submitted: Make) -> None:
        case = submitted("P01")
        case.documents.filter(material_code="M03").update(removed_at=clock.now())

        answer = window.post(url("accept", case))

        assert (answer.status_code, state_of(case)) == (422, CaseState.SUBMITTED)
        assert "还缺 1 项" in answer.content.decode()


class TestAsking:
    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({}, "请至少选择一项需要补正的内容。"),
            ({"material-M01": "on"}, "请写明原因。"),
            ({"material-M01-why": "看不清"}, "已写原因但未勾选"),
            ({"material-M01": "on", "material-M01-why": "长" * 201}, "不超过 200 个字。"),
        ],
    )
    def test_a_notice_needs_ticks_with_reasons_and_keeps_what_was_typed(
        self, window: Client, submitted: Make, data: dict[str, str], sentence: str
    ) -> None:
        case = submitted("P05")

        answer = window.post(url("ask", case), data)

        text = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in text
        assert data.get("material-M01-why", "") in text
        assert not case.supplements.exists()

    def test_every_tick_goes_out_with_its_reason_in_one_notice(
        self, window: Client, submitted: Make
    ) -> None:
        case = submitted("P05")
        field = {"field-archive_from": "on", "field-archive_from-why": "请写全称"}

        window.post(url("ask", case), GAPS | field)

        gaps = case.supplements.get().gaps
        assert [(gap["kind"], gap["code"], gap["reason"]) for gap in gaps] == [
            ("material", "M01", "文件不清晰，请重新上传"),
            ("field", "archive_from", "请写全称"),
        ]

    def test_it_cannot_be_asked_twice_and_the_page_says_why(
        self, window: Client, submitted: Make, clerk: User
    ) -> None:
        case = submitted("P05")
        window.post(url("ask", case), GAPS)

        with clock.at(MONDAY + timedelta(hours=1)):
            uploads.add_document(case=case, actor=case.applicant, material_code="M01", upload=pdf())
            intake.answer(case_id=case.pk, actor=case.applicant, answers={})
            page, second = window.get(url("case", case)), window.post(url("ask", case), GAPS)

        assert "本件已告知过" in page.content.decode()
        assert url("ask", case) not in page.content.decode()
        assert second.status_code == 409
        assert "不能再次告知" in second.content.decode()
        assert case.supplements.count() == 1


class TestRefusing:
    @pytest.mark.parametrize("missing", ["reasons", "legal_basis"])
    def test_a_refusal_needs_reasons_and_a_basis(
        self, window: Client, submitted: Make, missing: str
    ) -> None:
        case = submitted("P05")

        answer = window.post(url("refuse", case), REFUSAL | {missing: " "})

        assert (answer.status_code, state_of(case)) == (422, CaseState.SUBMITTED)
        kept = next(value for key, value in REFUSAL.items() if key != missing)
        assert kept in answer.content.decode()
