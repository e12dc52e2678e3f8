"""The way to a due date in words: what was counted, what was left out, by which rule."""

from datetime import date, datetime

import pytest
from hypothesis import given

from cases.steps import COUNTING, LAST_DAY, OWN_WARNING, WARNING, Reason, Step, explain, holiday
from cases.working_time import SHANGHAI, Calendar, Pause, deadline
from tests.cases.notices import exceptions
from tests.cases.test_working_time_walk import CLOCKS, Clock

NAMES = {
    date(2026, 9, 25): "中秋节",
    **{date(2026, 10, day): "国庆节" for day in (1, 2, 5, 6, 7, 10)},
}
CALENDAR = Calendar(exceptions(), frozenset(range(2019, 2027)), names=NAMES)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def interval(text: str) -> Pause:
    begin, end = text.split("/")
    return instant(begin), instant(end)


def kinds(steps: list[Step]) -> list[tuple[str, int]]:
    return [(step.kind, step.days) for step in steps]


def text_of(steps: list[Step], kind: str) -> str:
    return next(step.text for step in steps if step.kind == kind)


def test_every_stretch_is_named_with_its_days() -> None:
    steps = explain(
        CALENDAR,
        start=instant("2026-11-23 10:00"),
        budget=3,
        pauses=[interval("2026-11-24 10:00/2026-11-26 15:00")],
    )

    assert kinds(steps) == [
        ("start", 0),
        ("rule", 3),
        ("counted", 1),
        ("paused", 2),
        ("counted", 2),
        ("skipped", 2),
        ("due", 0),
        ("yellow", 0),
    ]
    assert text_of(steps, "paused") == (
        "2026年11月25日至2026年11月26日暂停计时，其间 2 个工作日不计入时限。"
    )
    assert text_of(steps, "skipped") == "其间周末 2 天休息，不计入。"
    assert text_of(steps, "due") == "应于 2026年11月30日 17:30 前办结。"


def test_rules_bear_their_sources() -> None:
    steps = {step.kind: step for step in explain(
        CALENDAR, start=instant("2026-11-23 10:00"), budget=3
    )}  # fmt: skip

    assert steps["rule"].source == COUNTING
    assert "当日不计，自次日起计 3 个工作日" in steps["rule"].text
    assert steps["due"].source == LAST_DAY
    assert steps["yellow"].source == WARNING


def test_holidays_are_named_and_make_up_workdays_counted() -> None:
    steps = explain(CALENDAR, start=instant("2026-09-30 16:00"), budget=3)

    # Thu 8, Fri 9, Sat 10 worked; 1–7 are the National Day, its weekend included.
    assert kinds(steps)[2:5] == [("counted", 3), ("skipped", 7), ("made_up", 1)]
    assert text_of(steps, "skipped") == "其间国庆节 7 天休息，不计入。"
    assert text_of(steps, "made_up") == "其间2026年10月10日调休上班，照常计入。"


def test_a_holiday_without_a_name_is_still_told_from_weekends() -> None:
    steps = explain(
        Calendar(exceptions(), frozenset({2026})), start=instant("2026-09-24 10:00"), budget=5
    )

    # 25–27 off, 28–30 (3), 1–7 off, 8, 9.
    assert text_of(steps, "skipped") == "其间放假 10 天休息，不计入。"


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 10, 1), "国庆节"),
        (date(2026, 10, 4), "国庆节"),
        (date(2026, 9, 26), "中秋节"),
        (date(2026, 10, 11), ""),
        (date(2026, 11, 28), ""),
    ],
)
def test_a_weekend_beside_a_holiday_belongs_to_it(day: date, name: str) -> None:
    assert holiday(CALENDAR, day) == name


def test_pauses_tell_why_and_on_what_basis() -> None:
    pauses = [
        interval("2026-11-24 10:00/2026-11-25 12:00"),
        interval("2026-11-25 09:00/2026-11-26 12:00"),
        interval("2026-11-27 10:00/2026-11-27 16:00"),
    ]
    reasons = {
        pauses[0]: Reason("检测", "第四十五条"),
        pauses[1]: Reason("听证", "第四十五条"),
        pauses[2]: Reason("公示", "办事指南"),
    }

    steps = explain(
        CALENDAR, start=instant("2026-11-23 10:00"), budget=3, pauses=pauses, reasons=reasons
    )

    paused = [(step.text, step.days, step.source) for step in steps if step.kind == "paused"]
    assert paused == [
        (
            "2026年11月25日至2026年11月26日因检测、听证暂停计时，其间 2 个工作日不计入时限。",
            2,
            "第四十五条",
        ),
        ("2026年11月27日因公示暂停计时，当日恢复，不影响时限。", 0, "办事指南"),
    ]


@pytest.mark.parametrize(
    ("start", "pauses", "kind", "words"),
    [
        ("2026-11-23 10:00", [], None, ""),
        ("2026-11-23 18:00", [], "moved", "当日已下班或休息，自2026年11月24日上班起办理。"),
        ("2026-10-01 12:00", [], "moved", "自2026年10月8日上班起办理。"),
        (
            "2026-11-23 10:00",
            [interval("2026-11-23 11:00/2026-11-25 15:00")],
            "paused",
            "自2026年11月25日起办理。",
        ),
    ],
)
def test_a_same_day_item_says_where_its_day_went(
    start: str, pauses: list[Pause], kind: str | None, words: str
) -> None:
    steps = explain(CALENDAR, start=instant(start), budget=0, pauses=pauses)

    middle = steps[2:-2]
    assert [step.kind for step in middle] == ([kind] if kind else [])
    assert all(words in step.text for step in middle)
    assert steps[1].text.startswith("即办事项，当日 17:30 下班前办结")


def test_a_year_without_a_notice_is_said_to_be_provisional() -> None:
    steps = explain(CALENDAR, start=instant("2026-12-30 10:00"), budget=3)

    assert text_of(steps, "provisional").startswith("2027年的放假安排尚未公布")


def test_an_own_threshold_is_told_as_such() -> None:
    *_, yellow = explain(CALENDAR, start=instant("2026-11-23 10:00"), budget=10, warn_days=5)

    assert yellow.text == "剩余不超过 5 个工作日时，2026年11月30日 09:00 起黄牌提醒。"
    assert yellow.source == OWN_WARNING


@given(CLOCKS)
def test_counted_days_add_up_to_the_budget_and_no_working_day_is_left_untold(clock: Clock) -> None:
    steps = explain(CALENDAR, start=clock.start, budget=clock.budget, pauses=clock.pauses)

    due_on = deadline(CALENDAR, **clock._asdict()).due_on
    spans = [step for step in steps if step.kind in {"counted", "paused"} and step.begin < step.end]
    assert sum(step.days for step in spans if step.kind == "counted") == clock.budget
    ends = [clock.start.date(), *(step.end for step in spans)]
    gaps = zip(ends, (step.begin for step in spans), strict=False)
    assert not any(CALENDAR.between(end, begin) for end, begin in gaps)
    assert ends[-1] == due_on
    worked = sum(step.days for step in spans)
    assert worked == CALENDAR.between(clock.start.date(), due_on)
    off = sum(step.days for step in steps if step.kind == "skipped")
    counted = [step for step in spans if step.kind == "counted"]
    assert off + clock.budget == sum((step.end - step.begin).days for step in counted)


def test_a_same_day_item_that_came_after_hours_blames_no_pause_for_it() -> None:
    steps = explain(
        CALENDAR,
        start=instant("2026-11-23 18:00"),
        budget=0,
        pauses=[interval("2026-11-24 10:00/2026-11-24 11:00")],
    )

    assert text_of(steps, "moved") == "当日已下班或休息，自2026年11月24日上班起办理。"
    assert text_of(steps, "paused") == "2026年11月24日暂停计时，不影响时限。"


def test_a_same_day_item_names_the_pause_that_held_it_over_and_no_other() -> None:
    held = interval("2026-11-24 16:00/2026-11-26 10:00")
    steps = explain(
        CALENDAR,
        start=instant("2026-11-24 10:00"),
        budget=0,
        pauses=[interval("2026-11-24 14:00/2026-11-24 15:00"), held],
        reasons={held: Reason("听证", "行政许可法")},
    )

    assert [step.text for step in steps if step.kind == "paused"] == [
        "2026年11月24日暂停计时，不影响时限。",
        "因听证暂停计时跨过下班时间，自2026年11月26日起办理。",
    ]
