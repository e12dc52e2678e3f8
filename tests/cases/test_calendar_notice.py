"""The State Council's notice as YAML: what is read, and what is refused with which words."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cases import calendar, calendar_notice
from cases.calendar_notice import CALENDARS
from cases.models import CalendarDay, CalendarRevision, CalendarYear
from portal.core.ledger import Event
from tests.cases.notices import exceptions

SAMPLE = (CALENDARS / "2026.yaml").read_text(encoding="utf-8")
# Invented: the real notice for 2027 is not known yet.
NEXT = """
year: 2027
title: 国务院办公厅关于2027年部分节假日安排的通知
off:
  - {name: 元旦, from: 2027-01-01, to: 2027-01-03}
  - {name: 春节, days: [2027-02-05, 2027-02-08, 2027-02-09]}
work:
  - 2027-01-30
"""


def test_the_example_is_the_notice_of_2026() -> None:
    reading = calendar_notice.read(SAMPLE)

    assert {day: working for day, (working, _) in reading.year.days.items()} == exceptions(2026)
    assert reading.year.official
    assert reading.year.source == (
        "国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号）"
    )
    assert reading.year.days[date(2026, 10, 1)] == (False, "国庆节")


def test_what_makes_no_difference_is_said_and_not_stored() -> None:
    reading = calendar_notice.read(NEXT + "  - 2027-03-01\n")

    assert date(2027, 1, 2) not in reading.year.days
    assert date(2027, 3, 1) not in reading.year.days
    assert reading.remarks == [
        "2027年3月1日是工作日，写作上班与平常没有差别，不另登记。",
        "放假中有 2 天是周末，与平常没有差别，不另登记。",
    ]


def test_a_year_written_out_reads_the_same() -> None:
    year = calendar_notice.read(SAMPLE).year

    assert calendar_notice.read(calendar_notice.written(year)).year == year


NO_DAY = "没有这一天，日期应写作 2027-01-01"
NO_YAML = "行的 YAML 写法不对，请对照样例检查缩进、冒号和括号。"
SPAN = "from: 2027-01-01, to: 2027-01-03"
# What stands in NEXT → what is written instead, and the problem that this is.
WRONG = [
    ("2027-01-30", "2027-02-05", "2027年2月5日既写了放假又写了上班。"),
    ("2027-01-30", "2028-01-30", "2028年1月30日不在2027年内。"),
    ("2027-02-09", "2027-02-08", "2027年2月8日在放假中写了 2 次。"),
    ("- 2027-01-30", "- 2027-01-30\n  - 2027-01-30", "2027年1月30日在上班中写了 2 次。"),
    ("2027-01-30", "2027-02-30", f"work 第 1 项：{NO_DAY}（2027-02-30）。"),
    ("2027-01-30", "1800000000", f"work 第 1 项：{NO_DAY}（1800000000）。"),
    (SPAN, "from: 2027-01-01", "“元旦”的 from 和 to 须同时写明。"),
    (SPAN, "from: 2027-01-05, to: 2027-01-03", "“元旦”的起止日期颠倒：2027-01-05 至 2027-01-03。"),
    (SPAN, "from: 2027-01-01, to: 2099-01-03", "“元旦”长于一年：2027-01-01 至 2099-01-03。"),
    (", " + SPAN, "", "“元旦”应写 from 和 to，或者只写 days。"),
    ("work:", "note: 无\nwork:", "note：不认识的键。"),
    ("name: 元旦", "nane: 元旦", "off 第 1 项 name：缺少该键。"),
    ("year: 2027", "year: 27", "year：年份应在 2000 至 2099 之间（27）。"),
    ("title: 国", "title: 暂按周一至周五推算国", "title：请写通知的标题。"),
]
NOT_A_NOTICE = [
    (
        "year: 2027\ntitle: 甲\noff: []",
        "off：已公布的通知应有放假的日子；尚未公布的请写 official: false。",
    ),
    ("", "文件是空的。"),
    ("- 2027", "文件的最外层应为键值表。"),
    ("year: 2027\n off: [", f"第 2 {NO_YAML}"),
    ("year: 2027\nyear: 2028", f"第 2 {NO_YAML}"),
    ("a: &a [1]\nb: [*a, *a]", "文件中不能使用 YAML 的引用（*）。"),
    ("!!python/object/apply:os.system ['true']", f"第 1 {NO_YAML}"),
    ("year: \0", "文件的 YAML 写法不对，含有不能识别的字符或嵌套过深。"),
    ("#" * 70000, "文件过大（超过 64 KB），不是放假通知。"),
]


@pytest.mark.parametrize(("stands", "written", "problem"), WRONG)
def test_a_mistake_is_refused_in_words(stands: str, written: str, problem: str) -> None:
    assert stands in NEXT

    with pytest.raises(calendar.Unsound) as refused:
        calendar_notice.read(NEXT.replace(stands, written))

    assert problem in refused.value.problems


@pytest.mark.parametrize(("text", "problem"), NOT_A_NOTICE)
def test_what_is_no_notice_is_refused_in_words(text: str, problem: str) -> None:
    with pytest.raises(calendar.Unsound) as refused:
        calendar_notice.read(text)

    assert refused.value.problems == [problem]


def test_a_file_nested_without_end_is_refused() -> None:
    with pytest.raises(calendar.Unsound):
        calendar_notice.read("[" * 20000)


def test_every_mistake_is_named_at_once() -> None:
    text = NEXT.replace("2027-01-30", "2027-02-05\n  - 2028-01-01\n  - 2028-01-01")

    with pytest.raises(calendar.Unsound) as refused:
        calendar_notice.read(text)

    assert refused.value.problems == [
        "2027年2月5日既写了放假又写了上班。",
        "2028年1月1日不在2027年内。",
        "2028年1月1日在上班中写了 2 次。",
    ]


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(calendar.Unsound, match="UTF-8"):
        calendar_notice.read("年".encode("gbk"))


@pytest.mark.django_db
class TestCommand:
    @pytest.fixture(autouse=True)
    def loaded(self) -> None:
        calendar.load()
        CalendarRevision.objects.all().delete()

    def load(self, folder: Path, text: str) -> str:
        file, said = folder / "notice.yaml", StringIO()
        file.write_text(text, encoding="utf-8")
        call_command("load_calendar", "--file", str(file), stdout=said)
        return said.getvalue()

    def test_a_year_becomes_official_by_one_revision(self, tmp_path: Path) -> None:
        said = self.load(tmp_path, NEXT)

        assert "2027年：新增特殊日期 5 天，放假通知已载入" in said
        assert calendar.current().is_working(date(2027, 1, 30))
        assert not calendar.current().is_provisional(date(2027, 1, 30))
        revision = CalendarRevision.objects.get()
        assert (revision.made_by, revision.finished_at) == (None, None)
        event = Event.objects.filter(kind="calendar.changed").latest("pk")
        assert event.payload["revision"] == revision.pk

    def test_loading_it_again_changes_nothing(self, tmp_path: Path) -> None:
        self.load(tmp_path, NEXT)

        assert "没有变动" in self.load(tmp_path, NEXT)
        assert CalendarRevision.objects.count() == 1

    def test_no_later_load_takes_it_back(self, tmp_path: Path) -> None:
        self.load(tmp_path, NEXT)

        assert calendar.load().changed == 0
        assert not calendar.current().is_working(date(2027, 2, 8))

    def test_a_year_that_would_leave_a_gap_is_refused_whole(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="还没有2029年，请先载入"):
            self.load(tmp_path, NEXT.replace("2027", "2030"))

        assert not CalendarYear.objects.filter(year=2030).exists()
        assert not CalendarDay.objects.filter(date__year__gt=2026).exists()
        assert not CalendarRevision.objects.exists()

    def test_all_mistakes_are_printed(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"没有载入(.|\n)*2027年2月5日既写了"):
            self.load(tmp_path, NEXT.replace("2027-01-30", "2027-02-05"))

    def test_a_file_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="无法读取"):
            call_command("load_calendar", "--file", str(tmp_path / "none.yaml"))
