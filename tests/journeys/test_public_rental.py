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
from portal.accounts.demo import make_demo_accounts
from portal.core import clock
from tests.cases.people import answers_for
from tests.fixtures.stack import Stack
from tests.journeys.people import Staff, Talent

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHAIN = ("P01", "P04", "P05", "P07", "P08")


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
    lease = catalogue.materials["M06"].name
    talent = Talent(browser, portal.url, phone=True)
    clerk, officer, permit_officer, leader, supervisor = (
        Staff(browser, portal.url) for _ in range(5)
    )

    # Picking four items brings in the fifth; one form, six uploads, one signature.
    talent.sign_in("13800000001")
    talent.open("/one-things/hangzhou/")
    talent.pick("P04", "P05", "P07", "P08")
    talent.fill(answers_for(catalogue, list(CHAIN), p_name="林知夏"))
    uploads = [catalogue.materials[code].name for code in ("M01", "M02", "M03", "M04", "M05")]
    talent.upload(tmp_path, *uploads, lease)
    talent.page.check("#signed")
    talent.press("提交申请")
    case = Case.objects.get()
    case_path = f"/cases/{case.pk}/"
    assert case.item_codes == list(CHAIN)
    assert talent.page.url.endswith(case_path)

    # The window asks once; the graduate answers; the window accepts.
    clerk.sign_in("window01")
    clerk.open(f"/window/{case.pk}/")
    gap = clerk.page.locator("#ask tr", has_text=lease)
    gap.get_by_role("checkbox").check()
    gap.get_by_role("textbox").or_(gap.get_by_role("combobox")).fill("缺少租赁备案号页，请补齐。")
    clerk.press("发出告知")
    talent.open(case_path)
    talent.sees("缺少租赁备案号页")
    talent.follow("补正")
    talent.page.get_by_label(lease, exact=True).set_input_files(tmp_path / "材料.pdf")
    talent.press("提交补正")
    clerk.open(f"/window/{case.pk}/")
    clerk.press("受理")
    assert states(case) == {
        "P01": "ready",
        "P04": "waiting",
        "P05": "ready",
        "P07": "waiting",
        "P08": "waiting",
    }

    # One department after the other, side by side where nothing waits.
    officer.sign_in("renshe01")
    officer.decide(case, "P01", "杭社参〔2026〕1 号")
    assert states(case) == {
        "P01": "approved",
        "P04": "ready",
        "P05": "ready",
        "P07": "ready",
        "P08": "waiting",
    }
    for code in ("P05", "P07", "P04"):
        officer.decide(case, code, f"杭人社〔2026〕{code} 号")
    permit_officer.sign_in("zhufang01")
    permit_officer.claim(case, "P08")

    # Nobody decides: a yellow card, then a red one, each told once to officer and leader.
    move_clock("2026-12-10", "09:01")
    until(lambda: cards(case) == ["yellow"], "no yellow card came")
    permit_officer.open("/admin/cases/workitem/")
    assert permit_officer.acknowledge_cards() == 1
    move_clock("2026-12-15", "17:31")
    until(lambda: cards(case) == ["yellow", "red"], "no red card came")
    leader.sign_in("zhufang00")
    leader.open("/admin/cases/workitem/")
    leader.sees("红牌")

    # The supervisor sees what is late, and in which case.
    supervisor.sign_in("jiandu01")
    supervisor.open("/supervision/")
    assert "1 件亮红牌" in supervisor.heading()
    assert "市住保房管局" in supervisor.heading()
    supervisor.page.locator(".figures a", has_text="红牌").click()
    supervisor.sees("公租房货币补贴申请")
    supervisor.page.locator("main table a").first.click()
    supervisor.sees("黄牌")

    # The last decision, with the department's own paper; everything is in the graduate's hands.
    permit_officer.decide(case, "P08", "杭住保〔2026〕8 号", tmp_path / "材料.pdf")
    talent.open(case_path)
    assert "全部办结" in talent.heading()
    assert talent.download_results() == len(CHAIN)
    talent.open("/inbox/")
    talent.sees("全部事项已办结")
    assert Case.objects.get().state == "completed"

    # One SMS per event and person, every one delivered by the worker.
    sms = Message.objects.filter(channel=Channel.SMS).exclude(kind="sign_in.code")
    until(lambda: not sms.exclude(state="delivered").exists(), "SMS were left undelivered")
    assert Counter(sms.filter(recipient=case.applicant).values_list("kind", flat=True)) == {
        "case.submitted": 1,
        "case.returned": 1,
        "case.accepted": 1,
        "work_item.approved": len(CHAIN),
        "case.completed": 1,
    }
    warned = sms.filter(kind__startswith="card.").values_list("kind", "recipient__username")
    assert sorted(warned) == [
        ("card.red", "zhufang00"),
        ("card.red", "zhufang01"),
        ("card.yellow", "zhufang00"),
        ("card.yellow", "zhufang01"),
    ]
    for person in (talent, clerk, officer, permit_officer, leader, supervisor):
        assert person.errors == []


def move_clock(day: str, time: str) -> None:
    """Move the business clock of every process; they look at its row once a second."""
    clock.move_to(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=SHANGHAI))
    sleep(clock.SHIFT_SEEN_FOR + 0.1)


def states(case: Case) -> dict[str, str]:
    return dict(case.work_items.values_list("item_code", "state"))


def cards(case: Case) -> list[str]:
    return list(Card.objects.filter(work_item__case=case).values_list("level", flat=True))
