"""A month in which time is kept, on the real pages: urged, extended, moved, warned, reported.

An officer is urged and answers, asks for more days and gets them; a corrected holiday notice moves
the deadline; the term passes, the card is explained and revoked; last month's bulletin goes out.
Worker and beat do their part by themselves; only the business clock is moved.
"""

from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser

from cases.models import Bulletin, CalendarRevision, Card, WorkItem
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import SHANGHAI
from tests.cases.desks import make_case, make_work_item
from tests.fixtures.stack import Stack
from tests.journeys.people import Staff
from tests.journeys.test_public_rental import move_clock, portal, until

__all__ = ["portal"]
NOTICE = settings.BASE_DIR / "cases" / "calendars" / "2026.yaml"


@pytest.fixture
def item(portal: Stack) -> WorkItem:
    """P05 in the hands of renshe01 since Monday 10:00, three days: due on Thursday."""
    case = make_case(
        OneThing.objects.get(), User.objects.applicants()[0], clock.now().replace(microsecond=0)
    )
    return make_work_item(case, claimed_by=User.objects.get(username="renshe01"))


@pytest.mark.browser
def test_time_is_kept_from_urging_to_bulletin(
    portal: Stack, browser: Browser, item: WorkItem
) -> None:
    officer, leader, supervisor, administrator = (Staff(browser, portal.url) for _ in range(4))
    for person, name in (
        (officer, "renshe01"),
        (leader, "renshe00"),
        (supervisor, "jiandu01"),
        (administrator, "admin01"),
    ):
        person.sign_in(name)

    urge_and_answer(supervisor, officer, item)
    extend(officer, leader, item)
    correct_the_calendar(administrator, item)
    explain_and_revoke(officer, supervisor, item)
    report_the_month(supervisor, leader)

    for person in (officer, leader, supervisor, administrator):
        assert person.errors == []


def urge_and_answer(supervisor: Staff, officer: Staff, item: WorkItem) -> None:
    supervisor.open(f"/supervision/cases/{item.case_id}/")
    form = unfolded(supervisor, "form[action*='/urge']")
    form.locator("[name=target]").select_option(f"item:{item.pk}")
    form.locator("[name=words]").fill("请于三日内说明办理进展。")
    supervisor.press("发出", form)
    officer.open(desk(item))
    officer.sees("请于三日内说明办理进展。")
    answer = unfolded(officer, "form[action*='/answer/']")
    answer.locator("textarea").fill("材料已核对，正在复核。")
    officer.press("答复", answer)
    supervisor.open("/supervision/urgings/?state=answered")
    supervisor.sees("材料已核对，正在复核。")


def extend(officer: Staff, leader: Staff, item: WorkItem) -> None:
    officer.open(desk(item))
    form = unfolded(officer, "form:has(button:text-is('申请延期'))")
    form.locator("[name=days]").fill("2")
    form.locator("[name=reasons]").fill("需向毕业院校核实学历信息。")
    officer.press("申请延期", form)
    leader.open("/admin/cases/workitem/approvals/")
    leader.page.locator(f"main a[href*='/workitem/{item.pk}/']").first.click()
    leader.press("批准延期")
    assert due_on(item) == date(2026, 11, 30)


def correct_the_calendar(administrator: Staff, item: WorkItem) -> None:
    """Friday becomes a day off; the worker moves the deadline by itself."""
    administrator.open("/admin/cases/calendaryear/import/")
    extra = "  - {name: 调整, from: 2026-11-27, to: 2026-11-27}\n\nwork:"
    text = NOTICE.read_text(encoding="utf-8").replace("\nwork:", extra, 1)
    administrator.page.locator("textarea").fill(text)
    administrator.press("预览变动")
    administrator.sees("2026年11月27日")
    administrator.press("确认载入")
    # Half a minute passes in which processes may still know the old calendar.
    CalendarRevision.objects.update(made_at=timezone.now() - timedelta(minutes=1))
    until(lambda: due_on(item) == date(2026, 12, 1), "the deadline did not move")


def explain_and_revoke(officer: Staff, supervisor: Staff, item: WorkItem) -> None:
    move_clock("2026-12-02", "09:05")
    until(Card.objects.filter(level="red").exists, "no red card came")
    officer.open(desk(item))
    form = unfolded(officer, "form[action*='/explain']")
    form.locator("[name=cause]").select_option("system")
    form.locator("[name=explanation]").fill("共享平台故障，12月1日下午无法核验。")
    form.locator("[name=measure]").fill("已改为人工核验，当日办结。")
    officer.press("提交说明", form)
    supervisor.open(f"/supervision/cases/{item.case_id}/")
    supervisor.sees("共享平台故障")
    form = unfolded(supervisor, "form[action*='/revoke']")
    form.locator("textarea").fill("平台故障属实，予以撤销。")
    supervisor.press("撤销", form)
    officer.decide(item.case, "P05", "杭人社〔2026〕5 号")
    assert WorkItem.objects.get(pk=item.pk).late_stage == ""


def report_the_month(supervisor: Staff, leader: Staff) -> None:
    """Beat drafts December on the first working day of January; 1 January 2027 is a Friday."""
    move_clock("2027-01-04", "09:30")
    december = Bulletin.objects.filter(month=date(2026, 12, 1))
    until(december.exists, "no bulletin was drafted", seconds=90)
    supervisor.open(f"/supervision/bulletins/{december.get().pk}/")
    supervisor.sees("市人力社保局")
    supervisor.press("发布")
    supervisor.press("发送")
    told = Message.objects.filter(kind="bulletin.sent", recipient__username="renshe00")
    until(told.exists, "the leader was not told of the bulletin")
    leader.open("/supervision/bulletins/")
    leader.follow("2026年12月")
    leader.sees("按时办结率")


def unfolded(person: Staff, form: str):  # type: ignore[no-untyped-def]
    """Return a form of the page, with all that is folded away opened."""
    person.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return person.page.locator(form).first


def desk(item: WorkItem) -> str:
    return f"/admin/cases/workitem/{item.pk}/change/"


def due_on(item: WorkItem) -> date | None:
    due_at: datetime | None = WorkItem.objects.get(pk=item.pk).due_at
    return due_at.astimezone(SHANGHAI).date() if due_at else None
