"""An item that is not ripe, walked on the real pages: put aside, woken on its day, finished.

A graduate insured for a month files the living subsidy; acceptance puts it aside and the rest of
the case is done. The clock moves to the day: worker and beat tell graduate and window by
themselves; one tap takes the same case up again, the officer approves, the case is finished.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from cases.models import Case, ParkedItem
from notifications.models import Message
from policies.models import OneThing, Subject
from policies.providers import FileProvider, sources_for
from policies.subjects import record, subject_for
from portal.accounts.models import User
from tests.cases.people import GRADUATE_ID, answers_for
from tests.fixtures.stack import Stack
from tests.journeys.people import Staff, Talent
from tests.journeys.test_public_rental import move_clock, portal, until

__all__ = ["portal"]
PHONE = "13800000001"


@pytest.fixture
def graduate(portal: Stack) -> Subject:
    """The graduate has been here before: departments have told what they know of him."""
    subject = subject_for("person", GRADUATE_ID, user=account())
    for source in sources_for("person"):
        told = FileProvider().fetch(source, "person", {"id_number": GRADUATE_ID})
        if told:
            record(subject, told, source)
    return subject


def account() -> User:
    return next(user for user in User.objects.applicants() if user.phone == PHONE)


@pytest.mark.browser
def test_what_is_not_ripe_wakes_up_on_its_day(
    portal: Stack, graduate: Subject, browser: Browser, tmp_path: Path
) -> None:
    talent = Talent(browser, portal.url, phone=True)
    clerk, officer = Staff(browser, portal.url), Staff(browser, portal.url)

    case = hand_in(talent, tmp_path)
    accept(clerk, case)
    finish_the_rest(officer, talent, case)
    wake_up(talent, clerk, case)
    resume(talent, case)
    officer.decide(case, "P07", "杭人社〔2027〕7 号")
    be_finished(talent, case)

    for person in (talent, clerk, officer):
        assert person.errors == []


def option(talent: Talent, code: str) -> Locator:
    return talent.page.locator(".option", has=talent.page.locator(f"#item-{code}"))


def hand_in(talent: Talent, folder: Path) -> Case:
    """The menu says from which day; the form says that it will be put aside."""
    catalogue = OneThing.objects.get().catalogue
    talent.sign_in(PHONE)
    talent.open("/one-things/hangzhou/")
    expect(option(talent, "P07")).to_contain_text(re.compile(r"待成熟，2027年\d+月\d+日起可办"))
    talent.pick("P07")
    talent.sees("1 项待成熟，受理后先搁置")
    talent.fill(answers_for(catalogue, ["P01", "P07"], p_name="林知夏"))
    talent.upload(folder, *(catalogue.materials[code].name for code in ("M01", "M02", "M03")))
    talent.page.check("#signed")
    talent.press("提交申请")
    return Case.objects.get()


def accept(clerk: Staff, case: Case) -> None:
    """The clerk reads the verdict as reference and accepts; the subsidy waits."""
    clerk.sign_in("window01")
    clerk.open(f"/window/{case.pk}/")
    clerk.sees("核验参考")
    clerk.press("受理")
    assert ParkedItem.objects.get(case=case).item_code == "P07"


def finish_the_rest(officer: Staff, talent: Talent, case: Case) -> None:
    officer.sign_in("renshe01")
    officer.decide(case, "P01", "杭社参〔2026〕1 号")
    assert Case.objects.get().state == "completed"
    talent.open(f"/cases/{case.pk}/")
    assert "1 项待成熟" in talent.heading()
    talent.sees("连续参保满6个月")


def wake_up(talent: Talent, clerk: Staff, case: Case) -> None:
    """Both are told, by inbox and by text message, without anybody doing anything."""
    ripe_on = ParkedItem.objects.get(case=case).expected_on
    assert ripe_on is not None
    move_clock(ripe_on.isoformat(), "09:00")
    told = Message.objects.filter(kind__startswith="parked.ripe", channel="sms")
    until(lambda: told.filter(state="delivered").count() >= 1, "nobody was told", seconds=60)
    recipients = set(Message.objects.filter(kind="parked.ripe").values_list("recipient", flat=True))
    assert recipients == {account().pk}
    at_window = Message.objects.filter(kind="parked.ripe_at_window", recipient__username="window01")
    assert at_window.filter(channel="inbox").exists()
    talent.open("/dev/messages/")
    talent.sees("已符合条件，请登录平台一键恢复办理")
    talent.sees("待成熟事项提醒：受理码")
    talent.open("/inbox/")
    talent.sees("搁置的事项可以办理了")
    clerk.open("/inbox/")
    clerk.sees("待成熟事项已成熟")


def resume(talent: Talent, case: Case) -> None:
    """One tap; nothing is asked for again."""
    talent.open("/cases/")
    talent.sees("可以恢复办理")
    talent.open(f"/cases/{case.pk}/")
    talent.press("恢复办理")
    talent.sees("已恢复办理，已送部门")
    assert Case.objects.get().state == "accepted"


def be_finished(talent: Talent, case: Case) -> None:
    talent.open(f"/cases/{case.pk}/")
    assert "全部办结" in talent.heading()
    assert talent.download_results() == 2
    assert Case.objects.get().state == "completed"
