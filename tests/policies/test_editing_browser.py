"""Building and publishing a policy in a real browser, with the keyboard and without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from policies.models import Policy, PolicyState, PolicyVersion, Profile, Subject
from portal.accounts.models import User
from tests.accounts.factories import DepartmentFactory, StaffFactory

pytestmark = pytest.mark.usefixtures("transactional_db")


def sign_in(page: Page, live_server: LiveServer, user: User) -> Page:
    client = Client()
    client.force_login(user)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return page


@pytest.fixture
def author(page: Page, live_server: LiveServer) -> Page:
    DepartmentFactory(code="D01")
    for number in range(12):
        subject = Subject.objects.create(kind="person", identity_index=f"made-{number}")
        Profile.objects.create(
            subject=subject,
            kind="person",
            f_edu="21" if number < 7 else "31",
            f_district="330106",
            f_ss_months_cont=8,
        )
    return sign_in(page, live_server, StaffFactory(editor=True, full_name="宋致远"))


@pytest.fixture
def reviewer(browser: Browser, live_server: LiveServer) -> Page:
    context = browser.new_context(locale="zh-CN", viewport={"width": 375, "height": 800})
    context.set_default_timeout(10_000)
    return sign_in(context.new_page(), live_server, StaffFactory(editor=True, full_name="柳明澈"))


def press(page: Page, name: str) -> None:
    """Reach a button of the page and press it by keyboard."""
    button = page.locator(name) if name.startswith("#") else page.get_by_role("button", name=name)
    button.first.focus()
    page.keyboard.press("Enter")


def settled(page: Page) -> None:
    """Wait until what was drawn anew answers again."""
    waiting = ".htmx-request, .htmx-added, .htmx-swapping, .htmx-settling"
    expect(page.locator(waiting)).to_have_count(0)


def new_policy(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}{reverse('admin:policies_policy_changelist')}")
    page.get_by_role("link", name="新增一项政策").click()
    page.get_by_label("政策名称").fill("应届本科见习补贴")
    page.get_by_label("政策代码").fill("POL_B1")
    page.get_by_label("主管部门").select_option(index=1)
    press(page, "开始起草")
    expect(page.locator("#conditions")).to_be_visible()


def no_flaw(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_a_policy_is_built_tried_measured_and_published(
    author: Page, reviewer: Page, live_server: LiveServer
) -> None:
    page = author
    new_policy(page, live_server)

    page.get_by_label("版本名称").fill("2026")
    page.get_by_label("摘要").fill("给应届本科生的见习补贴。")
    press(page, "#act-leaf-0")
    fact = page.locator("#row-1-fact")
    expect(fact).to_be_focused()
    fact.select_option(label="学历")
    expect(page.locator("#row-1-op")).to_be_visible()
    settled(page)
    page.locator("#row-1-op").select_option(label="为其中之一")
    page.get_by_label("本科", exact=True).check()
    settled(page)
    press(page, "#act-leaf-0")
    expect(page.locator("#row-2-fact")).to_be_focused()
    settled(page)
    page.locator("#row-2-fact").select_option(label="在杭连续参保月数（不含补缴）")
    expect(page.locator("#row-2-first-text")).to_be_visible()
    settled(page)
    page.locator("#row-2-first-text").fill("6")
    outline = page.locator("#side section").first
    expect(outline).to_contain_text("学历为本科")
    expect(outline).to_contain_text("在杭连续参保月数（不含补缴）不低于6个月")

    # By keyboard alone: the second comparison goes up and down again.
    settled(page)
    page.locator("#act-up-2").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#conditions > li").nth(1)).to_have_attribute("id", "row-2")
    expect(page.locator("#row-2-first-text")).to_have_value("6")
    expect(page.locator("#act-down-2")).to_be_visible()
    # It stands first now and has no such button any more: the keyboard goes on in its row.
    expect(page.locator("#row-2-fact")).to_be_focused()
    settled(page)
    page.locator("#act-down-2").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#conditions > li").nth(2)).to_have_attribute("id", "row-2")
    settled(page)
    page.get_by_label("计算方式").select_option(label="定额")
    expect(page.get_by_label("金额（元）")).to_be_visible()
    settled(page)
    page.get_by_label("金额（元）").fill("3000")
    expect(page.locator("#side")).to_contain_text("可以送审")
    no_flaw(page)

    press(page, "保存草稿")
    expect(page.locator(".messagelist")).to_contain_text("可以送审")

    page.get_by_role("link", name="试算").click()
    page.get_by_label("虚构的申请人").select_option(label="应届本科，外省户籍，刚入职参保1个月")
    press(page, "填入并试算")
    verdict = page.locator("section").filter(has_text="实际").first
    expect(verdict).to_contain_text(re.compile("待成熟，.*起可办"))
    expect(verdict).to_contain_text("3,000 元")
    no_flaw(page)

    page.get_by_role("link", name="影响").click()
    press(page, "测算影响")
    expect(page.locator("#impact h2").first).to_have_text("新可享受 7 个，不再可享受 0 个")
    expect(page.locator("#impact")).to_contain_text("西湖区")
    no_flaw(page)

    page.get_by_role("link", name="内容", exact=True).click()
    press(page, "送审")
    expect(page.get_by_text("须由另一位编辑复核发布")).to_be_visible()
    assert page.get_by_role("button", name="发布").count() == 0

    published(reviewer, live_server)


def published(page: Page, live_server: LiveServer) -> None:
    """Let the second editor come from the inbox, look, publish, and see it in the library."""
    page.goto(f"{live_server.url}{reverse('notifications:inbox')}")
    page.get_by_role("button", name="查看").first.click()
    expect(page.get_by_text("新可享受 7 个")).to_be_visible()
    expect(page.locator("dl.facts")).to_contain_text("学历为本科")
    page.get_by_role("button", name="发布").click()
    expect(page.locator(".messagelist")).to_contain_text("已发布")

    version = PolicyVersion.objects.get(policy__code="POL_B1")
    assert version.state == PolicyState.PUBLISHED
    page.goto(f"{live_server.url}{reverse('policies:library')}")
    expect(page.locator("main")).to_contain_text("应届本科见习补贴")


def test_the_condition_form_works_without_a_script(
    browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = sign_in(context.new_page(), live_server, StaffFactory(editor=True))
    DepartmentFactory(code="D01")
    new_policy(page, live_server)

    page.get_by_label("版本名称").fill("2026")
    page.locator("#act-leaf-0").click()
    page.locator("#row-1-fact").select_option(label="毕业日期")
    page.get_by_role("button", name="更新表单（换了").click()
    page.locator("#row-1-first-of").select_option(label="申请之日")
    page.get_by_role("button", name="更新表单（换了").click()
    page.locator("#row-1-first-side").select_option(label="之前")
    page.locator("#row-1-first-count").fill("2")
    page.get_by_role("button", name="保存草稿").click()

    expect(page.locator("#side")).to_contain_text("毕业日期不早于申请之日前2年")
    kept = Policy.objects.get(code="POL_B1").versions.get().document["conditions"]
    assert kept == {
        "all": [{"fact": "grad_date", "op": ">=", "value": {"of": "application", "years": -2}}]
    }
    context.close()
