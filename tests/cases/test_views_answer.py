"""Answering notices and offers: only what is asked, once, in time, and by the applicant alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from cases import intake, review
from cases.models import Case, Document, Offer, Supplement, WorkItem
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, item
from tests.cases.files import pdf

Make = Callable[..., Case]
FIELD = {"kind": "field", "code": "p_school", "name": "毕业院校", "reason": "请写全称"}
MATERIAL = {"kind": "material", "code": "M02", "name": "学历证书", "reason": "扫描件不清晰"}


@pytest.fixture(autouse=True)
def on_monday(monday: datetime) -> None: ...


@pytest.fixture
def signed_in(client: Client, talent: User) -> Client:
    client.force_login(talent)
    return client


@pytest.fixture
def asked(submitted: Make, clerk: User) -> Supplement:
    """A notice of the window about one field and one document, a minute after the filing."""
    case = submitted("P05")
    with clock.at(MONDAY + timedelta(minutes=1)):
        return intake.ask(case_id=case.pk, clerk=clerk, gaps=[FIELD, MATERIAL])


def at(name: str, supplement: Supplement, *more: str) -> str:
    return reverse(f"cases:{name}", args=[supplement.case_id, supplement.pk, *more])


def an_hour_later() -> Any:
    return clock.at(MONDAY + timedelta(hours=1))


def test_the_page_asks_only_for_the_gaps_with_their_reasons(
    signed_in: Client, asked: Supplement
) -> None:
    page = signed_in.get(at("supplement", asked))

    assert [entry["element"].code for entry in page.context["entries"]] == ["p_school"]
    assert [row["code"] for row in page.context["uploads"]] == ["M02"]
    words = page.content.decode()
    assert "请写全称" in words and "扫描件不清晰" in words
    assert "请在 2026年12月7日前补正 2 项内容" in words


def test_an_answer_goes_back_to_the_window_once(signed_in: Client, asked: Supplement) -> None:
    data = {"p_school": "示例大学（全称）", "file-M02": [pdf()]}

    with an_hour_later():
        response = signed_in.post(at("answer-supplement", asked), data)
        signed_in.post(at("answer-supplement", asked), {"p_school": "第二次"})

    case = Case.objects.get(pk=asked.case_id)
    assert response.url == reverse("cases:case", args=[case.pk])
    assert case.state == "submitted"
    assert case.all_answers["p_school"] == "示例大学（全称）"
    assert Event.objects.filter(kind="case.answered").count() == 1


def test_the_slower_of_two_answers_with_a_file_is_led_to_the_case(
    signed_in: Client, asked: Supplement
) -> None:
    def answer() -> Any:
        data = {"p_school": "示例大学", "file-M02": [pdf()]}
        return signed_in.post(at("answer-supplement", asked), data)

    with an_hour_later():
        answer()
        late = answer()

    assert late.url == reverse("cases:case", args=[asked.case_id])
    assert Document.objects.current().filter(material_code="M02").count() == 2


def test_an_answer_without_the_document_is_refused_and_kept(
    signed_in: Client, asked: Supplement
) -> None:
    with an_hour_later():
        page = signed_in.post(at("answer-supplement", asked), {"p_school": "新名大学"})

    assert page.status_code == 422
    assert {row["url"] for row in page.context["summary"]} == {"#material-M02"}
    assert page.context["form"]["p_school"].value() == "新名大学"
    assert Case.objects.get(pk=asked.case_id).state == "returned"


@pytest.mark.parametrize(
    ("name", "more"), [("answer-supplement", ()), ("upload-for-supplement", ("M02",))]
)
def test_a_session_that_ran_out_keeps_the_answer(
    client: Client, talent: User, asked: Supplement, name: str, more: tuple[str, ...]
) -> None:
    response = client.post(at(name, asked, *more), {"p_school": "过期前的大学"})
    client.force_login(talent)
    page = client.get(at("supplement", asked))

    assert response.url == f"/sign-in/?next={at('supplement', asked)}"
    assert page.context["form"]["p_school"].value() == "过期前的大学"


def test_a_late_offer_leads_back_to_it(client: Client, offered: Offer) -> None:
    page = reverse("cases:offer", args=[offered.pk])

    for name, more in (("take-offer", ()), ("upload-for-offer", ("M02",))):
        response = client.post(reverse(f"cases:{name}", args=[offered.pk, *more]), TAKEN)
        assert response.url == f"/sign-in/?next={page}"
    assert Offer.objects.get().state == "open"


def test_other_answers_cannot_be_changed_by_the_way(signed_in: Client, asked: Supplement) -> None:
    data = {"p_school": "示例大学", "p_name": "别人", "file-M02": [pdf()]}

    with an_hour_later():
        signed_in.post(at("answer-supplement", asked), data)

    assert Case.objects.get(pk=asked.case_id).all_answers["p_name"] == "陈晓明"


def test_an_upload_keeps_what_was_typed_beside_it(signed_in: Client, asked: Supplement) -> None:
    with an_hour_later():
        response = signed_in.post(
            at("upload-for-supplement", asked, "M02"),
            {"p_school": "打了一半", "file-M02": [pdf()]},
        )
        page = signed_in.get(at("supplement", asked))

    assert response.url.endswith("#material-M02")
    assert page.context["form"]["p_school"].value() == "打了一半"
    assert page.context["uploads"][0]["tag"]["label"] == "已上传"


def test_a_fresh_upload_can_be_taken_back_and_an_old_one_cannot(
    signed_in: Client, asked: Supplement
) -> None:
    old = Document.objects.get(case=asked.case_id, material_code="M02")
    with an_hour_later():
        signed_in.post(at("upload-for-supplement", asked, "M02"), {"file-M02": [pdf()]})
        fresh = Document.objects.exclude(pk=old.pk).get(case=asked.case_id, material_code="M02")
        for document in (old, fresh):
            back = {"back": at("supplement", asked)}
            signed_in.post(reverse("cases:remove-document", args=[document.pk]), back)

    left = Document.objects.current().filter(case=asked.case_id, material_code="M02")
    assert [one.pk for one in left] == [old.pk]


def test_removing_leads_nowhere_outside(signed_in: Client, asked: Supplement) -> None:
    with an_hour_later():
        signed_in.post(at("upload-for-supplement", asked, "M02"), {"file-M02": [pdf()]})
        fresh = Document.objects.filter(case=asked.case_id, material_code="M02").latest(
            "obtained_at"
        )
        response = signed_in.post(
            reverse("cases:remove-document", args=[fresh.pk]), {"back": "//elsewhere.example/"}
        )

    assert response.url == reverse("cases:case", args=[asked.case_id])


def test_a_bad_file_and_an_unasked_material_are_refused(
    signed_in: Client, asked: Supplement
) -> None:
    bad = {"file-M02": SimpleUploadedFile("a.pdf", b"")}

    page = signed_in.post(at("upload-for-supplement", asked, "M02"), bad)

    assert page.status_code == 422 and "是空文件" in page.content.decode()
    other = at("upload-for-supplement", asked, "M01")
    assert signed_in.post(other, {"file-M01": [pdf()]}).status_code == 404


def test_a_departments_notice_starts_its_clock_again(
    signed_in: Client, accepted: Make, officers: dict[str, User]
) -> None:
    case = accepted("P05")
    work_item = item(case, "P05")
    review.claim(work_item_id=work_item.pk, officer=officers["D01"])
    review.ask(work_item_id=work_item.pk, officer=officers["D01"], gaps=[MATERIAL])
    notice = Supplement.objects.get()

    with an_hour_later():
        assert signed_in.get(at("supplement", notice)).status_code == 200
        signed_in.post(at("answer-supplement", notice), {"file-M02": [pdf()]})

    assert item(case, "P05").state == "handling"
    assert signed_in.get(at("supplement", notice)).status_code == 302


def test_a_department_gets_no_answer_that_is_blank_or_wrong(
    signed_in: Client, accepted: Make, officers: dict[str, User]
) -> None:
    case = accepted("P05")
    work_item = item(case, "P05")
    review.claim(work_item_id=work_item.pk, officer=officers["D01"])
    review.ask(work_item_id=work_item.pk, officer=officers["D01"], gaps=[FIELD])

    page = signed_in.post(at("answer-supplement", Supplement.objects.get()), {"p_school": " "})

    assert page.status_code == 422
    assert [row["text"] for row in page.context["summary"]] == ["请填写毕业院校。"]
    assert item(case, "P05").state == "paused"
    assert Case.objects.get().all_answers["p_school"] == "示例大学"


@pytest.fixture
def offered(accepted: Make, officers: dict[str, User]) -> Offer:
    """P03 refused on the way to P08, P04 offered in its place."""
    case = accepted("P03", "P08")
    for code in ("P01", "P03"):
        work_item = item(case, code)
        officer = officers[work_item.department.code]
        review.claim(work_item_id=work_item.pk, officer=officer)
        if code == "P01":
            review.approve(work_item_id=work_item.pk, officer=officer, result_number="社 1")
        else:
            review.refuse(
                work_item_id=work_item.pk, officer=officer, reasons="不符合", legal_basis="第五条"
            )
    return Offer.objects.get()


TAKEN = {"qualify_route": "本科及以上", "residence_reg_no": "330106202600001"}


def test_an_offer_asks_only_what_the_other_item_lacks(signed_in: Client, offered: Offer) -> None:
    page = signed_in.get(reverse("cases:offer", args=[offered.pk]))

    codes = [entry["element"].code for entry in page.context["entries"]]
    assert codes == ["qualify_route", "residence_reg_no"]
    assert page.context["uploads"] == []
    case = signed_in.get(reverse("cases:case", args=[offered.case_id]))
    assert "等您选择是否改办" in case.context["heading"]


def test_an_offer_is_taken_once(signed_in: Client, offered: Offer) -> None:
    address = reverse("cases:take-offer", args=[offered.pk])

    response = signed_in.post(address, TAKEN)
    signed_in.post(address, TAKEN)

    assert response.url == reverse("cases:case", args=[offered.case_id])
    assert WorkItem.objects.filter(case=offered.case_id, item_code="P04").count() == 1
    assert Event.objects.filter(kind="offer.taken").count() == 1


def test_an_offer_taken_with_gaps_is_refused_and_kept(signed_in: Client, offered: Offer) -> None:
    page = signed_in.post(
        reverse("cases:take-offer", args=[offered.pk]), {**TAKEN, "residence_reg_no": "？"}
    )

    assert page.status_code == 422
    assert page.context["form"]["residence_reg_no"].errors
    assert page.context["form"]["qualify_route"].value() == "本科及以上"
    assert Offer.objects.get().state == "open"


def test_a_declined_offer_ends_what_waited(signed_in: Client, offered: Offer) -> None:
    case = Case.objects.get(pk=offered.case_id)

    signed_in.post(reverse("cases:decline-offer", args=[offered.pk]))

    assert item(case, "P08").state == "closed"
    gone = signed_in.get(reverse("cases:offer", args=[offered.pk]))
    assert gone.url == reverse("cases:case", args=[case.pk])


@pytest.mark.parametrize("role", ["stranger", "clerk"])
def test_nobody_else_answers_for_the_applicant(
    client: Client, asked: Supplement, request: pytest.FixtureRequest, role: str
) -> None:
    client.force_login(request.getfixturevalue(role))

    assert client.get(at("supplement", asked)).status_code == 404
    for name, more in (("answer-supplement", ()), ("upload-for-supplement", ("M02",))):
        response = client.post(at(name, asked, *more), {"p_school": "别人的大学"})
        assert response.status_code == 404
    assert Supplement.objects.get().answered_at is None


def test_a_stranger_takes_no_offer(client: Client, stranger: User, offered: Offer) -> None:
    client.force_login(stranger)

    assert client.get(reverse("cases:offer", args=[offered.pk])).status_code == 404
    for name in ("take-offer", "decline-offer"):
        assert client.post(reverse(f"cases:{name}", args=[offered.pk]), TAKEN).status_code == 404
    assert Offer.objects.get().state == "open"


def test_the_actions_answer_only_to_post(signed_in: Client, asked: Supplement) -> None:
    assert signed_in.get(at("answer-supplement", asked)).status_code == 405
    assert signed_in.get(at("upload-for-supplement", asked, "M02")).status_code == 405
    assert signed_in.get(reverse("cases:take-offer", args=[1])).status_code == 405
    assert signed_in.get(reverse("cases:decline-offer", args=[1])).status_code == 405
