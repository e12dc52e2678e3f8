"""The ordinal arithmetic against a walk from day to day and minute to minute, on random calendars.

The walk knows nothing of ordinals, stretches or shares: it asks each day whether it is worked and
whether a pause leaves it out, as settled.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.working_time import SHANGHAI, Calendar, Pause, deadline, gross_days, net_days, remaining

ONE_DAY = timedelta(days=1)
DAYS = st.dates(date(2018, 12, 1), date(2028, 1, 31))
TIMES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
EXCEPTIONS = st.dictionaries(DAYS, st.booleans(), max_size=60)
CALENDARS = EXCEPTIONS.map(Calendar)
# A start, and an end some days later.
SPANS = st.tuples(DAYS, TIMES, st.integers(0, 200), TIMES)
OFFSETS = st.lists(st.tuples(st.integers(-5, 80), TIMES, st.integers(0, 20), TIMES), max_size=4)


class Clock(NamedTuple):
    """A random clock: where it begins, how long it may run, when it stood."""

    start: datetime
    budget: int
    pauses: list[Pause]


def at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, SHANGHAI)


def pauses_from(start: date, offsets: list[tuple[int, time, int, time]]) -> list[Pause]:
    spans = [
        (at(start + begin * ONE_DAY, first), at(start + (begin + length) * ONE_DAY, last))
        for begin, first, length, last in offsets
    ]
    return [tuple(sorted(span)) for span in spans]  # type: ignore[misc]


CLOCKS = st.builds(
    lambda day, moment, budget, offsets: Clock(at(day, moment), budget, pauses_from(day, offsets)),
    DAYS,
    TIMES,
    st.integers(1, 60),
    OFFSETS,
)


def is_worked(calendar: Calendar, day: date) -> bool:
    return calendar.exceptions.get(day, day.isoweekday() <= 5)


def is_left_out(day: date, pauses: list[Pause]) -> bool:
    return any(begin.date() < day <= end.date() for begin, end in pauses)


def days_after(day: date) -> Iterator[date]:
    while True:
        day += ONE_DAY
        yield day


def walk(calendar: Calendar, day: date, n: int) -> date:
    step = ONE_DAY if n > 0 else -ONE_DAY
    for _ in range(abs(n)):
        day += step
        while not is_worked(calendar, day):
            day += step
    return day


def walked_due(calendar: Calendar, clock: Clock) -> date:
    left = clock.budget
    for day in days_after(clock.start.date()):
        left -= is_worked(calendar, day) and not is_left_out(day, clock.pauses)
        if not left:
            return day
    raise AssertionError


def walked_yellow(calendar: Calendar, due_on: date, budget: int, warn_days: int | None) -> datetime:
    if budget == 1:
        return at(due_on, time(13, 30))
    if budget == 2:
        return at(due_on, time(9))
    threshold = warn_days or max(1, budget // 5)
    day, left = due_on, 0
    while left < threshold or not is_worked(calendar, day):
        left += is_worked(calendar, day)
        day -= ONE_DAY
    return at(day, time(9))


def walked_net(calendar: Calendar, start: datetime, end: datetime, pauses: list[Pause]) -> float:
    """Whole days between, and of the last day its minutes of 9–12 and 13:30–17:30 out of 420."""
    days, day = 0.0, start.date()
    while day < end.date():
        day += ONE_DAY
        if not is_worked(calendar, day) or is_left_out(day, pauses):
            continue
        if day < end.date():
            days += 1
            continue
        minutes = range(end.hour * 60 + end.minute)
        days += sum(540 <= minute < 720 or 810 <= minute < 1050 for minute in minutes) / 420
    return days


@given(CALENDARS, DAYS, st.integers(-300, 300))
def test_add_equals_the_walk(calendar: Calendar, day: date, n: int) -> None:
    assert calendar.add(day, n) == walk(calendar, day, n)


@given(CALENDARS, DAYS, st.integers(0, 800))
def test_between_equals_the_count(calendar: Calendar, a: date, span: int) -> None:
    b = a + span * ONE_DAY

    counted = calendar.between(a, b)

    assert counted == sum(is_worked(calendar, a + n * ONE_DAY) for n in range(1, span + 1))
    assert remaining(calendar, a, b) == counted
    assert remaining(calendar, b, a) == -counted


@given(CALENDARS, DAYS)
def test_next_working_is_the_first_not_before(calendar: Calendar, day: date) -> None:
    found = calendar.next_working(day)

    assert found == (day if is_worked(calendar, day) else walk(calendar, day, 1))


@given(CALENDARS, CLOCKS)
def test_due_and_yellow_with_pauses_equal_the_walk(calendar: Calendar, clock: Clock) -> None:
    result = deadline(calendar, **clock._asdict())

    assert result.due_on == walked_due(calendar, clock)
    assert result.due_at == at(result.due_on, time(17, 30))
    assert result.yellow_at == walked_yellow(calendar, result.due_on, clock.budget, None)


@given(CALENDARS, CLOCKS, st.integers(1, 59))
def test_an_own_threshold_moves_yellow_alone(
    calendar: Calendar, clock: Clock, warn_days: int
) -> None:
    if warn_days >= clock.budget:
        with pytest.raises(ValueError):
            deadline(calendar, **clock._asdict(), warn_days=warn_days)
        return

    result = deadline(calendar, **clock._asdict(), warn_days=warn_days)

    assert result.due_at == deadline(calendar, **clock._asdict()).due_at
    assert result.yellow_at == walked_yellow(calendar, result.due_on, clock.budget, warn_days)


@given(CALENDARS, SPANS, OFFSETS)
def test_net_and_gross_time_equal_the_walk(
    calendar: Calendar,
    span: tuple[date, time, int, time],
    offsets: list[tuple[int, time, int, time]],
) -> None:
    day, first, length, last = span
    start, end = sorted((at(day, first), at(day + length * ONE_DAY, last)))
    pauses = pauses_from(day, offsets)

    net = net_days(calendar, start=start, end=end, pauses=pauses)
    gross = gross_days(calendar, start=start, end=end)

    assert net == pytest.approx(walked_net(calendar, start, end, pauses))
    assert gross == pytest.approx(walked_net(calendar, start, end, []))


@given(CALENDARS, CLOCKS, st.integers(0, 600))
def test_in_time_means_net_time_within_the_budget(
    calendar: Calendar, clock: Clock, minutes: int
) -> None:
    due_at = deadline(calendar, **clock._asdict()).due_at
    in_time = max(due_at - timedelta(minutes=minutes), clock.start)

    net = net_days(calendar, start=clock.start, end=in_time, pauses=clock.pauses)

    assert net <= clock.budget


@given(CALENDARS, CLOCKS)
def test_late_means_net_time_beyond_the_budget(calendar: Calendar, clock: Clock) -> None:
    due_on = deadline(calendar, **clock._asdict()).due_on
    late = at(calendar.add(due_on, 1), time(9, 1))
    pauses = [pause for pause in clock.pauses if pause[1] <= at(due_on, time(17, 30))]

    net = net_days(calendar, start=clock.start, end=late, pauses=pauses)

    assert net > clock.budget


@given(CALENDARS, DAYS, TIMES, OFFSETS)
def test_a_same_day_item_is_due_on_the_first_open_day_the_clock_runs(
    calendar: Calendar, day: date, moment: time, offsets: list[tuple[int, time, int, time]]
) -> None:
    clock = Clock(at(day, moment), 0, pauses_from(day, offsets))

    result = deadline(calendar, **clock._asdict())

    due_on = clock.start.date() if clock.start.time() < time(17, 30) else day + ONE_DAY
    while not is_worked(calendar, due_on) or stands_at(at(due_on, time(17, 30)), clock.pauses):
        due_on += ONE_DAY
    assert result.due_on == due_on
    assert clock.start < result.yellow_at < result.due_at


def stands_at(instant: datetime, pauses: list[Pause]) -> bool:
    return any(begin <= instant < end for begin, end in pauses)


@given(CALENDARS, CLOCKS)
def test_more_days_never_bring_the_end_nearer(calendar: Calendar, clock: Clock) -> None:
    ends = [
        deadline(calendar, **clock._replace(budget=budget)._asdict()).due_at
        for budget in range(clock.budget, clock.budget + 4)
    ]

    assert all(earlier < later for earlier, later in pairwise(ends))
