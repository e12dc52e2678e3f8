"""What every page shows around its content."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from notifications.sending import Notice, tell
from portal.core.ledger import Entry, record
from tests.accounts.factories import StaffFactory, TalentFactory

pytestmark = pytest.mark.django_db


def main_ways(page: str) -> list[str]:
    found = re.search(r'<nav class="masthead-ways".*?</nav>', page, re.S)
    labels = re.findall(r"<a [^>]*>(.*?)</a>", found[0], re.S) if found else []
    return [re.sub(r"<.*", "", label).strip() for label in labels]


def test_a_talent_sees_the_ways_of_a_talent(client: Client) -> None:
    client.force_login(TalentFactory())

    page = client.get("/").text

    assert main_ways(page) == [
        "办事",
        "我的办件",
        "政策导航",
        "政策库",
        "我的信息",
        "人才码",
        "消息",
    ]
    assert "退出" in page


def test_a_clerk_sees_the_ways_of_a_clerk(client: Client) -> None:
    client.force_login(StaffFactory(clerk=True))

    assert main_ways(client.get("/").text) == ["窗口受理", "信息查询", "消息"]


def test_a_stranger_sees_the_way_in(client: Client) -> None:
    page = client.get("/").text

    assert main_ways(page) == ["办事", "政策导航", "政策库"]
    assert 'href="/sign-in/"' in page


def test_unread_messages_are_counted_beside_the_way_to_them(client: Client) -> None:
    talent = TalentFactory()
    tell([Notice(record(Entry("case.withdrawn")), talent, "case.withdrawn", {"number": "7"})])
    client.force_login(talent)

    assert re.search(r'消息 <span class="count">1', client.get("/").text)


def test_the_present_page_is_marked(client: Client) -> None:
    client.force_login(TalentFactory())

    page = client.get("/inbox/").text

    assert re.search(r'href="/inbox/" aria-current="page"', page)
    assert not re.search(r'<a href="/" aria-current', page)


def test_a_demonstration_says_so_and_that_its_clock_is_moved(
    client: Client, settings: Settings
) -> None:
    assert "演示环境" not in client.get("/").text
    settings.IS_DEMO = True
    before = client.get("/").text
    client.post("/dev/clock/set/", {"instant": "2027-03-01T09:00"})

    after = client.get("/").text

    assert "演示环境" in before and "业务时钟" not in before
    assert "业务时钟已调整为 2027年3月1日09:00" in after


def test_a_missing_page_still_has_its_frame(client: Client) -> None:
    client.force_login(TalentFactory())

    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert main_ways(response.text) == [
        "办事",
        "我的办件",
        "政策导航",
        "政策库",
        "我的信息",
        "人才码",
        "消息",
    ]
