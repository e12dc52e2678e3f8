"""Sets of days as sorted intervals of day ordinals, and calendar months on them.

A day beyond the calendar is written as the ordinal after its last or before its first.
"""

from collections.abc import Iterable
from datetime import date

Days = tuple[tuple[int, int], ...]

FIRST, LAST = date.min.toordinal(), date.max.toordinal()
EVERY: Days = ((FIRST, LAST),)
NEVER: Days = ()

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def span(begin: int, end: int, first: int = FIRST, last: int = LAST) -> Days:
    """Return the days from one to another, both included, as far as there are such."""
    begin, end = max(begin, first), min(end, last)
    return ((begin, end),) if begin <= end else NEVER


def outside(days: Days, first: int = FIRST, last: int = LAST) -> Days:
    """Return all other days."""
    gaps, begin = [], first
    for start, end in days:
        if start > begin:
            gaps.append((begin, start - 1))
        begin = end + 1
    return (*gaps, (begin, last)) if begin <= last else tuple(gaps)


def intersection(sets: Iterable[Days]) -> Days:
    """Return the days that are in every set."""
    common = EVERY
    for days in sets:
        if common is EVERY:
            common = days
        elif days is not EVERY:
            common = _shared(common, days)
        if not common:
            return NEVER
    return common


def _shared(one: Days, other: Days) -> Days:
    found = []
    for begin, end in one:
        for start, finish in other:
            low, high = max(begin, start), min(end, finish)
            if low <= high:
                found.append((low, high))
    return tuple(found)


def covered(sets: Iterable[Days], least: int = 1) -> Days:
    """Return the days that are in at least so many of the sets."""
    steps: dict[int, int] = {}
    for days in sets:
        for start, end in days:
            steps[start] = steps.get(start, 0) + 1
            steps[end + 1] = steps.get(end + 1, 0) - 1
    found, depth, begin = [], 0, 0
    for day in sorted(steps):
        before, depth = depth, depth + steps[day]
        if before < least <= depth:
            begin = day
        elif depth < least <= before:
            found.append((begin, day - 1))
    return tuple(found)


def first_after(days: Days, day: int) -> int | None:
    """Return the first day of the set after a day."""
    for begin, end in days:
        if end > day:
            return max(begin, day + 1)
    return None


def run_end(days: Days, day: int) -> int | None:
    """Return the last day of the stretch without a gap in which a day lies."""
    return next((end for begin, end in days if begin <= day <= end), None)


def as_day(ordinal: int) -> date | None:
    """Return the day of an ordinal; none beyond the calendar and for its very last day."""
    return date.fromordinal(ordinal) if FIRST <= ordinal < LAST else None


# ---- calendar months ----------------------------------------------------------------------------


def month_length(year: int, month: int) -> int:
    if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        return 29
    return _LENGTHS[month - 1]


def full_months(since: date, by: date) -> int:
    """Return the most months that, added to the first day, do not go beyond the second; 0 before.

    A month added to the 31st ends on the last day of a shorter month.
    """
    months = (by.year - since.year) * 12 + by.month - since.month
    if by.day < since.day and by.day < month_length(by.year, by.month):
        months -= 1
    return max(months, 0)


def moved(day: date, months: int, days: int = 0) -> int:
    """Return the ordinal of a day moved by months, cut to the month's end, and then by days."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return LAST + 1 if year > 1 else FIRST - 1
    of_month = day.day
    if of_month > 28:
        of_month = min(of_month, month_length(year, month + 1))
    ordinal = date(year, month + 1, of_month).toordinal()
    return min(max(ordinal + days, FIRST - 1), LAST + 1) if days else ordinal
