"""The calendar in force, read from its rows; the rows are made from published notices."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from time import monotonic

import chinese_calendar
from chinese_calendar import constants as notices
from django.conf import settings
from django.db import transaction

from cases.models import CalendarDay, CalendarYear
from cases.working_time import WEEKEND, Calendar, WorkingHours

logger = logging.getLogger("portal.calendar")

# Seconds for which a process trusts the calendar it has read.
SEEN_FOR = 30.0
# How far ahead, in working days, deadlines reach: the longest promise with its pauses.
HORIZON = 60

OFFICIAL_SOURCE = f"国务院办公厅放假通知（chinesecalendar {chinese_calendar.__version__}）"
PROVISIONAL_SOURCE = "暂按周一至周五推算"
OUR_SOURCES = ("国务院办公厅放假通知（chinesecalendar", PROVISIONAL_SOURCE)

_seen: tuple[float, Calendar] | None = None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load left behind: years and days that are rows now, rows it had to change."""

    years: int
    days: int
    changed: int


def current() -> Calendar:
    """Return the calendar in force, read again after 30 s; the plain week where no rows exist."""
    global _seen
    if _seen is None or monotonic() - _seen[0] > SEEN_FOR:
        _seen = (monotonic(), _read())
    return _seen[1]


def forget() -> None:
    """Drop what this process remembers, after the rows were changed."""
    global _seen
    _seen = None


def provisional_warning(calendar: Calendar, today: date) -> str | None:
    """Return the sentence for supervisors when a year that deadlines reach has no notice yet."""
    last = calendar.add(today, HORIZON).year
    years = [year for year in range(today.year, last + 1) if year not in calendar.official_years]
    if not years:
        return None
    named = "、".join(f"{year}年" for year in years)
    return (
        f"{named}的放假安排尚未载入，相关期限暂按周一至周五为工作日推算，"
        "请在通知发布后及时载入日历。"
    )


@transaction.atomic
def load(years_ahead: int = 2) -> LoadReport:
    """Bring the rows up to the published notices and add provisional years beyond them.

    A year whose source an administrator has changed is left as it is.
    """
    published = _published()
    provisional = range(max(published) + 1, max(published) + 1 + years_ahead)
    own = dict(CalendarYear.objects.values_list("year", "source"))
    ours = {
        year: year in published
        for year in [*published, *provisional]
        if own.get(year, PROVISIONAL_SOURCE).startswith(OUR_SOURCES)
    }
    days = {day: named for year in ours for day, named in published.get(year, {}).items()}
    changed = _store_years(ours) + _store_days(days, list(ours))
    transaction.on_commit(forget)
    forget()
    return LoadReport(CalendarYear.objects.count(), CalendarDay.objects.count(), changed)


def _read() -> Calendar:
    exceptions = dict(CalendarDay.objects.values_list("date", "working"))
    official = CalendarYear.objects.filter(official=True).values_list("year", flat=True)
    calendar = Calendar(exceptions, frozenset(official), _hours())
    if not calendar.official_years:
        logger.warning("The calendar is empty: run load_calendar. Monday to Friday are counted.")
    return calendar


def _hours() -> WorkingHours:
    """Return the business hours of the settings. Raises ValueError for impossible ones."""
    return WorkingHours(*(time.fromisoformat(moment) for moment in settings.BUSINESS_HOURS))


def _published() -> Mapping[int, dict[date, tuple[bool, str]]]:
    """Return, by year, the days that differ from the plain week: (worked, name)."""
    found: dict[int, dict[date, tuple[bool, str]]] = {}
    for working, table in ((False, notices.holidays), (True, notices.workdays)):
        for day, name in table.items():
            days = found.setdefault(day.year, {})
            if (day.weekday() in WEEKEND) == working:
                days[day] = (working, notices.Holiday(name).chinese)
    return dict(sorted(found.items()))


def _store_years(years: Mapping[int, bool]) -> int:
    held = {row.year: row for row in CalendarYear.objects.filter(year__in=years)}
    rows = [
        CalendarYear(year, official, OFFICIAL_SOURCE if official else PROVISIONAL_SOURCE)
        for year, official in years.items()
    ]
    stale = [row for row in rows if row.year not in held or _differs(row, held[row.year])]
    CalendarYear.objects.bulk_create(
        stale,
        update_conflicts=True,
        unique_fields=["year"],
        update_fields=["official", "source"],
    )
    return len(stale)


def _differs(row: CalendarYear, held: CalendarYear) -> bool:
    return (row.official, row.source) != (held.official, held.source)


def _store_days(days: Mapping[date, tuple[bool, str]], years: list[int]) -> int:
    held = {
        row.date: (row.working, row.name)
        for row in CalendarDay.objects.filter(date__year__in=years)
    }
    gone = [day for day in held if day not in days]
    stale = [
        CalendarDay(day, working, name)
        for day, (working, name) in days.items()
        if held.get(day) != (working, name)
    ]
    CalendarDay.objects.filter(date__in=gone).delete()
    CalendarDay.objects.bulk_create(
        stale,
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["working", "name"],
    )
    return len(gone) + len(stale)
