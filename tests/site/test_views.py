"""The home page, the way to one's desk, and the pages of a demonstration."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from cases import drafting
from notifications.codes import send_code
from notifications.sending import Notice, tell
from policies.loading import load_catalogue
from policies.models import OneThing
from policies.reading import CATALOGUES
from portal.accounts.models import Role
from portal.core import clock
from portal.core.ledger import Entry, record
from tests.accounts.factories import DepartmentFactory, StaffFactory, TalentFactory

pytestmark = pytest.mark.django_db

DEV_PAGES = ["/dev/messages/", "/dev/clock/"]
CLOCK_ACTIONS = [f"/dev/clock/{name}/" for name in ("hour", "working-day", "set", "reset")]


@pytest.fixture
def hangzhou() -> OneThing:
    load_catalogue(CATALOGUES / "hangzhou")
    return OneThing.objects.get(slug="hangzhou")


def test_the_home_page_shows_the_reform_in_figures(client: Client, hangzhou: OneThing) -> None:
    page = client.get("/")

    assert page.status_code == 200
    (offer,) = page.context["offers"]
    shown = {figure["label"]: (figure["value"], figure["note"]) for figure in offer["figures"]}
    assert shown == {
        "可办事项": (19, "个人 12 项，企业 7 项"),
        "填写申请表": (2, "原来 19 张"),
        "提交材料": (16, "原来 125 份"),
        "承诺时限合计": (30, "原来 129 个工作日"),
    }
    assert hangzhou.name in page.text
    assert "/one-things/hangzhou/" in page.text
    assert 'href="/sign-in/"' in page.text


def test_what_is_closed_is_not_offered(client: Client, hangzhou: OneThing) -> None:
    OneThing.objects.update(is_open=False)

    page = client.get("/").text

    assert hangzhou.name not in page
    assert "目前没有开放申请" in page


def test_the_home_page_costs_the_same_each_time(
    client: Client, hangzhou: OneThing, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")

    with django_assert_num_queries(1):
        client.get("/")


def test_a_talents_open_cases_come_first(client: Client, hangzhou: OneThing) -> None:

    talent = TalentFactory()
    case = drafting.start(applicant=talent, one_thing=hangzhou, kind="person", codes=["P01"])
    client.force_login(talent)
    page = client.get("/").text
    client.force_login(TalentFactory())
    others = client.get("/").text

    assert "您有 1 件申请尚未办结" in page
    assert f"/cases/{case.pk}/form/" in page
    assert str(case.pk) not in others


def test_staff_are_pointed_to_their_desk(client: Client) -> None:
    client.force_login(StaffFactory(clerk=True))

    page = client.get("/").text

    assert 'href="/desk/"' in page
    assert "进入窗口受理" in page


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.TALENT, "/"),
        (Role.AGENT, "/"),
        (Role.CLERK, "/window/"),
        (Role.OFFICER, "/admin/"),
        (Role.LEADER, "/admin/"),
        (Role.SUPERVISOR, "/supervision/"),
        (Role.EDITOR, "/admin/"),
        (Role.AUDITOR, "/admin/"),
        (Role.ADMINISTRATOR, "/admin/"),
    ],
)
def test_each_role_has_a_page_where_its_work_begins(client: Client, role: Role, path: str) -> None:
    client.force_login(StaffFactory(role=role, department=DepartmentFactory()))

    assert client.get("/desk/")["Location"] == path


def test_a_stranger_has_no_desk(client: Client) -> None:
    assert client.get("/desk/")["Location"] == "/sign-in/?next=/desk/"


@pytest.mark.parametrize("path", ["/", "/dev/messages/", "/dev/clock/"])
def test_reading_pages_take_no_post(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_codes_can_be_read_in_a_demonstration(client: Client) -> None:
    issued = send_code("13712345678")

    page = client.get("/dev/messages/").text

    assert issued.code in page
    assert "尾号 5678" in page
    assert "13712345678" not in page


def test_the_last_fifty_messages_are_shown_newest_first(client: Client) -> None:
    talent = TalentFactory(full_name="赵一鸣")
    for number in range(30):
        event = record(Entry("case.completed"))
        tell([Notice(event, talent, "case.completed", {"number": f"No{number:02d}"})])

    page = client.get("/dev/messages/").text

    assert page.index("No29") < page.index("No10")
    assert page.count("赵一鸣") == 50
    assert "No04" not in page


@pytest.mark.parametrize("path", DEV_PAGES)
def test_in_production_the_pages_of_a_demonstration_do_not_exist(
    client: Client, settings: Settings, path: str
) -> None:
    assert client.get(path).status_code == 200

    settings.CLOCK_MOVABLE = False

    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", CLOCK_ACTIONS)
def test_in_production_nobody_moves_the_clock(
    client: Client, settings: Settings, path: str
) -> None:
    settings.CLOCK_MOVABLE = False

    assert client.post(path, {"instant": "2026-12-01T09:00"}).status_code == 404
    settings.CLOCK_MOVABLE = True
    assert clock.shift() == timedelta(0)


@pytest.mark.parametrize("path", CLOCK_ACTIONS)
def test_the_clock_is_moved_by_post_only(client: Client, path: str) -> None:
    assert client.get(path).status_code == 405


def present() -> datetime:
    return timezone.localtime(clock.now())


def test_an_hour_ahead(client: Client) -> None:
    before = clock.now()

    response = client.post("/dev/clock/hour/", follow=True)

    assert clock.now() - before - timedelta(hours=1) < timedelta(seconds=10)
    assert "业务时钟已调整为" in response.text
    assert "真实时间为" in response.text


def test_a_working_day_ahead_leaves_out_weekends(client: Client) -> None:
    client.post("/dev/clock/set/", {"instant": "2026-11-27T10:30"})  # a Friday

    client.post("/dev/clock/working-day/")

    assert present().strftime("%Y-%m-%d %H:%M") == "2026-11-30 10:30"


def test_a_given_instant_is_chinese_time(client: Client) -> None:
    client.post("/dev/clock/set/", {"instant": "2026-12-31T17:30"})

    assert present().strftime("%Y-%m-%d %H:%M %z") == "2026-12-31 17:30 +0800"


@pytest.mark.parametrize(
    "instant", ["", "morgen", "2026-13-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00"]
)
def test_what_is_no_instant_is_refused(client: Client, instant: str) -> None:
    response = client.post("/dev/clock/set/", {"instant": instant})

    assert response.status_code == 422
    assert "请填写日期和时间" in response.text
    assert clock.shift() == timedelta(0)


def test_the_clock_goes_back_to_real_time(client: Client) -> None:
    client.post("/dev/clock/hour/")

    response = client.post("/dev/clock/reset/", follow=True)

    assert clock.shift() == timedelta(0)
    assert "与真实时间一致" in response.text
