from datetime import UTC, date, datetime, time

import pytest

from cases.working_time import (
    SHANGHAI,
    Calendar,
    Pause,
    WorkingHours,
    deadline,
    gross_days,
    net_days,
    remaining,
)
from tests.cases.golden_deadlines import GOLDEN, SPENT, Golden, Spent
from tests.cases.notices import exceptions

CALENDAR = Calendar(exceptions(), frozenset(range(2019, 2027)))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def interval(text: str) -> Pause:
    begin, end = text.split("/")
    return instant(begin), instant(end)


def test_the_golden_tables_cover_every_year() -> None:
    years = {int(row.start[:4]) for row in GOLDEN}

    assert years == set(range(2019, 2028))
    assert {int(row.start[:4]) for row in SPENT} == years
    assert len(GOLDEN) >= 80


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda row: f"{row.start}+{row.budget}")
def test_deadline_equals_the_hand_calculation(golden: Golden) -> None:
    result = deadline(
        CALENDAR,
        start=instant(golden.start),
        budget=golden.budget,
        pauses=map(interval, golden.pauses),
        warn_days=golden.warn_days,
    )

    assert result.due_on == date.fromisoformat(golden.due_on)
    assert result.due_at == instant(f"{golden.due_on} 17:30")
    assert result.yellow_at == instant(golden.yellow)


def test_the_civil_day_is_that_of_shanghai() -> None:
    # 16:30 UTC on Monday is half past midnight on Tuesday.
    result = deadline(CALENDAR, start=datetime(2026, 11, 23, 16, 30, tzinfo=UTC), budget=1)

    assert result.due_on == date(2026, 11, 25)
    assert result.due_at.isoformat() == "2026-11-25T17:30:00+08:00"


@pytest.mark.parametrize(
    ("share", "yellow"), [(0.1, "2026-12-04 09:00"), (0.5, "2026-11-30 09:00")]
)
def test_yellow_share_is_a_choice(share: float, yellow: str) -> None:
    # 10 days from Monday 23 November end on Monday 7 December.
    result = deadline(CALENDAR, start=instant("2026-11-23 10:00"), budget=10, yellow_share=share)

    assert result.yellow_at == instant(yellow)


def test_a_decimal_share_is_not_rounded_down_by_binary_arithmetic() -> None:
    # 0.29 × 100 = 29 days, which floats hold as 28.999…
    result = deadline(Calendar(), start=instant("2026-01-05 10:00"), budget=100, yellow_share=0.29)

    assert Calendar().between(result.yellow_at.date(), result.due_on) == 29


@pytest.mark.parametrize(
    "wrong",
    [
        {"budget": -1},
        {"yellow_share": 0},
        {"yellow_share": 1},
        {"warn_days": 0},
        {"warn_days": 3},
        {"budget": 0, "warn_days": 1},
        {"pauses": [interval("2026-11-25 10:00/2026-11-24 10:00")]},
        {"start": datetime(2026, 11, 23, 10)},
    ],
    ids=[
        "budget",
        "no share",
        "whole share",
        "no threshold",
        "threshold as long as the promise",
        "threshold of a same-day item",
        "pause",
        "naive",
    ],
)
def test_impossible_clocks_are_refused(wrong: dict[str, object]) -> None:
    clock = {"start": instant("2026-11-23 10:00"), "budget": 3} | wrong

    with pytest.raises(ValueError):
        deadline(CALENDAR, **clock)  # type: ignore[arg-type]


def test_business_hours_are_a_choice() -> None:
    early = Calendar(hours=WorkingHours(time(8, 30), time(12), time(14), time(17)))

    one_day = deadline(early, start=instant("2026-11-23 10:00"), budget=1)
    three_days = deadline(early, start=instant("2026-11-23 10:00"), budget=3)

    assert one_day.due_at == instant("2026-11-24 17:00")
    assert one_day.yellow_at == instant("2026-11-24 14:00")
    assert three_days.yellow_at == instant("2026-11-25 08:30")


def test_business_hours_must_follow_each_other() -> None:
    with pytest.raises(ValueError):
        WorkingHours(time(9), time(8), time(13), time(17))


@pytest.mark.parametrize("spent", SPENT, ids=lambda row: f"{row.start}–{row.end}")
def test_net_and_gross_time_equal_the_hand_calculation(spent: Spent) -> None:
    span = {"start": instant(spent.start), "end": instant(spent.end)}

    net = net_days(CALENDAR, **span, pauses=map(interval, spent.pauses))

    assert net == pytest.approx(spent.net)
    assert gross_days(CALENDAR, **span) == pytest.approx(spent.gross)


def test_a_decision_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError):
        net_days(CALENDAR, start=instant("2026-11-24 10:00"), end=instant("2026-11-23 10:00"))


@pytest.mark.parametrize(
    ("today", "left"),
    [
        ("2026-09-30", 3),
        ("2026-10-04", 3),
        ("2026-10-10", 0),
        ("2026-10-11", 0),
        ("2026-10-13", -2),
    ],
)
def test_remaining_counts_working_days_on_both_sides_of_the_due_day(today: str, left: int) -> None:
    assert remaining(CALENDAR, date.fromisoformat(today), date(2026, 10, 10)) == left


def test_provisional_years_are_those_without_notice() -> None:
    assert CALENDAR.is_provisional(date(2027, 1, 1))
    assert not CALENDAR.is_provisional(date(2026, 12, 31))


def test_between_refuses_days_in_the_wrong_order() -> None:
    with pytest.raises(ValueError):
        CALENDAR.between(date(2026, 11, 24), date(2026, 11, 23))
