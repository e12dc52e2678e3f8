"""The navigator with the keyboard alone, its link opened by a stranger, and all of it filed."""

import re

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from cases import recommending
from cases.models import Case, CaseState, Recommendation
from policies import inspection
from policies.models import OneThing
from portal.accounts.models import User
from tests.cases.advised import shelve, subject_of

pytestmark = pytest.mark.usefixtures("transactional_db")
FARTHEST = 80


@pytest.fixture(autouse=True)
def policies(transactional_db: None, one_thing: OneThing) -> None:
    shelve(one_thing)


def walk_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says or is labelled so."""
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        label = page.evaluate(
            """() => {
                const at = document.activeElement;
                const label = at.labels && at.labels.length ? at.labels[0].textContent : "";
                return (label + " " + (at.textContent || at.value || "")).trim();
            }"""
        )
        if words in label:
            return
    raise AssertionError(f"The keyboard does not reach {words}.")


def choose(page: Page, nth: int, legend: str) -> None:
    """Go to a group of radios, whose last one is chosen, and up or down to the n-th."""
    walk_to(page, "不清楚")
    group = page.get_by_role("group", name=legend)
    count = group.get_by_role("radio").count()
    for _ in range((nth - count) % count):
        page.keyboard.press("ArrowDown")
    expect(group.get_by_role("radio").nth(nth - 1)).to_be_checked()


def enter(page: Page, heading: str | re.Pattern[str]) -> None:
    """Press Enter and wait for the page with this heading."""
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(heading)


def press(page: Page, words: str, heading: str | re.Pattern[str]) -> None:
    walk_to(page, words)
    enter(page, heading)


def sign_in(page: Page, address: str, phone: str) -> None:
    """Sign in as people do: by telephone and code."""
    page.get_by_label("手机号码").fill(phone)
    page.keyboard.press("Enter")
    expect(page.locator("[name=code]")).to_be_visible()
    mail = page.context.new_page()
    mail.goto(f"{address}/dev/messages/")
    code = re.search(r"验证码\D{0,8}(\d{6})", mail.inner_text("main"))
    assert code is not None
    mail.close()
    page.locator("[name=code]").fill(code[1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def test_ten_questions_with_the_keyboard_then_shared_and_filed(
    page: Page, browser: Browser, live_server: LiveServer, talent: User
) -> None:
    page.goto(f"{live_server.url}/navigator/")
    press(page, "开始：我是个人", "您今年多大？")

    walk_to(page, "周岁年龄")
    page.keyboard.type("22")
    enter(page, "您的学历是什么？")
    choose(page, 3, "最高学历")
    choose(page, 1, "怎样取得的")
    press(page, "下一题", "您哪天毕业？")
    page.locator("#id_day").fill("2026-06-30")
    press(page, "下一题", "您有职称或职业资格吗？")
    press(page, "跳过", "您现在工作还是创业？")
    choose(page, 1, "目前的情况")
    press(page, "下一题", "您在杭州连续缴了多少个月社保？")
    walk_to(page, "到本月连续缴纳的月数")
    page.keyboard.type("5")
    enter(page, "您的户口和居住在哪里？")
    choose(page, 4, "户口与居住证")
    press(page, "下一题", "您家在杭州有房吗？")
    choose(page, 1, "家庭在杭州的住房")
    press(page, "下一题", "您家几口人，收入多少？")
    page.go_back()
    expect(page.get_by_label("没有，也没有买卖过")).to_be_checked()
    press(page, "下一题", "您家几口人，收入多少？")
    press(page, "跳过", "您已经享受过哪些政策？")
    walk_to(page, "以上都没有")
    page.keyboard.press("Space")
    press(page, "看结果", re.compile("每年 10,000 元"))

    assert "?" not in page.url
    walk_to(page, "生成分享链接")
    page.keyboard.press("Enter")
    expect(page.get_by_label("分享链接")).to_have_value(re.compile("/packages/"))
    assert page.get_by_label("分享链接").input_value() == page.url

    stranger = browser.new_context(locale="zh-CN").new_page()
    stranger.goto(page.url)
    expect(stranger.locator("h1")).to_contain_text("每年 10,000 元")
    assert "您的回答" not in stranger.inner_text("main")
    stranger.context.close()

    page.go_back()
    press(page, "全部申请", "凭手机号码和短信验证码登录")
    sign_in(page, live_server.url, talent.phone)
    expect(page.locator("#item-P09")).to_be_checked()
    page.get_by_role("button", name="下一步：填写").first.click()
    expect(page.locator("#id_p_grad_date")).to_have_value("2026-06-30")

    case = Case.objects.get()
    assert (case.state, case.applicant) == (CaseState.DRAFT, talent)
    assert {"P03", "P05", "P06", "P09"} <= set(case.item_codes)


def test_what_is_new_comes_forward_and_is_put_away_with_one_key(
    page: Page, live_server: LiveServer, talent: User
) -> None:
    subject_of(talent)
    with transaction.atomic():
        recommending.react(inspection.inspect_changed())
    page.goto(f"{live_server.url}/sign-in/")
    sign_in(page, live_server.url, talent.phone)
    page.goto(f"{live_server.url}/cases/")

    popup = page.locator("#recommended")
    expect(popup).to_have_class(re.compile("forward"))
    expect(popup.locator("h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(popup).not_to_have_class(re.compile("forward"))
    expect(popup).to_be_visible()

    page.reload()
    expect(popup).not_to_have_class(re.compile("forward"))
    assert not Recommendation.objects.filter(shown_at=None).exists()
    popup.get_by_role("button", name="办理所选").click()
    expect(page.locator("#item-P09")).to_be_checked()
