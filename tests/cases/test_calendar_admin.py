"""The calendar in the admin: days, years, a notice previewed and confirmed, revisions."""

from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from cases import calendar, projection
from cases.models import CalendarDay, CalendarRevision, CalendarYear
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.core.ledger import Event
from tests.cases.conftest import make_user
from tests.cases.desks import make_case, make_work_item, on
from tests.cases.projecting import edit, settled
from tests.cases.test_calendar_notice import NEXT

pytestmark = pytest.mark.django_db

IMPORT, CONFIRM = "admin:cases_calendaryear_import", "admin:cases_calendaryear_confirm"
REVISIONS = "admin:cases_calendarrevision_changelist"


@pytest.fixture(autouse=True)
def loaded(monday: datetime) -> None:
    calendar.load()
    CalendarRevision.objects.all().delete()


@pytest.fixture
def administrator(db: None) -> User:
    return make_user("admin", Role.ADMINISTRATOR, full_name="系统管理员")


@pytest.fixture
def page(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


def text(answer: Any) -> str:
    return answer.content.decode()


class TestDays:
    ADD = "admin:cases_calendarday_add"

    def test_a_weekday_becomes_a_day_off(self, page: Client, administrator: User) -> None:
        answer = page.post(reverse(self.ADD), {"date": "2026-12-01", "name": "临时"}, follow=True)

        assert "自动重新推算" in text(answer)
        assert "2026年12月1日放假" in text(answer)
        assert not CalendarDay.objects.get(date="2026-12-01").working
        assert not calendar.current().is_working(date(2026, 12, 1))
        revision = CalendarRevision.objects.get()
        assert revision.made_by == administrator
        assert "2026年12月1日放假（临时）" in revision.note
        event = Event.objects.filter(kind="calendar.changed").latest("pk")
        assert (event.actor, event.payload["revision"]) == (administrator, revision.pk)

    def test_a_weekend_day_becomes_a_make_up_day(self, page: Client) -> None:
        page.post(reverse(self.ADD), {"date": "2026-12-05", "name": "调休上班"})

        assert CalendarDay.objects.get(date="2026-12-05").working

    def test_a_day_entered_by_hand_outlives_the_next_load(self, page: Client) -> None:
        page.post(reverse(self.ADD), {"date": "2026-12-01", "name": "临时"})

        assert calendar.load().changed == 0
        assert not calendar.current().is_working(date(2026, 12, 1))

    @pytest.mark.parametrize(
        ("day", "problem"),
        [
            ("2031-12-01", "日历中还没有2031年，请先建立该年份。"),
            ("2026-02-30", "输入一个有效的日期"),
            ("2026-10-01", "这一天的安排已存在"),
            ("", "必填"),
        ],
    )
    def test_a_wrong_day_is_refused_and_kept_in_the_form(
        self, page: Client, day: str, problem: str
    ) -> None:
        answer = page.post(reverse(self.ADD), {"date": day, "name": "某日"})

        assert problem in text(answer)
        assert 'value="某日"' in text(answer)
        assert "<title>填写有误 - " in text(answer)
        assert not CalendarRevision.objects.exists()

    def test_days_taken_out_together_are_one_revision(self, page: Client) -> None:
        days = ["2026-10-05", "2026-10-06"]
        action = {"action": "delete_selected", "_selected_action": days, "post": "yes"}

        page.post(reverse("admin:cases_calendarday_changelist"), action)

        assert calendar.current().is_working(date(2026, 10, 5))
        assert CalendarRevision.objects.get().note.endswith("取消特殊日期 2 天，放假通知已载入")

    def test_a_day_is_taken_out(self, page: Client) -> None:
        page.post(reverse("admin:cases_calendarday_delete", args=["2026-10-05"]), {"post": "yes"})

        assert calendar.current().is_working(date(2026, 10, 5))

    def test_a_new_name_moves_nothing(self, page: Client) -> None:
        answer = page.post(
            reverse("admin:cases_calendarday_change", args=["2026-10-05"]), {"name": "国庆"}
        )

        assert answer.status_code == 302
        assert CalendarDay.objects.get(date="2026-10-05").name == "国庆"
        assert not calendar.current().is_working(date(2026, 10, 5))


class TestYears:
    ADD = "admin:cases_calendaryear_add"

    def change(self, year: int) -> str:
        return reverse("admin:cases_calendaryear_change", args=[year])

    def test_a_year_behind_the_last_is_added_and_counted(self, page: Client) -> None:
        from cases.models import CalendarOrdinal

        page.post(reverse(self.ADD), {"year": "2029", "source": "暂按周一至周五推算"})

        assert not CalendarYear.objects.get(year=2029).official
        assert CalendarOrdinal.objects.filter(date__year=2029).count() == 365

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"year": "2030", "source": "甲"}, "日历的年份必须连续：还没有2029年，请先载入。"),
            ({"year": "1999", "source": "甲"}, "2000"),
            ({"year": "2026", "source": "甲"}, "已存在"),
            ({"year": "2029", "official": "on"}, "请填写通知的标题和文号"),
        ],
    )
    def test_a_wrong_year_is_refused_in_words(
        self, page: Client, fields: dict[str, str], problem: str
    ) -> None:
        answer = page.post(reverse(self.ADD), fields)

        assert problem in text(answer)
        assert not CalendarRevision.objects.exists()

    @pytest.mark.parametrize(
        ("year", "problem"),
        [(2010, "2010年不能删除"), (2026, "2026年不能删除"), (2027, "2027年不能删除")],
    )
    def test_a_year_that_is_needed_stays(self, page: Client, year: int, problem: str) -> None:
        delete = reverse("admin:cases_calendaryear_delete", args=[year])

        answer = page.post(delete, {"post": "yes"}, follow=True)

        assert problem in text(answer)
        assert CalendarYear.objects.filter(year=year).exists()

    def test_a_year_in_the_middle_stays(self, page: Client) -> None:
        page.post(reverse(self.ADD), {"year": "2029", "source": "暂按周一至周五推算"})

        answer = page.post(
            reverse("admin:cases_calendaryear_delete", args=[2028]), {"post": "yes"}, follow=True
        )

        assert "只能从最后一年（2029年）删起" in text(answer)

    def test_the_last_year_goes_with_its_days(self, page: Client) -> None:
        calendar.revise(
            [calendar.Year(2028, True, "甲", {date(2028, 1, 3): (False, "元旦")})], how="载入"
        )

        page.post(reverse("admin:cases_calendaryear_delete", args=[2028]), {"post": "yes"})

        assert not CalendarYear.objects.filter(year=2028).exists()
        assert not CalendarDay.objects.filter(date__year=2028).exists()

    def test_a_year_shows_its_days_and_leads_to_their_notice(self, page: Client) -> None:
        answer = text(page.get(self.change(2026)))

        assert "2026年10月1日（星期四）放假" in answer
        notice = text(page.get(f"{reverse(IMPORT)}?year=2026"))
        assert "2026-10-07]" in notice

    def test_another_source_is_one_revision(self, page: Client) -> None:
        answer = page.post(self.change(2027), {"official": "on", "source": "国办发明电〔2026〕1号"})

        assert answer.status_code == 302
        assert CalendarYear.objects.get(year=2027).official
        assert CalendarRevision.objects.count() == 1


class TestImport:
    def test_the_preview_says_what_would_change_and_changes_nothing(
        self, page: Client, one_thing: OneThing, talent: User
    ) -> None:
        make_work_item(make_case(one_thing, talent, on(23, 10)), days=60)

        answer = page.post(reverse(IMPORT), {"text": NEXT})

        shown = text(answer)
        assert "2027年：新增 5 天，取消 0 天" in shown
        assert "2027年2月8日" in shown and "春节" in shown
        assert "约 1 件在办事项" in shown
        assert "周末，与平常没有差别" in shown
        assert not CalendarRevision.objects.exists()

    def test_an_uploaded_file_is_previewed_too(self, page: Client) -> None:
        file = SimpleUploadedFile("2027.yaml", NEXT.encode())

        assert "2027年：新增 5 天" in text(page.post(reverse(IMPORT), {"file": file}))

    def confirm(self, page: Client, seen: str = "") -> Any:
        preview = page.post(reverse(IMPORT), {"text": NEXT})
        fields = {"text": NEXT, "seen": seen or preview.context["seen"]}
        return page.post(reverse(CONFIRM), fields, follow=True)

    def test_a_confirmed_notice_is_one_revision_of_its_author(
        self, page: Client, administrator: User
    ) -> None:
        answer = self.confirm(page)

        assert "2027年的放假通知已载入" in text(answer)
        assert not calendar.current().is_working(date(2027, 2, 8))
        assert CalendarRevision.objects.get().made_by == administrator

    def test_a_second_confirmation_changes_nothing(self, page: Client) -> None:
        self.confirm(page)

        assert "没有变动" in text(self.confirm(page))
        assert CalendarRevision.objects.count() == 1

    def test_a_calendar_changed_after_the_preview_is_shown_anew(self, page: Client) -> None:
        preview = page.post(reverse(IMPORT), {"text": NEXT})
        seen = preview.context["seen"]
        edit(date(2027, 2, 8))

        answer = self.confirm(page, seen)

        assert "预览之后日历又有变动" in text(answer)
        assert "新增 4 天" in text(answer)
        assert calendar.current().is_working(date(2027, 2, 9))

    def test_a_wrong_notice_is_kept_with_every_problem(self, page: Client) -> None:
        wrong = NEXT.replace("2027-01-30", "2027-02-05")

        answer = page.post(reverse(IMPORT), {"text": wrong})

        assert answer.status_code == 422
        assert "2027年2月5日既写了放假又写了上班。" in text(answer)
        assert "title: 国务院办公厅关于2027年部分节假日安排的通知" in text(answer)

    def test_a_wrong_file_comes_back_as_text(self, page: Client) -> None:
        file = SimpleUploadedFile("2027.yaml", NEXT.replace("2027-01-30", "2027-02-05").encode())

        answer = page.post(reverse(IMPORT), {"file": file})

        assert answer.status_code == 422
        assert "name: 春节" in text(answer)

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"text": ""}, "请上传通知文件，或者粘贴通知内容。"),
            ({"text": NEXT.replace("2027", "2030")}, "还没有2029年"),
            ({"text": "#" * 70000}, "65536"),
            ({"file": SimpleUploadedFile("a.yaml", b"#" * 70000)}, "文件过大"),
            ({"file": SimpleUploadedFile("a.yaml", b"\x00\xff\x00")}, "UTF-8"),
        ],
    )
    def test_what_is_no_notice_is_refused(
        self, page: Client, fields: dict[str, Any], problem: str
    ) -> None:
        answer = page.post(reverse(IMPORT), fields)

        assert answer.status_code == 422
        assert problem in text(answer)

    def test_going_back_keeps_the_notice(self, page: Client) -> None:
        answer = page.post(reverse(IMPORT), {"text": NEXT, "again": "1"})

        assert answer.status_code == 200
        assert "name: 春节" in text(answer)

    def test_looking_at_the_confirmation_confirms_nothing(self, page: Client) -> None:
        assert page.get(reverse(CONFIRM)).status_code == 302

    @pytest.mark.parametrize("role", [Role.CLERK, Role.SUPERVISOR, Role.AUDITOR])
    def test_nobody_else_may(self, client: Client, role: Role) -> None:
        client.force_login(make_user("other", role))

        for address in (IMPORT, CONFIRM):
            assert client.post(reverse(address), {"text": NEXT}).status_code in {302, 403}
        assert not CalendarRevision.objects.exists()


class TestRevisions:
    def test_the_list_says_how_far_deadlines_follow(self, page: Client, clerk: User) -> None:
        older = edit(date(2026, 12, 1), by=clerk)
        assert "最近一次修订：等待开始" in text(page.get(reverse(REVISIONS)))

        projection.reproject()
        answer = text(page.get(reverse(REVISIONS)))
        assert "最近一次修订：已完成" in answer
        assert str(clerk) in answer
        assert CalendarRevision.objects.get(pk=older.pk).finished_at

    def test_a_revision_overtaken_says_so(self, page: Client) -> None:
        edit(date(2026, 12, 1))
        settled(edit(date(2026, 12, 2)))

        assert "并入后一次修订" in text(page.get(reverse(REVISIONS)))

    def test_nobody_edits_a_revision(self, page: Client) -> None:
        revision = edit(date(2026, 12, 1))

        assert page.post(reverse("admin:cases_calendarrevision_add")).status_code == 403
        change = reverse("admin:cases_calendarrevision_change", args=[revision.pk])
        assert page.post(change, {"note": "改"}).status_code == 403
