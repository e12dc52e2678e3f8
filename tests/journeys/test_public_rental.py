"""杭州大学生创新创业“一件事”, walked on the real pages by everybody it concerns.

Web, worker and beat run as they do for people, on real PostgreSQL and Valkey; only the business
clock is moved. A graduate takes the public-rental chain (P01 → P04 → P08) with P05 and P07 beside
it, the window asks for a supplement, one item turns yellow and red, everything ends in results.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser

from cases import calendar
from cases.models import Card, Case
from notifications.models import Channel, Message
from policies.loading import CATALOGUES, load_catalogue
from policies.models import OneThing
from policies.schema import Catalogue
from portal.accounts.demo import make_demo_accounts
from portal.core import clock
from tests.cases.people import answers_for
from tests.fixtures.stack import Stack
from tests.journeys.people import Staff, Talent

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHAIN = ("P01", "P04", "P05", "P07", "P08")
# Of this graduate the departments know that he is insured long enough for both subsidies.
INSURED_ID = "330199199712035039"


def until(met: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait for what worker and beat do by themselves."""
    deadline = monotonic() + seconds
    while not met():
        assert monotonic() < deadline, what
        sleep(0.2)


@pytest.fixture
def portal(stack: Stack) -> Stack:
    """The portal as a city would have it on a Monday morning: calendar, catalogue, people."""
    calendar.load()
    load_catalogue(CATALOGUES / "hangzhou")
    make_demo_accounts()
    move_clock("2026-11-23", "10:00")
    return stack


@pytest.mark.browser
def test_a_graduate_gets_everything_with_one_form(
    portal: Stack, browser: Browser, tmp_path: Path
) -> None:
    catalogue = OneThing.objects.get().catalogue
    talent = Talent(browser, portal.url, phone=True)
    clerk, officer, last_officer, leader, supervisor = (
        Staff(browser, portal.url) for _ in range(5)
    )

    case = hand_in(talent, catalogue, tmp_path)
    take_in(clerk, talent, case, catalogue.materials["M06"].name, tmp_path)
    decide_side_by_side(officer, case)
    last_officer.sign_in("zhufang01")
    last_officer.claim(case, "P08")
    let_time_pass(last_officer, leader, case)
    see_what_is_late(supervisor)
    last_officer.decide(case, "P08", "杭住保〔2026〕8 号", tmp_path / "材料.pdf")
    receive_everything(talent, case)

    expect_one_sms_per_event(case)
    for person in (talent, clerk, officer, last_officer, leader, supervisor):
        assert person.errors == []


def hand_in(talent: Talent, catalogue: Catalogue, folder: Path) -> Case:
    """Picking four items brings in the fifth; one form, six uploads, one signature."""
    talent.sign_in("13800000001")
    talent.open("/one-things/hangzhou/")
    talent.pick("P04", "P05", "P07", "P08")
    talent.fill(answers_for(catalogue, list(CHAIN), p_name="林知夏", p_id_no=INSURED_ID))
    uploads = ("M01", "M02", "M03", "M04", "M05", "M06")
    talent.upload(folder, *(catalogue.materials[code].name for code in uploads))
    talent.page.check("#signed")
    talent.press("提交申请")
    case = Case.objects.get()
    assert case.item_codes == list(CHAIN)
    assert talent.page.url.endswith(f"/cases/{case.pk}/")
    return case


def take_in(clerk: Staff, talent: Talent, case: Case, lease: str, folder: Path) -> None:
    """The window asks once; the graduate answers; the window accepts, parallel clocks start."""
    clerk.sign_in("window01")
    clerk.open(f"/window/{case.pk}/")
    gap = clerk.page.locator("#ask tr", has_text=lease)
    gap.get_by_role("checkbox").check()
    gap.get_by_role("textbox").or_(gap.get_by_role("combobox")).fill("缺少租赁备案号页，请补齐。")
    clerk.press("发出告知")
    talent.open(f"/cases/{case.pk}/")
    talent.sees("缺少租赁备案号页")
    talent.follow("补正")
    talent.page.get_by_label(lease, exact=True).set_input_files(folder / "材料.pdf")
    talent.press("提交补正")
    clerk.open(f"/window/{case.pk}/")
    clerk.press("受理")
    assert waiting(case) == {"P04", "P07", "P08"}


def decide_side_by_side(officer: Staff, case: Case) -> None:
    """One result sets two more items going; the last one still waits for the permit."""
    officer.sign_in("renshe01")
    officer.decide(case, "P01", "杭社参〔2026〕1 号")
    assert waiting(case) == {"P08"}
    for code in ("P05", "P07", "P04"):
        officer.decide(case, code, f"杭人社〔2026〕{code} 号")
    assert waiting(case) == set()


def let_time_pass(officer: Staff, leader: Staff, case: Case) -> None:
    """Nobody decides: a yellow card comes, then a red one, and stays until it is seen."""
    move_clock("2026-12-10", "09:01")
    until(lambda: cards(case) == ["yellow"], "no yellow card came")
    officer.open("/admin/cases/workitem/")
    assert officer.acknowledge_cards() == 1
    move_clock("2026-12-15", "17:31")
    until(lambda: cards(case) == ["yellow", "red"], "no red card came")
    # A working day later the leader hears of it too.
    move_clock("2026-12-16", "09:01")
    escalated = Message.objects.filter(kind="card.escalated", recipient__username="zhufang00")
    until(escalated.exists, "the leader was not told")
    leader.sign_in("zhufang00")
    leader.open("/admin/cases/workitem/")
    leader.sees("红牌")


def see_what_is_late(supervisor: Staff) -> None:
    """The heading says it; the figure opens its list; the list opens the case."""
    supervisor.sign_in("jiandu01")
    supervisor.open("/supervision/")
    assert "1 件亮红牌" in supervisor.heading()
    assert "市住保房管局" in supervisor.heading()
    supervisor.page.locator(".figures a", has_text="红牌").click()
    supervisor.sees("公租房货币补贴申请")
    supervisor.page.locator("main table a").first.click()
    supervisor.sees("黄牌")


def receive_everything(talent: Talent, case: Case) -> None:
    """Every result can be downloaded from one page."""
    talent.open(f"/cases/{case.pk}/")
    assert "全部办结" in talent.heading()
    assert talent.download_results() == len(CHAIN)
    talent.open("/inbox/")
    talent.sees("全部事项已办结")
    assert Case.objects.get().state == "completed"


def expect_one_sms_per_event(case: Case) -> None:
    """Each event was told once to each person it concerns, and the worker delivered it.

    What is recommended at submission goes into one digest with the receipt.
    """
    sms = Message.objects.filter(channel=Channel.SMS)
    sms = sms.exclude(kind__in=["sign_in.code", "recommendation.made", "message.digest"])
    told = ["delivered", "merged"]
    until(lambda: not sms.exclude(state__in=told).exists(), "SMS were left undelivered")
    assert Counter(sms.filter(recipient=case.applicant).values_list("kind", flat=True)) == {
        "case.submitted": 1,
        "case.returned": 1,
        "case.accepted": 1,
        "work_item.approved": len(CHAIN),
        "case.completed": 1,
    }
    warned = sms.filter(kind__startswith="card.").values_list("kind", "recipient__username")
    assert sorted(warned) == [
        ("card.escalated", "zhufang00"),
        ("card.red", "zhufang01"),
        ("card.yellow", "zhufang01"),
    ]


def move_clock(day: str, time: str) -> None:
    """Move the business clock of every process; they look at its row once a second."""
    clock.move_to(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=SHANGHAI))
    sleep(clock.SHIFT_SEEN_FOR + 0.1)


def waiting(case: Case) -> set[str]:
    """Return the items that wait for another's result."""
    return set(case.work_items.filter(state="waiting").values_list("item_code", flat=True))


def cards(case: Case) -> list[str]:
    return list(Card.objects.filter(work_item__case=case).values_list("level", flat=True))
