"""Recommendations on pages: the popup, one tap to the menu, dismissing, and what staff see."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from cases import recommending
from cases.models import Case, Recommendation
from policies import inspection
from policies.models import OneThing, Subject
from policies.subjects import Statement, record, subject_for
from portal.accounts.models import Role, User
from tests.cases.advised import shelve, subject_of
from tests.cases.conftest import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def subject(one_thing: OneThing, monday: Any, talent: User) -> Subject:
    shelve(one_thing)
    return subject_of(talent)


@pytest.fixture
def page(client: Client, subject: Subject, talent: User) -> Client:
    """Signed in, with recommendations waiting."""
    recommending.react(inspection.inspect_changed())
    client.force_login(talent)
    return client


def row(code: str) -> Recommendation:
    return Recommendation.objects.get(policy__item_code=code)


def choose(client: Client, *codes: str) -> Any:
    ids = [row(code).pk for code in codes]
    return client.post("/recommendations/open/", {"recommendation": ids})


class TestPages:
    def test_the_list_of_cases_brings_forward_what_is_new(self, page: Client) -> None:
        text = page.get("/cases/").content.decode()

        assert "您还可以申请 7 项政策" in text
        assert "data-portal-popup" in text and "data-portal-shown" in text

    def test_what_was_shown_is_a_plain_section(self, page: Client) -> None:
        ids = list(Recommendation.objects.values_list("pk", flat=True))

        assert page.post("/recommendations/shown/", {"recommendation": ids}).status_code == 204

        text = page.get("/cases/").content.decode()
        assert "您还可以申请 7 项政策" in text and "data-portal-popup" not in text
        assert not Recommendation.objects.filter(shown_at=None).exists()

    def test_looking_notes_nothing(self, page: Client) -> None:
        page.get("/cases/")
        page.get("/recommendations/")

        assert not Recommendation.objects.exclude(shown_at=None).exists()

    def test_the_submitted_page_has_them_too(
        self, page: Client, submitted: Callable[..., Case]
    ) -> None:
        case = submitted("P05")

        assert "您还可以申请" in page.get(f"/cases/{case.pk}/").content.decode()

    def test_what_excludes_each_other_is_ticked_once_and_says_so(self, page: Client) -> None:
        text = page.get("/recommendations/").content.decode()

        ticked = [code for code in ("P03", "P04") if f'value="{row(code).pk}" checked' in text]
        assert ticked == ["P03"]
        assert "与“大学生落户”只能办理一项" in text

    def test_without_any_the_page_says_what_it_is_for(
        self, client: Client, one_thing: OneThing, talent: User
    ) -> None:
        client.force_login(talent)

        assert "目前没有要推荐给您的政策" in client.get("/recommendations/").content.decode()

    def test_without_any_a_page_costs_one_statement(
        self, client: Client, one_thing: OneThing, talent: User, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(1):
            assert recommending.offered_to(talent) == []


class TestTakingUp:
    def test_one_tap_opens_the_menu_with_the_items_ticked(self, page: Client) -> None:
        response = choose(page, "P05", "P09")

        assert response["Location"] == "/one-things/hangzhou/?kind=person&item=P05&item=P09"
        text = page.get(response["Location"]).content.decode()
        assert 'value="P05" checked' in text and 'value="P09" checked' in text
        assert row("P05").opened_at and row("P05").shown_at and not row("P03").opened_at

    def test_what_goes_into_another_application_is_not_dropped_in_silence(
        self, page: Client, talent: User
    ) -> None:
        firm = subject_for("enterprise", "91330199MA2HTEXT13", user=talent)
        record(firm, {"district": Statement("330106")}, "manual", grounds="窗口核实")
        recommending.react(inspection.inspect_changed())
        listed = page.get("/recommendations/").content.decode()
        assert "个人事项" in listed and "企业事项" in listed

        response = choose(page, "P05", "E03")

        assert response["Location"].endswith("?kind=person&item=P05")
        text = page.get(response["Location"]).content.decode()
        assert "“住房公积金单位账户”要另行申请" in text

    def test_nothing_ticked_is_told(self, page: Client) -> None:
        response = page.post("/recommendations/open/", {})

        assert response.status_code == 422
        assert "请至少选择一项政策" in response.content.decode()

    @pytest.mark.parametrize("posted", [["x"], ["-1"], ["9" * 30], ["\0"], ["²"]])
    def test_what_is_no_number_is_nothing(self, page: Client, posted: list[str]) -> None:
        response = page.post("/recommendations/open/", {"recommendation": posted})

        assert response.status_code == 422

    def test_what_is_over_is_told(self, page: Client) -> None:
        page.post(f"/recommendations/{row('P05').pk}/dismiss/")

        assert choose(page, "P05").status_code == 409

    def test_dismissed_it_is_gone_from_the_page(self, page: Client) -> None:
        response = page.post(f"/recommendations/{row('P05').pk}/dismiss/", follow=True)

        text = response.content.decode()
        assert "30 天内不再提示“人事档案转移”" in text
        assert f'value="{row("P05").pk}"' not in text
        assert page.post(f"/recommendations/{row('P05').pk}/dismiss/").status_code == 409

    def test_a_stranger_finds_nothing(self, page: Client, stranger: User) -> None:
        page.force_login(stranger)

        assert choose(page, "P05").status_code == 409
        assert page.post(f"/recommendations/{row('P05').pk}/dismiss/").status_code == 404
        assert row("P05").dismissed_at is None

    def test_staff_have_none(self, page: Client, clerk: User) -> None:
        page.force_login(clerk)

        assert page.get("/recommendations/").status_code == 403
        assert choose(page, "P05").status_code == 403

    @pytest.mark.parametrize("path", ["shown/", "open/", "1/dismiss/"])
    def test_a_verb_is_posted(self, page: Client, path: str) -> None:
        assert page.get(f"/recommendations/{path}").status_code == 405


class TestUptake:
    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.EDITOR])
    def test_those_who_may_see_what_came_of_it(self, page: Client, role: Role) -> None:
        choose(page, "P05")
        page.force_login(make_user("reader", role))

        text = page.get("/uptake/").content.decode()

        assert "推荐 7 次，带来 0 次申请" in text
        assert "人事档案转移" in text and "情况变化" in text

    def test_an_application_is_counted(self, page: Client, submitted: Callable[..., Case]) -> None:
        submitted("P05")
        page.force_login(make_user("reader", Role.EDITOR))

        assert "带来 1 次申请" in page.get("/uptake/?period=all").content.decode()

    def test_the_excel_file_says_the_same(self, page: Client) -> None:
        page.force_login(make_user("reader", Role.SUPERVISOR))

        response = page.get("/uptake/excel/?period=year")

        cells = [
            cell.value for row in load_workbook(BytesIO(response.content)).active for cell in row
        ]
        assert "人事档案转移" in cells and 7 in cells

    @pytest.mark.parametrize("period", ["", "month", "century", "\0"])
    def test_any_period_is_answered(self, client: Client, one_thing: OneThing, period: str) -> None:
        client.force_login(make_user("reader", Role.EDITOR))

        response = client.get("/uptake/", {"period": period})

        assert "所选期间内没有推荐" in response.content.decode()

    @pytest.mark.parametrize(
        ("role", "status"), [(Role.TALENT, 404), (Role.CLERK, 403), (Role.AUDITOR, 403)]
    )
    def test_others_may_not(
        self, client: Client, one_thing: OneThing, role: Role, status: int
    ) -> None:
        client.force_login(make_user("reader", role))

        assert client.get("/uptake/").status_code == status
        assert client.get("/uptake/excel/").status_code == status
