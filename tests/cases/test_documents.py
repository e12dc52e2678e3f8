"""Papers: what stands on them, that no data is read as markup, and who may have which."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typst
from django.test import Client
from django.urls import reverse

from cases import application, documents, intake, review
from cases.documents import NotIssued
from cases.models import Case, WorkItem
from portal.accounts.models import Department, Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import item, make_user

CLAUSE = "直系亲属不具备住房资助能力，所填情况真实。"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Every paper's data as it reaches its template; the papers are still typeset."""
    data: list[dict[str, Any]] = []
    typeset = documents.typeset

    def noted(template: str, given: Any) -> bytes:
        data.append(given)
        return typeset(template, given)

    monkeypatch.setattr(documents, "typeset", noted)
    yield data


def words(given: dict[str, Any]) -> str:
    return str(given)


@pytest.fixture
def returned(submitted: Callable[..., Case], clerk: User, monday: Any) -> Case:
    case = submitted("P05")
    gap = {"kind": "material", "code": "M02", "name": "学历、学位证书", "reason": "缺少学位证书。"}
    intake.ask(case_id=case.pk, clerk=clerk, gaps=[gap])  # type: ignore[list-item]
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def decided(
    accepted: Callable[..., Case], officers: dict[str, User], monday: Any
) -> tuple[WorkItem, WorkItem]:
    """P01 approved and P05 refused."""
    case = accepted("P01", "P05")
    officer = officers["D01"]
    for code in ("P01", "P05"):
        review.claim(work_item_id=item(case, code).pk, officer=officer)
    review.approve(
        work_item_id=item(case, "P01").pk, officer=officer, result_number="杭社保〔2026〕17号"
    )
    review.refuse(
        work_item_id=item(case, "P05").pk,
        officer=officer,
        reasons="档案不在现存档机构。",
        legal_basis="《流动人员人事档案管理暂行规定》第五条",
    )
    return item(case, "P01"), item(case, "P05")


def test_the_registration_form_shows_every_answer_once(
    submitted: Callable[..., Case], monday: Any, printed: list[dict[str, Any]]
) -> None:
    case = submitted("P01", "P04", "P08")

    pdf = documents.registration_form(case)

    assert pdf.startswith(b"%PDF-")
    names = [cell["name"] for section in printed[0]["sections"] for cell in section["cells"]]
    lists = [one["name"] for section in printed[0]["sections"] for one in section["lists"]]
    asked = [element.name for element in application.merged_form(case).fields]
    assert sorted(names + lists) == sorted(asked)
    assert printed[0]["title"] == "大学生创新创业“一件事”个人登记表"
    assert case.all_answers["p_id_no"] in words(printed[0])


def test_a_masked_form_hides_what_identifies_the_person(
    submitted: Callable[..., Case], monday: Any, printed: list[dict[str, Any]]
) -> None:
    case = submitted("P01")

    documents.registration_form(case, masked=True)

    told, secret = words(printed[0]), case.all_answers
    for code in ("p_name", "p_id_no", "p_mobile"):
        assert secret[code] not in told


def test_cells_fill_their_lines(
    submitted: Callable[..., Case], monday: Any, printed: list[dict[str, Any]]
) -> None:
    documents.registration_form(submitted("P01", "P04", "P06", "P08"))

    for section in printed[0]["sections"]:
        assert sum(2 if cell["wide"] else 1 for cell in section["cells"]) % 2 == 0


def test_the_commitment_holds_the_clauses_of_the_chosen_items(
    submitted: Callable[..., Case], monday: Any, printed: list[dict[str, Any]]
) -> None:
    documents.commitment(submitted("P01", "P04", "P08"))
    documents.commitment(submitted("P05"))

    assert CLAUSE in words(printed[0]) and "公租房货币补贴申请" in words(printed[0])
    assert CLAUSE not in words(printed[1])


def test_the_receipt_names_departments_limits_and_due_instants(
    accepted: Callable[..., Case], monday: Any, printed: list[dict[str, Any]]
) -> None:
    case = accepted("P01", "P04", "P08")

    documents.receipt(case)

    rows = next(part["rows"] for part in printed[0]["parts"] if part["kind"] == "table")
    assert [row[1] for row in rows] == ["市人力社保局", "市人力社保局", "市住保房管局"]
    assert rows[0][3] == "2026年11月24日 17:30" and rows[2][3] == "前置事项办结后起算"
    assert "加盖收件专用章" in words(printed[0])


def test_the_receipt_stays_as_it_was_at_acceptance(
    accepted: Callable[..., Case],
    officers: dict[str, User],
    monday: datetime,
    printed: list[dict[str, Any]],
) -> None:
    case = accepted("P01", "P05")
    documents.receipt(case)
    with clock.at(monday + timedelta(days=1)):
        review.claim(work_item_id=item(case, "P05").pk, officer=officers["D01"])
        review.pause(
            work_item_id=item(case, "P05").pk,
            officer=officers["D01"],
            reason="appraisal",
            note="",
            expected_days=3,
        )

        documents.receipt(Case.objects.get(pk=case.pk))

    assert printed[0] == printed[1]


def test_notice_and_refusals_say_gaps_reasons_basis_and_redress(
    returned: Case, decided: tuple[WorkItem, WorkItem], printed: list[dict[str, Any]]
) -> None:
    documents.one_time_notice(returned)
    documents.refusal_decision(decided[1])

    assert "缺少学位证书" in words(printed[0]) and "2026年12月7日 17:30" in words(printed[0])
    assert "档案不在现存档机构" in words(printed[1])
    assert "第五条" in words(printed[1]) and "行政复议" in words(printed[1])


def test_papers_follow_the_state(
    returned: Case, decided: tuple[WorkItem, WorkItem], draft: Callable[..., Case]
) -> None:
    def kinds(case: Case) -> list[str]:
        return [paper.kind for paper in documents.papers_of(case)]

    assert kinds(draft("P05")) == []
    assert kinds(returned) == ["registration", "commitment", "notice"]
    assert kinds(decided[0].case) == ["registration", "commitment", "receipt"]
    with pytest.raises(NotIssued):
        documents.of_case(returned, "receipt")


def test_what_people_type_is_never_markup(tmp_path: Path) -> None:
    evil = '#import("/etc/passwd") *粗* _斜_ $x$ \\ 3301********0012 𬭚𫖮'

    pdf = documents.typeset(
        "letter",
        {
            "title": evil,
            "parts": [{"kind": "text", "text": evil}],
            "small": [evil],
            "organ": evil,
            "date": evil,
        },
    )

    file = tmp_path / "paper.pdf"
    file.write_bytes(pdf)
    try:
        text = subprocess.run(
            ["pdftotext", str(file), "-"],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    except FileNotFoundError:
        pytest.skip("pdftotext is not installed")
    flat = "".join(text.split())
    assert flat.count("".join(evil.split())) >= 3


def test_only_our_own_font_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    compile_ = typst.compile

    def noted(*args: Any, **kwargs: Any) -> Any:
        asked.update(kwargs)
        return compile_(*args, **kwargs)

    monkeypatch.setattr(typst, "compile", noted)
    pdf = documents.typeset("sample", {"title": "示例", "text": "示例"})

    assert asked["ignore_system_fonts"] and all(Path(one).is_dir() for one in asked["font_paths"])
    assert b"NotoSansSC" in pdf


# ---- who gets which -----------------------------------------------------------------------------


def get(user: User, url: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(url)


def url_of(case: Case, kind: str) -> str:
    return reverse("cases:paper", args=[case.pk, kind])


def work_item_url(work_item: WorkItem) -> str:
    return reverse("cases:work-item-paper", args=[work_item.pk])


def test_the_applicant_downloads_the_papers(
    decided: tuple[WorkItem, WorkItem], talent: User
) -> None:
    case = decided[0].case
    urls = [url_of(case, paper.kind) for paper in documents.papers_of(case)]

    for url in [*urls, *map(work_item_url, decided)]:
        response = get(talent, url)
        assert response.status_code == 200 and response.content.startswith(b"%PDF-")
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"].startswith("attachment")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response["Cache-Control"]
    assert not Event.objects.filter(kind="document.opened").exists()


def test_strangers_and_papers_that_do_not_exist_are_not_found(
    decided: tuple[WorkItem, WorkItem], stranger: User, talent: User
) -> None:
    case = decided[0].case

    assert get(stranger, url_of(case, "receipt")).status_code == 404
    assert get(stranger, work_item_url(decided[0])).status_code == 404
    assert get(talent, url_of(case, "refusal")).status_code == 404
    assert get(talent, url_of(case, "diploma")).status_code == 404
    assert Client().get(url_of(case, "receipt")).status_code == 302


def test_a_work_item_that_is_not_decided_has_no_paper(
    accepted: Callable[..., Case], talent: User, monday: Any
) -> None:
    assert get(talent, work_item_url(item(accepted("P05"), "P05"))).status_code == 404


def test_the_whole_application_is_for_applicant_and_window(
    decided: tuple[WorkItem, WorkItem],
    clerk: User,
    officers: dict[str, User],
    printed: list[dict[str, Any]],
) -> None:
    case = decided[0].case
    supervisor = make_user("supervisor", Role.SUPERVISOR, full_name="何监督")

    assert get(clerk, url_of(case, "registration")).status_code == 200
    assert case.all_answers["p_id_no"] not in words(printed[-1])
    for other in (supervisor, officers["D01"]):
        assert get(other, url_of(case, "registration")).status_code == 404
        assert get(other, url_of(case, "receipt")).status_code == 200
    assert Event.objects.filter(stream=case.pk, kind="document.opened").count() == 3


def test_a_supervisor_reads_decisions_with_the_name_masked(
    decided: tuple[WorkItem, WorkItem], printed: list[dict[str, Any]]
) -> None:
    supervisor = make_user("supervisor", Role.SUPERVISOR, full_name="何监督")

    for work_item in decided:
        assert get(supervisor, work_item_url(work_item)).status_code == 200
        assert work_item.case.applicant_name not in words(printed[-1])


def test_a_department_without_part_in_the_case_finds_nothing(
    decided: tuple[WorkItem, WorkItem],
) -> None:
    other = make_user("fund", Role.OFFICER, Department.objects.get(code="D04"))

    assert get(other, url_of(decided[0].case, "receipt")).status_code == 404
    assert get(other, work_item_url(decided[0])).status_code == 404
