"""In real browsers: an officer recognises, the talent shows the code, a hospital reads it."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from policies.models import Subject
from portal.accounts.models import User
from tests.policies.codes import people

pytestmark = pytest.mark.usefixtures("transactional_db")

Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Open a page of one's own, signed in or not; an error in any console fails the test."""
    errors: list[str] = []
    contexts = []

    def page_of(user: User | None = None, width: int = 1280) -> Page:
        context = browser.new_context(
            base_url=live_server.url, locale="zh-CN", viewport={"width": width, "height": 800}
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            value = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield page_of
    for context in contexts:
        context.close()
    assert errors == []


def scan(page: Page) -> str:
    """Read the picture on a phone's screen as a camera would."""
    picture = Image.open(io.BytesIO(page.locator(".code-picture").screenshot()))
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return str(found[0].text)


def type_in(page: Page, token: str) -> None:
    """What a scanner at the counter does: it types and presses Enter."""
    page.locator("[name=code]").fill(token)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def recognise(page: Page, subject: Subject) -> None:
    page.goto("/recognitions/")
    page.get_by_label("姓名").fill(people.NAME)
    page.get_by_label("证件号码").fill(subject.identity["id_number"])
    page.get_by_role("button", name="查找或建档").click()
    page.get_by_label("以赛代评", exact=True).check()
    expect(page.get_by_label("举荐理由")).to_be_hidden()
    page.get_by_label("大赛和项目名称").fill("大学生创业大赛，快递柜")
    page.get_by_label("项目等次").select_option("一等")
    page.get_by_label("在项目中的角色").select_option("leader")
    page.get_by_label("证明材料").fill("获奖证书 1")
    page.get_by_label("认定层次").select_option("C")
    page.get_by_role("button", name="认定", exact=True).click()
    expect(page.locator("h1")).to_have_text(f"{people.NAME}是 C 类人才")


def test_from_recognition_to_exit(
    opened: Open, officer: User, leader: User, talent: User, subject: Subject
) -> None:
    desk, phone, counter = opened(officer), opened(talent, 375), opened(None)
    key = people.institution(leader, "某医院", "medical").key
    recognise(desk, subject)

    phone.goto("/my-code/person/")
    expect(phone.locator("h1")).to_contain_text("C 类人才")
    counter.goto("/codes/verify/")
    counter.get_by_label("单位密钥").fill(key)
    counter.keyboard.press("Enter")
    token = scan(phone)
    type_in(counter, token)
    expect(counter.locator("h1")).to_have_text("有效：C 类人才 沈**")
    expect(counter.locator("main")).to_contain_text("就医绿色通道")
    assert token not in counter.url

    type_in(counter, token)
    expect(counter.locator("h1")).to_contain_text("不能重复使用")

    phone.goto("/my-code/person/uses/")
    expect(phone.locator("h1")).to_contain_text("2 次")
    phone.goto("/my-code/person/")
    shown = scan(phone)
    desk.get_by_label("退出原因").fill("调离本市")
    desk.get_by_role("button", name="办理退出").click()
    expect(desk.locator("h1")).to_contain_text("目前没有有效的认定")
    type_in(counter, shown)
    expect(counter.locator("h1")).to_contain_text("此码已注销")
    phone.reload()
    expect(phone.locator("h1")).to_contain_text("人才码已于")


@pytest.mark.usefixtures("code")
def test_the_picture_renews_itself_and_covers_itself_when_it_is_over(
    opened: Open, talent: User
) -> None:
    phone = opened(None, 375)
    phone.clock.install()
    sign_in(phone, talent)
    phone.goto("/my-code/person/")
    phone.wait_for_function("() => window.htmx")
    first = scan(phone)

    with phone.expect_response("**/picture/"):
        phone.clock.run_for(41_000)
    expect(phone.locator("[data-portal-left]")).to_contain_text("秒内有效")
    second = scan(phone)
    assert second != first

    phone.route("**/picture/", lambda route: route.abort())
    phone.clock.run_for(62_000)
    expect(phone.locator("[data-portal-left]")).to_have_text("已过期，请刷新")
    expect(phone.locator(".code-picture")).to_be_hidden()


@pytest.mark.usefixtures("code")
def test_without_script_the_button_renews_it(
    browser: Browser, live_server: LiveServer, talent: User
) -> None:
    with without_script(browser, live_server) as page:
        sign_in(page, talent)
        page.goto("/my-code/person/")
        first = scan(page)
        expect(page.locator("[data-portal-left]")).to_contain_text("有效至")

        page.get_by_role("link", name="刷新").click()

        assert scan(page) != first


@contextmanager
def without_script(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    yield context.new_page()
    context.close()


def sign_in(page: Page, user: User) -> None:
    client = Client()
    client.force_login(user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "path": "/"}
    page.context.add_cookies([{**cookie, "domain": "localhost"}])  # type: ignore[list-item]


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize("paper", ["A4", "A6"])
def test_the_static_code_prints_on_one_sheet(opened: Open, talent: User, paper: str) -> None:
    page = opened(talent)
    page.goto("/my-code/person/print/")

    assert page.pdf(format=paper).count(b"/Type /Page\n") == 1


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize("width", [375, 1280])
def test_the_pages_are_accessible_and_fit(
    opened: Open, officer: User, leader: User, talent: User, subject: Subject, width: int
) -> None:
    seen = {
        talent: ["/my-code/person/", "/my-code/person/print/", "/my-code/person/uses/"],
        officer: ["/recognitions/", f"/recognitions/subjects/{subject.pk}/", "/recommenders/"],
        leader: ["/institutions/"],
    }
    for user, paths in seen.items():
        page = opened(user, width)
        for path in [*paths, "/codes/verify/"]:
            page.goto(path)
            assert Axe().run(page).response["violations"] == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
