"""What a script adds for the applicant, in a real browser: live figures, saving, uploads."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from cases.models import Case, Document
from portal.accounts.models import User
from tests.cases.files import PDF

pytestmark = pytest.mark.usefixtures("transactional_db", "one_thing")


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, talent: User) -> Page:
    client = Client()
    client.force_login(talent)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return page


def test_ticking_recalculates_and_keeps_the_place_of_the_keyboard(
    page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/one-things/hangzhou/")

    page.locator("#item-P08").press("Space")
    expect(page.locator("aside h2")).to_have_text("已选 3 项")
    expect(page.locator("#item-P09")).to_be_disabled()
    expect(page.locator("#item-P08")).to_be_focused()

    page.locator("#have-P04").fill("浙才 2026001")
    page.keyboard.press("Tab")
    expect(page.locator("aside h2")).to_have_text("已选 2 项")


def test_the_form_saves_itself_and_follows_the_answers(
    signed_in: Page, live_server: LiveServer, draft: Callable[..., Case]
) -> None:
    case = draft("P03", "P10", p_gender="", p_birth="")
    page = signed_in
    page.goto(f"{live_server.url}/cases/{case.pk}/form/")

    page.locator("#id_p_id_no").fill("330199199508221045")
    expect(page.locator("#id_p_birth")).to_have_value("1995-08-22")
    page.locator("#id_p_grad_date").fill("2030-06-30")
    expect(page.locator("#material-M09")).to_be_visible()
    page.get_by_label("人才市场集体户").check()
    expect(page.locator("#added")).to_contain_text("已加入“人事档案转移”")

    assert "P05" in Case.objects.get(pk=case.pk).item_codes


def test_a_chosen_file_is_sent_at_once_and_a_bad_one_named(
    signed_in: Page, live_server: LiveServer, draft: Callable[..., Case], tmp_path: Path
) -> None:
    case = draft("P05")
    (tmp_path / "证书.pdf").write_bytes(PDF)
    (tmp_path / "空.pdf").write_bytes(b"")
    page = signed_in
    page.goto(f"{live_server.url}/cases/{case.pk}/form/")

    page.locator("#material-M02_file").set_input_files(tmp_path / "证书.pdf")
    expect(page.locator("#material-M02 .files li")).to_have_count(2)
    page.locator("#material-M02_file").set_input_files(tmp_path / "空.pdf")
    expect(page.locator("#material-M02 .errorlist")).to_contain_text("是空文件")
    page.locator("#material-M02 .files button").first.click()
    expect(page.locator("#material-M02 .files li")).to_have_count(1)

    left = Document.objects.current().filter(case=case, material_code="M02")
    assert left.count() == 1


def test_an_ended_session_is_told_and_costs_nothing(
    signed_in: Page, live_server: LiveServer, draft: Callable[..., Case], talent: User
) -> None:
    case = draft("P05")
    page = signed_in
    page.goto(f"{live_server.url}/cases/{case.pk}/form/")
    page.context.clear_cookies(name="sessionid")

    page.locator("#id_p_school").fill("另一所大学")
    expect(page.locator("#save-state")).to_contain_text("登录已过期")
    page.locator("#save-state a").click()

    assert "/sign-in/" in page.url
    assert Case.objects.get(pk=case.pk).all_answers["p_school"] == "示例大学"
