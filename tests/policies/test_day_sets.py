from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.day_sets import (
    EVERY,
    FIRST,
    LAST,
    NEVER,
    as_day,
    covered,
    first_after,
    full_months,
    intersection,
    month_length,
    moved,
    outside,
    run_end,
    span,
)


@pytest.mark.parametrize(
    ("since", "by", "months"),
    [
        ("2026-01-31", "2026-02-27", 0),
        ("2026-01-31", "2026-02-28", 1),
        ("2026-01-31", "2026-03-30", 1),
        ("2026-01-31", "2026-03-31", 2),
        ("2026-01-30", "2026-02-28", 1),
        ("2024-01-31", "2024-02-28", 0),
        ("2024-01-31", "2024-02-29", 1),
        ("2024-02-29", "2025-02-27", 11),
        ("2024-02-29", "2025-02-28", 12),
        ("2024-02-29", "2028-02-28", 47),
        ("2024-02-29", "2028-02-29", 48),
        ("2026-02-28", "2026-03-28", 1),
        ("2026-04-30", "2026-05-30", 1),
        ("2026-11-24", "2026-11-24", 0),
        ("2026-11-24", "2026-12-23", 0),
        ("2026-11-24", "2026-12-24", 1),
        ("2026-12-24", "2026-11-24", 0),
        ("1900-01-31", "1900-02-28", 1),
    ],
)
def test_full_months_end_with_a_shorter_month(since: str, by: str, months: int) -> None:
    assert full_months(date.fromisoformat(since), date.fromisoformat(by)) == months


@pytest.mark.parametrize(
    ("day", "months", "days", "expected"),
    [
        ("2026-01-31", 1, 0, "2026-02-28"),
        ("2024-01-31", 1, 0, "2024-02-29"),
        ("2024-02-29", 12, 0, "2025-02-28"),
        ("2024-02-29", 48, 0, "2028-02-29"),
        ("2026-03-31", -1, 0, "2026-02-28"),
        ("2026-01-15", -1, 0, "2025-12-15"),
        ("2026-12-31", 2, 0, "2027-02-28"),
        ("2026-01-31", 1, 1, "2026-03-01"),
        ("2026-03-01", 0, -1, "2026-02-28"),
        ("2026-11-24", 0, 0, "2026-11-24"),
    ],
)
def test_a_day_moves_by_months_and_then_by_days(
    day: str, months: int, days: int, expected: str
) -> None:
    assert moved(date.fromisoformat(day), months, days) == date.fromisoformat(expected).toordinal()


def test_a_day_moved_out_of_the_calendar_lies_just_outside_it() -> None:
    assert moved(date(9999, 12, 1), 1) == LAST + 1
    assert moved(date(9999, 12, 31), 0, 400) == LAST + 1
    assert moved(date(1, 1, 31), -1) == FIRST - 1
    assert moved(date(1, 1, 1), 0, -5) == FIRST - 1
    assert moved(date(2026, 1, 1), 10**13) == LAST + 1


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.integers(1, 400))
def test_so_many_months_are_full_exactly_from_the_day_moved_by_them(
    since: date, months: int
) -> None:
    reached = date.fromordinal(moved(since, months))

    assert full_months(since, reached) >= months
    assert full_months(since, reached - timedelta(days=1)) < months


@pytest.mark.parametrize(
    ("year", "month", "days"),
    [(2026, 2, 28), (2024, 2, 29), (1900, 2, 28), (2000, 2, 29), (2026, 4, 30), (2026, 12, 31)],
)
def test_the_length_of_a_month(year: int, month: int, days: int) -> None:
    assert month_length(year, month) == days


# ---- sets: compared with plain sets of numbers ----

WIDTH = 24
numbers = st.frozensets(st.integers(1, WIDTH))


def as_days(members: frozenset[int]) -> tuple[tuple[int, int], ...]:
    return covered([((member, member),) for member in members])


def members(days: tuple[tuple[int, int], ...]) -> set[int]:
    return {day for begin, end in days for day in range(begin, min(end, WIDTH) + 1)}


@given(st.lists(numbers, min_size=1, max_size=4), st.integers(1, 4))
def test_sets_of_days_behave_as_sets(sets: list[frozenset[int]], least: int) -> None:
    days = [as_days(one) for one in sets]

    assert members(intersection(days)) == set.intersection(*map(set, sets))
    assert members(covered(days)) == set().union(*sets)
    assert members(outside(days[0])) == set(range(1, WIDTH + 1)) - sets[0]
    assert members(covered(days, least)) == {
        day for day in range(1, WIDTH + 1) if sum(day in one for one in sets) >= least
    }


@given(numbers, st.integers(0, WIDTH))
def test_intervals_are_whole_and_in_order(one: frozenset[int], day: int) -> None:
    days = as_days(one)

    assert all(begin <= end for begin, end in days)
    assert all(left[1] + 1 < right[0] for left, right in pairwise(days))
    assert first_after(days, day) == min((member for member in one if member > day), default=None)


def test_the_end_of_a_stretch_is_that_of_the_one_a_day_lies_in() -> None:
    days = ((3, 5), (8, 9))

    assert [run_end(days, day) for day in (2, 3, 5, 6, 9)] == [None, 5, 5, None, 9]


def test_every_day_and_none() -> None:
    assert outside(EVERY) == NEVER
    assert outside(NEVER) == EVERY
    assert intersection([]) == EVERY
    assert covered([], 1) == NEVER
    assert span(5, 4) == NEVER
    assert span(FIRST - 1, LAST + 1) == EVERY


def test_the_last_day_of_the_calendar_is_no_end() -> None:
    assert as_day(LAST) is None
    assert as_day(FIRST - 1) is None
    assert as_day(date(2026, 11, 24).toordinal()) == date(2026, 11, 24)
