from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from tests.cases.golden_deadlines import GOLDEN, Golden
from tests.cases.notices import exceptions

CALENDAR = Calendar(exceptions(), frozenset({2019, 2020, 2021, 2025, 2026}))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def interval(text: str) -> Pause:
    begin, end = text.split("/")
    return instant(begin), instant(end)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda row: f"{row.start}+{row.budget}")
def test_deadline_equals_the_hand_calculation(golden: Golden) -> None:
    result = deadline(
        CALENDAR,
        start=instant(golden.start),
        budget=golden.budget,
        pauses=map(interval, golden.pauses),
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
        {"pauses": [interval("2026-11-25 10:00/2026-11-24 10:00")]},
        {"start": datetime(2026, 11, 23, 10)},
    ],
    ids=["budget", "no share", "whole share", "pause", "naive"],
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


@pytest.mark.parametrize(
    ("start", "end", "pauses", "net", "gross"),
    [
        # In time to the minute: Tue, Wed, Thu.
        ("2026-11-23 10:00", "2026-11-26 17:30", (), 3, 3),
        # Tue, Wed, and 3 of Thursday's 7 hours.
        ("2026-11-23 10:00", "2026-11-26 12:00", (), 2 + 3 / 7, 2 + 3 / 7),
        # The midday break is no business time.
        ("2026-11-23 10:00", "2026-11-26 13:15", (), 2 + 3 / 7, 2 + 3 / 7),
        # Decided on the start day.
        ("2026-11-23 10:00", "2026-11-23 16:00", (), 0, 0),
        # Decided before opening: Tue only.
        ("2026-11-23 10:00", "2026-11-25 08:00", (), 1, 1),
        # Decided in the evening: the whole day.
        ("2026-11-23 10:00", "2026-11-25 20:00", (), 2, 2),
        # Decided on a Saturday: Tue–Fri.
        ("2026-11-23 10:00", "2026-11-28 10:00", (), 4, 4),
        # Tue; Wed and Thu left out; 1 hour of Friday.
        ("2026-11-23 10:00", "2026-11-27 10:00", ("2026-11-24 10:00/2026-11-26 15:00",),
         1 + 1 / 7, 3 + 1 / 7),
        # Decided on a day that is left out: Tue only, of gross Thursday's 3 of 7 hours too.
        ("2026-11-23 10:00", "2026-11-26 12:00", ("2026-11-24 10:00/2026-11-26 11:00",),
         1, 2 + 3 / 7),
        # Overlapping pauses are left out once: Tue, then 7 of 7 on Mon.
        ("2026-11-23 10:00", "2026-11-30 17:30",
         ("2026-11-24 10:00/2026-11-26 11:00", "2026-11-25 10:00/2026-11-27 11:00"), 2, 5),
        # Over the National Day: Wed 30, Thu 8, Fri 9, Sat 10.
        ("2026-09-29 10:00", "2026-10-10 17:30", (), 4, 4),
    ],
)  # fmt: skip
def test_net_and_gross_time(
    start: str, end: str, pauses: tuple[str, ...], net: float, gross: float
) -> None:
    span = {"start": instant(start), "end": instant(end)}

    assert net_days(CALENDAR, **span, pauses=map(interval, pauses)) == pytest.approx(net)
    assert gross_days(CALENDAR, **span) == pytest.approx(gross)


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


# Ordinal arithmetic against a walk from day to day, on random calendars.

DAYS = st.dates(date(2018, 12, 1), date(2028, 1, 31))
CALENDARS = st.dictionaries(DAYS, st.booleans(), max_size=60).map(Calendar)


def walk(calendar: Calendar, day: date, n: int) -> date:
    step = timedelta(days=1 if n > 0 else -1)
    for _ in range(abs(n)):
        day += step
        while not calendar.is_working(day):
            day += step
    return day


def walked_due(
    calendar: Calendar, start: date, budget: int, pauses: list[tuple[date, date]]
) -> date:
    day = start
    while budget:
        day += timedelta(days=1)
        left_out = any(begin < day <= end for begin, end in pauses)
        budget -= calendar.is_working(day) and not left_out
    return day


@given(CALENDARS, DAYS, st.integers(-300, 300))
def test_add_equals_the_walk(calendar: Calendar, day: date, n: int) -> None:
    assert calendar.add(day, n) == walk(calendar, day, n)


@given(CALENDARS, DAYS, st.integers(0, 800))
def test_between_equals_the_count(calendar: Calendar, a: date, span: int) -> None:
    days = [a + timedelta(days=n) for n in range(1, span + 1)]

    counted = calendar.between(a, a + timedelta(days=span))

    assert counted == sum(map(calendar.is_working, days))


@given(CALENDARS, DAYS)
def test_next_working_is_the_first_not_before(calendar: Calendar, day: date) -> None:
    found = calendar.next_working(day)

    assert calendar.is_working(found)
    assert found == (day if calendar.is_working(day) else walk(calendar, day, 1))


@given(
    CALENDARS,
    DAYS,
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(-5, 80), st.integers(0, 20)), max_size=4),
)
def test_due_day_with_pauses_equals_the_walk(
    calendar: Calendar, start: date, budget: int, offsets: list[tuple[int, int]]
) -> None:
    spans = [
        (start + timedelta(days=begin), start + timedelta(days=begin + length))
        for begin, length in offsets
    ]
    noon = [tuple(calendar.at(day, time(12)) for day in span) for span in spans]

    result = deadline(calendar, start=calendar.opening(start), budget=budget, pauses=noon)  # type: ignore[arg-type]

    assert result.due_on == walked_due(calendar, start, budget, spans)
    assert calendar.opening(start) < result.yellow_at < result.due_at


@given(CALENDARS, DAYS, st.integers(1, 40), st.integers(-5, 5))
def test_in_time_means_net_time_within_the_budget(
    calendar: Calendar, start: date, budget: int, minutes: int
) -> None:
    begun = calendar.opening(start)
    due_at = deadline(calendar, start=begun, budget=budget).due_at
    decided = due_at + timedelta(minutes=minutes, days=0 if minutes <= 0 else 7)

    net = net_days(calendar, start=begun, end=decided)

    assert (net <= budget) == (decided <= due_at) or net == pytest.approx(budget)


def test_between_refuses_days_in_the_wrong_order() -> None:
    with pytest.raises(ValueError):
        CALENDAR.between(date(2026, 11, 24), date(2026, 11, 23))
