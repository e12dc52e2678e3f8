"""The menu: open to all, writes nothing but by its one button, keeps every tick."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cases.models import Case
from policies.models import OneThing
from portal.accounts.models import User

pytestmark = pytest.mark.usefixtures("one_thing")
MENU = "/one-things/hangzhou/"


def test_anyone_reads_the_menu_and_nothing_is_written(client: Client) -> None:
    response = client.get(MENU)

    assert response.status_code == 200
    assert response.context["kind"] == "person"
    assert len(response.context["options"]) == 12
    assert not Case.objects.exists()


def test_the_other_kind_of_applicant_has_its_own_list(client: Client) -> None:
    response = client.get(MENU, {"kind": "enterprise"})

    assert [option["item"].code[0] for option in response.context["options"]] == ["E"] * 7


def test_the_menu_of_no_one_thing_is_404(client: Client) -> None:
    assert client.get("/one-things/nowhere/").status_code == 404


def test_a_selection_in_the_address_is_shown_ticked(client: Client) -> None:
    response = client.get(MENU, {"item": ["P08", "P05"]})

    assert response.status_code == 200
    assert response.context["sums"]["count"] == 4
    assert "受理后 20 个工作日内全部出结果" in response.content.decode()


@pytest.mark.parametrize(
    ("ticked", "words"),
    [
        (["P99"], "事项不存在"),
        (["E01"], "不属于该类申请人"),
        (["P08", "P09"], "不能同时申请"),
        ([], "请至少选择一个事项"),
    ],
)
def test_a_selection_that_cannot_be_is_refused_with_its_ticks(
    client: Client, talent: User, ticked: list[str], words: str
) -> None:
    client.force_login(talent)

    for address in ("cases:menu-plan", "cases:start"):
        response = client.post(
            reverse(address, args=["hangzhou"]), {"kind": "person", "item": ticked}
        )

        assert response.status_code == 422
        assert words in response.content.decode()
        shown = {o["item"].code for o in response.context["options"] if o["checked"]}
        assert shown == {code for code in ticked if code in ("P08", "P09")}
    assert not Case.objects.exists()


def test_a_script_gets_only_the_part_that_changed(client: Client) -> None:
    response = client.post(
        f"{MENU}plan/", {"kind": "person", "item": "P07"}, headers={"HX-Request": "true"}
    )

    assert response.status_code == 200
    page = response.content.decode()
    assert page.lstrip().startswith('<div id="choice"') or "<html" not in page
    assert "已选 2 项" in page


@pytest.mark.parametrize("address", ["cases:menu-plan", "cases:start"])
def test_the_buttons_answer_only_to_post(client: Client, talent: User, address: str) -> None:
    client.force_login(talent)

    assert client.get(reverse(address, args=["hangzhou"])).status_code == 405


def test_starting_makes_one_draft_with_what_was_added(client: Client, talent: User) -> None:
    client.force_login(talent)

    response = client.post(f"{MENU}start/", {"kind": "person", "item": ["P07"]})

    case = Case.objects.get()
    assert response.url == reverse("cases:form", args=[case.pk])
    assert (case.applicant, case.state, case.item_codes) == (talent, "draft", ["P01", "P07"])


def test_a_held_result_is_kept_on_the_draft(client: Client, talent: User) -> None:
    client.force_login(talent)

    client.post(f"{MENU}start/", {"kind": "person", "item": ["P07"], "have-P01": " 杭社 1 "})

    case = Case.objects.get()
    assert case.item_codes == ["P07"]
    assert case.existing_results == {"P01": "杭社 1"}


def test_staff_cannot_start_a_case(client: Client, clerk: User) -> None:
    client.force_login(clerk)

    response = client.post(f"{MENU}start/", {"kind": "person", "item": ["P07"]})

    assert response.status_code == 403
    assert not Case.objects.exists()


def test_signing_in_comes_back_to_the_same_ticks(client: Client, talent: User) -> None:
    response = client.post(
        f"{MENU}start/", {"kind": "person", "item": ["P05", "P07"], "have-P01": "杭社 1"}
    )
    assert "/sign-in/" in response.url
    assert not Case.objects.exists()

    client.force_login(talent)
    page = client.get(f"{MENU}?resume=1")

    shown = {o["item"].code for o in page.context["options"] if o["checked"]}
    assert shown == {"P05", "P07"}
    assert "已登录，勾选的事项都在" in page.content.decode()


def test_a_closed_one_thing_says_so(client: Client, talent: User) -> None:
    OneThing.objects.update(is_open=False)
    client.force_login(talent)

    assert client.get(MENU).status_code == 410
    response = client.post(f"{MENU}start/", {"kind": "person", "item": ["P05"]})
    assert response.status_code == 410
    assert "暂停受理" in response.content.decode()


def test_the_items_of_a_draft_are_changed_in_place(
    client: Client, talent: User, draft: Callable[..., Case]
) -> None:
    case = draft("P05")
    client.force_login(talent)

    page = client.get(MENU, {"case": case.pk})
    client.post(f"{MENU}start/", {"kind": "person", "item": ["P07"], "case": case.pk})

    assert {o["item"].code for o in page.context["options"] if o["checked"]} == {"P05"}
    case = Case.objects.get(pk=case.pk)
    assert case.item_codes == ["P01", "P07"]
    assert case.all_answers["p_school"] == "示例大学"
    assert Case.objects.count() == 1


def test_a_strangers_draft_is_404(
    client: Client, stranger: User, draft: Callable[..., Case]
) -> None:
    case = draft("P05")
    client.force_login(stranger)

    assert client.get(MENU, {"case": case.pk}).status_code == 404
    assert client.get(MENU, {"case": "no-uuid"}).status_code == 404
    response = client.post(f"{MENU}start/", {"kind": "person", "item": "P07", "case": case.pk})
    assert response.status_code == 404


def test_a_case_handed_in_meanwhile_is_shown_instead(
    client: Client, talent: User, submitted: Callable[..., Case]
) -> None:
    case = submitted("P05")
    client.force_login(talent)

    response = client.post(f"{MENU}start/", {"kind": "person", "item": "P07", "case": case.pk})

    assert response.url == reverse("cases:case", args=[case.pk])
    case = Case.objects.get(pk=case.pk)
    assert case.item_codes == ["P05"]


def test_the_number_of_queries_does_not_grow_with_the_ticks(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(MENU)

    with django_assert_max_num_queries(6):
        client.get(MENU)
    with django_assert_max_num_queries(6):
        client.get(MENU, {"item": ["P01", "P04", "P05", "P06", "P07", "P08", "P10", "P11", "P12"]})
