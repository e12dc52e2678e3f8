"""The applicant's own cases: the heading answers, reasons stand under it, strangers see nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cases import intake, notices, review
from cases.models import Case, Document, Origin
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, item
from tests.cases.people import GRADUATE_ID

Make = Callable[..., Case]


@pytest.fixture
def signed_in(client: Client, talent: User) -> Client:
    client.force_login(talent)
    return client


def page_of(client: Client, case: Case) -> str:
    return client.get(reverse("cases:case", args=[case.pk])).content.decode()


def approve(case: Case, code: str, officer: User, at: datetime) -> None:
    with clock.at(at):
        review.claim(work_item_id=item(case, code).pk, officer=officer)
        review.approve(
            work_item_id=item(case, code).pk, officer=officer, result_number=f"文 {code}"
        )


def heading(client: Client, case: Case) -> str:
    return client.get(reverse("cases:case", args=[case.pk])).context["heading"]


def test_the_heading_says_where_the_case_stands(
    monday: datetime,
    signed_in: Client,
    submitted: Make,
    clerk: User,
    officers: dict[str, User],
) -> None:
    case = submitted("P05", "P01")
    assert heading(signed_in, case) == "申请已提交，等窗口受理"

    intake.accept(case_id=case.pk, clerk=clerk)
    assert heading(signed_in, case) == "2 项中 0 项已办结，预计 2026年11月24日全部办好"

    approve(case, "P05", officers["D01"], MONDAY + timedelta(hours=1))
    assert heading(signed_in, case) == "2 项中 1 项已办结，预计 2026年11月24日全部办好"

    approve(case, "P01", officers["D01"], MONDAY + timedelta(hours=2))
    assert heading(signed_in, case) == "2 项全部办结，结果可以下载"


def test_the_timeline_gives_due_time_rule_and_what_is_waited_for(
    monday: datetime, signed_in: Client, accepted: Make
) -> None:
    case = accepted("P04")

    response = signed_in.get(reverse("cases:case", args=[case.pk]))

    running, waiting, *past = response.context["entries"]
    assert running["title"] == "职工参保登记：等经办人认领"
    assert running["why"] == "应于 2026年11月24日 17:30 前办结。自受理次日起算 1 个工作日。"
    assert waiting["why"].startswith(
        "等职工参保登记的结果，结果出来次日起算 3 个工作日，预计 2026年11月27日办结。"
    )
    assert [entry["title"] for entry in past] == ["窗口受理", "提交申请"]


def test_a_serial_item_counts_from_its_predecessors_decision(
    monday: datetime, signed_in: Client, accepted: Make, officers: dict[str, User]
) -> None:
    case = accepted("P04")
    approve(case, "P01", officers["D01"], MONDAY + timedelta(days=1))

    running = signed_in.get(reverse("cases:case", args=[case.pk])).context["entries"][0]

    assert "前一事项 11月24日办结，自次日起算 3 个工作日。" in running["why"]
    assert "已转给浙江省引进人才居住证申领作为材料" in page_of(signed_in, case)


def test_a_refusal_gives_reason_basis_and_redress(
    monday: datetime, signed_in: Client, accepted: Make, officers: dict[str, User]
) -> None:
    case = accepted("P05")
    review.claim(work_item_id=item(case, "P05").pk, officer=officers["D01"])
    review.refuse(
        work_item_id=item(case, "P05").pk,
        officer=officers["D01"],
        reasons="档案材料不齐",
        legal_basis="《流动人员人事档案管理服务规定》第十二条",
    )

    page = page_of(signed_in, case)

    assert "理由：档案材料不齐。" in page
    assert "第十二条" in page and notices.REDRESS in page


def test_an_item_that_was_closed_says_when_and_not_today(
    monday: datetime, signed_in: Client, accepted: Make, officers: dict[str, User]
) -> None:
    case = accepted("P01", "P04", "P05")
    with clock.at(monday + timedelta(days=1)):
        hand = {"work_item_id": item(case, "P01").pk, "officer": officers["D01"]}
        review.claim(**hand)  # type: ignore[arg-type]
        review.refuse(**hand, reasons="不符", legal_basis="办事指南")  # type: ignore[arg-type]

    with clock.at(monday + timedelta(days=3)):
        entries = signed_in.get(reverse("cases:case", args=[case.pk])).context["entries"]

    whens = [entry["when"] for entry in entries if entry["title"].endswith("已终止")]
    assert len(whens) == 1
    assert whens[0].startswith("2026年11月24日 10:00")


def test_a_warning_card_stands_beside_the_item(
    monday: datetime, signed_in: Client, accepted: Make
) -> None:
    case = accepted("P05")

    with clock.at(MONDAY + timedelta(days=2)):
        entry = signed_in.get(reverse("cases:case", args=[case.pk])).context["entries"][0]

    assert entry["card"] == {"level": "red", "text": "超 1 个工作日"}


def test_given_answers_are_readable_and_identifiers_masked(
    signed_in: Client, submitted: Make
) -> None:
    case = submitted("P07")

    page = page_of(signed_in, case)

    assert "示例大学" in page and "2026年6月30日" in page
    assert GRADUATE_ID not in page and "330199********5012" in page
    assert "6222021999000000010" not in page


def test_a_draft_leads_to_its_form(signed_in: Client, draft: Make) -> None:
    case = draft("P05")

    response = signed_in.get(reverse("cases:case", args=[case.pk]))

    assert response.url == reverse("cases:form", args=[case.pk])


def test_the_list_puts_drafts_first_and_names_what_is_asked(
    signed_in: Client, draft: Make, submitted: Make, clerk: User
) -> None:
    returned, begun = submitted("P05"), draft("P07")
    gap = {"kind": "material", "code": "M02", "name": "学历证书", "reason": "不清晰"}
    intake.ask(case_id=returned.pk, clerk=clerk, gaps=[gap])

    page = signed_in.get(reverse("cases:mine"))

    assert [row["case"].pk for row in page.context["drafts"]] == [begun.pk]
    assert [row["asks"] for row in page.context["filed"]] == ["需要您补正"]
    assert "1 件需要您处理" in page.content.decode()


def test_an_empty_list_says_what_to_do(signed_in: Client) -> None:
    assert "去选事项" in signed_in.get(reverse("cases:mine")).content.decode()


def test_only_ones_own_cases_are_listed(client: Client, stranger: User, submitted: Make) -> None:
    submitted("P05")
    client.force_login(stranger)

    assert "还没有办件" in client.get(reverse("cases:mine")).content.decode()


def test_withdrawing_asks_first_and_happens_once(signed_in: Client, accepted: Make) -> None:
    case = accepted("P05")
    address = reverse("cases:withdraw", args=[case.pk])

    assert "确定撤回整个申请" in signed_in.get(address).content.decode()
    assert Case.objects.get(pk=case.pk).state == "accepted"

    signed_in.post(address)
    signed_in.post(address)

    assert Case.objects.get(pk=case.pk).state == "withdrawn"
    assert item(case, "P05").state == "withdrawn"
    assert Event.objects.filter(kind="case.withdrawn").count() == 1
    assert signed_in.get(address).status_code == 409


def test_a_draft_given_up_leaves_the_list(signed_in: Client, draft: Make) -> None:
    case = draft("P05")

    signed_in.post(reverse("cases:withdraw", args=[case.pk]))

    assert "还没有办件" in signed_in.get(reverse("cases:mine")).content.decode()


@pytest.mark.parametrize("role", ["stranger", "clerk"])
def test_nobody_else_sees_or_withdraws_a_case(
    client: Client, submitted: Make, request: pytest.FixtureRequest, role: str
) -> None:
    case = submitted("P05")
    client.force_login(request.getfixturevalue(role))

    for name in ("case", "withdraw"):
        assert client.get(reverse(f"cases:{name}", args=[case.pk])).status_code == 404
    assert client.post(reverse("cases:withdraw", args=[case.pk])).status_code == 404
    assert Case.objects.get(pk=case.pk).state == "submitted"


def test_without_signing_in_there_is_no_case(client: Client, submitted: Make) -> None:
    case = submitted("P05")

    for name in ("case", "withdraw"):
        assert "/sign-in/" in client.get(reverse(f"cases:{name}", args=[case.pk])).url


def test_a_file_is_sent_as_an_attachment_that_nobody_stores(
    signed_in: Client, submitted: Make
) -> None:
    document = Document.objects.filter(case=submitted("P05"), material_code="M02").get()

    response = signed_in.get(reverse("cases:document", args=[document.pk]))

    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert not Event.objects.filter(kind="document.opened").exists()


def test_a_file_opened_by_staff_stands_in_the_ledger(
    client: Client, clerk: User, submitted: Make
) -> None:
    document = Document.objects.filter(case=submitted("P05")).first()
    client.force_login(clerk)

    response = client.get(reverse("cases:document", args=[document.pk]))

    assert b"".join(response.streaming_content)

    event = Event.objects.get(kind="document.opened")
    assert (event.subject, event.actor) == (f"document:{document.pk}", clerk)


def test_a_strangers_file_a_missing_file_and_a_record_are_404(
    client: Client, talent: User, stranger: User, submitted: Make
) -> None:
    case = submitted("P05")
    document = Document.objects.filter(case=case).first()
    record = Document.objects.create(case=case, origin=Origin.SHARED, title="记录", record={})
    address = reverse("cases:document", args=[document.pk])

    client.force_login(stranger)
    assert client.get(address).status_code == 404
    client.force_login(talent)
    assert client.get(reverse("cases:document", args=[record.pk])).status_code == 404
    default_storage.delete(document.storage_key)
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 405


def test_case_and_list_take_a_fixed_number_of_queries(
    signed_in: Client, accepted: Make, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    small, large = accepted("P05"), accepted("P08", "P04", "P06", "P07", "P11", "P12")
    page_of(signed_in, small)

    for case in (small, large):
        with django_assert_max_num_queries(18):
            page_of(signed_in, case)
    with django_assert_max_num_queries(9):
        signed_in.get(reverse("cases:mine"))


def test_the_papers_of_an_accepted_case_can_be_downloaded(
    monday: datetime, signed_in: Client, accepted: Make
) -> None:
    case = accepted("P01")
    receipt = reverse("cases:paper", args=[case.pk, "receipt"])

    assert receipt in page_of(signed_in, case)
    response = signed_in.get(receipt)

    assert response.content.startswith(b"%PDF")
    assert response["Content-Disposition"].startswith("attachment")
