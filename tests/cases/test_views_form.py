"""The form page: every post saves first, nothing is lost, and one draft becomes one case."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cases import intake
from cases.models import Case, Document
from cases.views import form
from policies.loading import digest_of
from policies.models import CatalogueVersion, OneThing
from portal.accounts.models import User
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY
from tests.cases.files import pdf
from tests.cases.talent_pages import posted

HTMX = {"HX-Request": "true"}
Draft = Callable[..., Case]


@pytest.fixture
def signed_in(client: Client, talent: User) -> Client:
    client.force_login(talent)
    return client


def address(name: str, case: Case, *more: str) -> str:
    return reverse(f"cases:{name}", args=[case.pk, *more])


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def test_the_form_asks_exactly_the_merged_fields(signed_in: Client, draft: Draft) -> None:
    case = draft("P05", "P07")

    page = signed_in.get(address("form", case))

    codes = [e["element"].code for s in page.context["sections"] for e in s["entries"]]
    expected = [e.code for e in case.version.catalogue.fields_of(case.item_codes)]
    assert sorted(codes) == sorted(expected)
    assert len(codes) == len(set(codes))
    assert page["Cache-Control"].find("no-store") >= 0


def test_materials_say_whether_they_are_needed_and_where_they_come_from(
    signed_in: Client, draft: Draft
) -> None:
    case = draft("P10", "P07")

    page = signed_in.get(address("form", case)).context["bundle"]

    assert [row["tag"]["label"] for row in page.uploads] == ["已上传"] * len(page.uploads)
    (later,) = page.later
    assert later["name"].startswith("在校证明") and "晚于申请日" in later["when"]
    shared = next(row for row in page.coming if row["name"] == "社会保险缴费证明")
    assert shared["how"] == "由市人力社保局共享，无需提交"
    assert page.clauses and all(clause["clause"] for clause in page.clauses)


def test_saving_keeps_right_and_wrong_answers_alike(signed_in: Client, draft: Draft) -> None:
    case = draft("P05")

    data = posted(case, p_school="", p_grad_date="去年", p_id_no="123")
    response = signed_in.post(address("save", case), data)

    assert response.url == address("form", case)
    answers = fresh(case).all_answers
    assert (answers["p_school"], answers["p_grad_date"], answers["p_id_no"]) == ("", "去年", "123")
    assert "123" not in str(fresh(case).answers)


def test_the_scripts_saving_gets_back_what_changed(signed_in: Client, draft: Draft) -> None:
    case = draft("P10", "P05")
    data = posted(case, p_grad_date="2027-06-30", p_gender="", p_birth="")

    response = signed_in.post(address("save", case), data, headers=HTMX)

    part = response.content.decode()
    assert "已自动保存" in part and "<html" not in part
    assert 'id="entry-p_gender"' in part and 'id="entry-p_birth"' in part
    assert 'id="bundle"' in part and "material-M09" in part
    assert fresh(case).all_answers["p_birth"] == "1997-12-03"


def test_an_answer_that_adds_an_item_says_so(signed_in: Client, draft: Draft) -> None:
    case = draft("P03")

    data = posted(case, settle_type="人才市场集体户")
    response = signed_in.post(address("save", case), data, headers=HTMX)

    assert "已加入“人事档案转移”" in response.content.decode()
    assert "P05" in fresh(case).item_codes


def test_one_more_row_comes_without_a_script_and_loses_nothing(
    signed_in: Client, draft: Draft
) -> None:
    case = draft("P03")

    data = posted(case, add_row="dependants", p_school="未保存大学")
    page = signed_in.post(address("save", case), data)

    assert page.status_code == 200
    assert len(page.context["form"].rows["dependants"].forms) == 1
    assert page.context["form"]["p_school"].value() == "未保存大学"


def test_the_longest_list_fits_into_one_post(signed_in: Client, draft: Draft) -> None:
    case = draft("E04", "E07")
    most = {"hires": 200, "graduates": 200}
    rows = {
        f"{code}-{number}-{column.code}": "示例"
        for code, count in most.items()
        for number in range(count)
        for column in case.version.catalogue.elements[code].columns
    }
    totals = {f"{code}-TOTAL_FORMS": count for code, count in most.items()}

    response = signed_in.post(address("save", case), posted(case) | rows | totals)

    assert response.status_code == 302
    assert {code: len(fresh(case).all_answers[code]) for code in most} == most


def test_handing_in_leads_to_the_case_with_its_number(signed_in: Client, draft: Draft) -> None:
    case = draft("P05")

    response = signed_in.post(address("submit", case), posted(case, signed="yes"))

    assert response.url == address("case", case)
    assert (fresh(case).state, bool(fresh(case).number)) == ("submitted", True)


def test_handing_in_twice_is_the_same_case(signed_in: Client, draft: Draft) -> None:
    case = draft("P05")
    data = posted(case, signed="yes")

    first = signed_in.post(address("submit", case), data)
    number = fresh(case).number
    second = signed_in.post(address("submit", case), {**data, "p_school": "另一所大学"})

    assert first.url == second.url == address("case", case)
    assert (Case.objects.count(), fresh(case).number) == (1, number)
    assert fresh(case).all_answers["p_school"] == "示例大学"
    assert Event.objects.filter(kind="case.submitted").count() == 1


def test_the_slower_of_two_clicks_is_led_to_the_same_case(
    signed_in: Client, draft: Draft, talent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = draft("P05")
    data = posted(stale, signed="yes")
    intake.submit(case_id=stale.pk, actor=talent, answers={}, signed=True)
    monkeypatch.setattr(form, "own_case", lambda request, pk: stale)

    response = signed_in.post(address("submit", stale), data)

    assert response.url == address("case", stale)
    assert Event.objects.filter(kind="case.submitted").count() == 1


def test_errors_stand_at_the_field_and_in_the_summary_and_nothing_is_lost(
    signed_in: Client, draft: Draft
) -> None:
    case = draft("P05")
    Document.objects.filter(material_code="M02").delete()

    data = posted(case, p_id_no="330199199712035013", p_major="", p_address="某处")
    page = signed_in.post(address("submit", case), data)

    assert page.status_code == 422
    links = {row["url"] for row in page.context["summary"]}
    assert {"#id_p_id_no", "#material-M02", "#signed"} <= links
    assert page.context["form"]["p_id_no"].errors
    assert page.context["form"]["p_id_no"].value() == "330199199712035013"
    assert fresh(case).state == "draft"


def test_a_closed_one_thing_keeps_the_answers(signed_in: Client, draft: Draft) -> None:
    case = draft("P05")
    OneThing.objects.update(is_open=False)

    page = signed_in.post(
        address("submit", case), posted(case, p_school="新填的大学", signed="yes")
    )

    assert page.status_code == 422
    assert "暂停受理" in page.content.decode()
    assert fresh(case).all_answers["p_school"] == "新填的大学"


def test_a_renewed_catalogue_is_told_and_taken_over(
    signed_in: Client, draft: Draft, one_thing: OneThing, document: dict[str, Any]
) -> None:
    case = draft("P05")
    renewed = {**document, "one_thing": {**document["one_thing"], "promised_days": 29}}
    one_thing.current = CatalogueVersion.objects.create(
        one_thing=one_thing,
        number=2,
        digest=digest_of(renewed),
        document=renewed,
        published_at=MONDAY,
    )
    one_thing.save()

    page = signed_in.get(address("form", case))
    signed_in.post(address("save", case), posted(case))

    assert "办事目录已经更新" in page.content.decode()
    assert fresh(case).version.number == 2
    assert fresh(case).all_answers["p_school"] == "示例大学"


def test_an_upload_saves_the_form_along(signed_in: Client, draft: Draft) -> None:
    case = draft("P05")
    Document.objects.all().delete()

    data = posted(case, p_school="上传时填的大学") | {"file-M02": [pdf(), pdf("第二页.pdf")]}
    response = signed_in.post(address("upload", case, "M02"), data)

    assert response.url.endswith("#material-M02")
    assert Document.objects.filter(case=case, material_code="M02").count() == 2
    assert fresh(case).all_answers["p_school"] == "上传时填的大学"


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "是空文件"),
        (b"MZ" + b"0" * 100, 422, "只能上传"),
        (b"%PDF-1.4" + b"0" * (11 * 1024 * 1024), 413, "请压缩后再上传"),
    ],
    ids=["empty", "program", "too-large"],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "script"])
def test_a_file_that_cannot_be_taken_says_why(
    signed_in: Client,
    draft: Draft,
    content: bytes,
    status: int,
    words: str,
    headers: dict[str, str],
) -> None:
    case = draft("P05")
    count = Document.objects.count()

    data = posted(case, p_school="仍在的大学") | {
        "file-M02": SimpleUploadedFile("学历.pdf", content)
    }
    page = signed_in.post(address("upload", case, "M02"), data, headers=headers)

    assert page.status_code == status
    assert words in page.content.decode()
    assert Document.objects.count() == count
    assert fresh(case).all_answers["p_school"] == "仍在的大学"


def test_nothing_is_uploaded_to_what_is_no_upload(signed_in: Client, draft: Draft) -> None:
    case = draft("P05")

    for material in ("M99", "S01", "F01"):
        data = posted(case) | {f"file-{material}": pdf()}
        assert signed_in.post(address("upload", case, material), data).status_code == 404


def test_a_removed_file_is_gone_for_the_applicant(signed_in: Client, draft: Draft) -> None:
    case = draft("P05")
    document = Document.objects.get(case=case, material_code="M02")

    response = signed_in.post(reverse("cases:remove-document", args=[document.pk]), posted(case))

    assert response.url.endswith("#material-M02")
    assert not case.documents.current().filter(material_code="M02").exists()
    assert signed_in.get(reverse("cases:document", args=[document.pk])).status_code == 404


POSTS = ["save", "submit"]


@pytest.mark.parametrize("name", POSTS)
def test_the_actions_answer_only_to_post(signed_in: Client, draft: Draft, name: str) -> None:
    assert signed_in.get(address(name, draft("P05"))).status_code == 405


@pytest.mark.parametrize("role", ["stranger", "clerk"])
def test_nobody_else_reaches_a_draft(
    client: Client, draft: Draft, request: pytest.FixtureRequest, role: str
) -> None:
    case = draft("P05")
    document = Document.objects.filter(case=case).first()
    client.force_login(request.getfixturevalue(role))
    data = posted(case, p_school="别人的大学")

    assert client.get(address("form", case)).status_code == 404
    for name in POSTS:
        assert client.post(address(name, case), data).status_code == 404
    assert client.post(address("upload", case, "M02"), data).status_code == 404
    remove = reverse("cases:remove-document", args=[document.pk])
    assert client.post(remove, data).status_code == 404
    assert fresh(case).all_answers["p_school"] == "示例大学"


def test_a_case_handed_in_is_not_edited_any_more(
    signed_in: Client, submitted: Callable[..., Case]
) -> None:
    case = submitted("P05")
    document = Document.objects.filter(case=case).first()
    data = posted(case, p_school="后来的大学")

    assert signed_in.get(address("form", case)).url == address("case", case)
    assert signed_in.post(address("save", case), data).url == address("case", case)
    assert signed_in.post(address("save", case), data, headers=HTMX).status_code == 409
    assert signed_in.post(address("upload", case, "M02"), data).url == address("case", case)
    signed_in.post(reverse("cases:remove-document", args=[document.pk]), data)
    assert fresh(case).all_answers["p_school"] == "示例大学"
    assert case.documents.current().filter(pk=document.pk).exists()


@pytest.mark.parametrize("place", [["save"], ["submit"], ["upload", "M02"]])
def test_a_session_that_ran_out_loses_nothing(
    client: Client, talent: User, draft: Draft, place: list[str]
) -> None:
    name, *more = place
    case = draft("P05")

    response = client.post(address(name, case, *more), posted(case, p_school="过期前的大学"))
    assert response.url.startswith("/sign-in/?next=")
    assert fresh(case).all_answers["p_school"] == "示例大学"

    client.force_login(talent)
    page = client.get(address("form", case))
    assert page.context["form"]["p_school"].value() == "过期前的大学"
    assert "登录过期前填写的内容已恢复" in page.content.decode()

    client.post(address("save", case), posted(case, p_school="过期前的大学"))
    assert not client.get(address("form", case)).context["is_restored"]


@pytest.mark.parametrize("place", [["save"], ["upload", "M02"]])
def test_the_scripts_saving_without_a_session_says_so(
    client: Client, draft: Draft, place: list[str]
) -> None:
    name, *more = place
    case = draft("P05")

    response = client.post(address(name, case, *more), posted(case), headers=HTMX)

    assert response.status_code == 401
    assert "重新登录" in response.content.decode()


def test_places_are_found_as_they_are_typed(signed_in: Client) -> None:
    page = signed_in.get(reverse("cases:places"), {"p_hukou": "杭州西湖"}).content.decode()

    assert 'value="浙江省杭州市西湖区"' in page


def test_the_form_takes_a_fixed_number_of_queries(
    signed_in: Client, draft: Draft, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    small, large = draft("P05"), draft("P03", "P06", "P07", "P08", "P10", "P11", "P12")
    signed_in.get(address("form", small))

    for case in (small, large):
        with django_assert_max_num_queries(12):
            signed_in.get(address("form", case))
