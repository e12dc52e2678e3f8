"""The calendar in force: read from its rows, and changed by verbs that keep everything in step.

A change writes years and days, counts the working days anew (CalendarOrdinal) and opens one
revision, all in one transaction; `cases.projection` then works out every open deadline anew.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from time import monotonic

import chinese_calendar
from chinese_calendar import constants as notices
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from cases.models import CalendarDay, CalendarOrdinal, CalendarRevision, CalendarYear
from cases.working_time import WEEKEND, Calendar, WorkingHours
from portal.accounts.models import User
from portal.core import clock
from portal.core.chinese import day_words
from portal.core.ledger import Entry, record

logger = logging.getLogger("portal.calendar")

# Seconds for which a process trusts the calendar it has read.
SEEN_FOR = 30.0
# How far ahead, in working days, deadlines reach: the longest promise with its pauses.
HORIZON = 60
# How many years a revision's note names one by one.
MOST_NAMED = 3
# Provisional years kept beyond the present or the last published one.
YEARS_AHEAD = 2

OFFICIAL_SOURCE = f"国务院办公厅放假通知（chinesecalendar {chinese_calendar.__version__}）"
PROVISIONAL_SOURCE = "暂按周一至周五推算"
OUR_SOURCES = ("国务院办公厅放假通知（chinesecalendar", PROVISIONAL_SOURCE)
EDITED_SOURCE = "管理员改定，原据："

# One editor at a time: each counts the days that the others have committed.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('cases.calendar'))"
COUNT_DAYS = """
DELETE FROM cases_calendarordinal;
INSERT INTO cases_calendarordinal (date, working, ordinal)
SELECT day, working, count(*) FILTER (WHERE working) OVER (ORDER BY day)
FROM (
    SELECT days.day, COALESCE(exception.working, extract(isodow FROM days.day) < 6) AS working
    FROM (
        SELECT generate_series(
            make_date(min(year), 1, 1), make_date(max(year), 12, 31), '1 day')::date AS day
        FROM cases_calendaryear HAVING count(*) > 0
    ) AS days
    LEFT JOIN cases_calendarday exception ON exception.date = days.day
) AS known
"""

# By date: whether it is worked, and what the day is called. Only days unlike the plain week.
Days = Mapping[date, tuple[bool, str]]

_seen: tuple[float, Calendar] | None = None


class Unsound(ValueError):
    """A change that the calendar cannot take over; `problems` are all of them, in Chinese."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Year:
    """One year as it is to stand: its source, and the days that differ from the plain week."""

    year: int
    official: bool
    source: str
    days: Days = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """What storing a year changes; only `added` and `removed` days move a deadline."""

    year: Year
    is_new: bool
    renewed: bool  # its row: new, official or not, another source
    added: Days
    removed: Days
    renamed: Days

    @property
    def rows(self) -> int:
        return self.renewed + len(self.added) + len(self.removed) + len(self.renamed)

    @property
    def days(self) -> list[date]:
        return sorted([*self.added, *self.removed])

    @property
    def words(self) -> str:
        """The change in a few words, for the list of revisions and the ledger."""
        parts = [f"新增特殊日期 {len(self.added)} 天"] if len(self.added) > 1 else []
        parts += [_day_words(*pair) for pair in self.added.items() if len(self.added) == 1]
        parts += [f"取消特殊日期 {len(self.removed)} 天"] if len(self.removed) > 1 else []
        parts += [f"{day_words(day)}恢复平常" for day in self.removed if len(self.removed) == 1]
        if self.renewed:
            parts.append("放假通知已载入" if self.year.official else "暂按周一至周五推算")
        return f"{self.year.year}年：{'，'.join(parts) or '更正名称'}"


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
def load(years_ahead: int = YEARS_AHEAD) -> LoadReport:
    """Bring the rows up to the published notices and add provisional years beyond them.

    A year whose source an administrator has changed is left as it is.
    """
    published = _published()
    provisional = range(max(published) + 1, max(published) + 1 + years_ahead)
    own = dict(CalendarYear.objects.values_list("year", "source"))
    ours = [
        Year(year, True, OFFICIAL_SOURCE, published[year])
        if year in published
        else Year(year, False, PROVISIONAL_SOURCE)
        for year in [*published, *provisional]
        if own.get(year, PROVISIONAL_SOURCE).startswith(OUR_SOURCES)
    ]
    changed = sum(difference.rows for difference in differences(ours))
    revise(ours, how="载入已发布的放假通知")
    if not CalendarOrdinal.objects.exists():
        _count_days()
    return LoadReport(CalendarYear.objects.count(), CalendarDay.objects.count(), changed)


def keep_ahead() -> CalendarRevision | None:
    """Add the provisional years that time has brought near; return the revision, if any."""
    last = CalendarYear.objects.aggregate(last=Max("year"))["last"]
    wanted = clock.today().year + YEARS_AHEAD
    if last is None or last >= wanted:
        return None
    missing = [Year(year, False, PROVISIONAL_SOURCE) for year in range(last + 1, wanted + 1)]
    return revise(missing, how="按日期推移续建")


@transaction.atomic
def count_anew() -> CalendarRevision:
    """Work out every open deadline anew after a change of the business hours."""
    _lock()
    return _revised("办公时间调整", None)


def hours_of_statements() -> dict[str, str]:
    """Return when the office opens, resumes and closes, as parameters of SQL."""
    opens, _, resumes, closes = settings.BUSINESS_HOURS
    return {"opens": opens, "resumes": resumes, "closes": closes}


def held(year: int) -> Year | None:
    """Return a year as its rows stand, None where there is none."""
    row = CalendarYear.objects.filter(year=year).first()
    return Year(row.year, row.official, row.source, _days_of([year])) if row else None


def differences(years: Collection[Year]) -> list[Difference]:
    """Return what storing these years would change, only those that change anything."""
    numbers = [year.year for year in years]
    rows = {row.year: row for row in CalendarYear.objects.filter(year__in=numbers)}
    days = _days_of(numbers)
    found = [_difference(year, rows.get(year.year), days) for year in years]
    return [difference for difference in found if difference.rows]


def gaps(years: Iterable[int]) -> list[str]:
    """Return why these years cannot be added: a year between them and the others would be missing.

    Working days are counted through, so the years have to follow each other.
    """
    known = set(CalendarYear.objects.values_list("year", flat=True)) | set(years)
    missing = [year for year in range(min(known), max(known)) if year not in known] if known else []
    if not missing:
        return []
    named = "、".join(f"{year}年" for year in missing)
    return [f"日历的年份必须连续：还没有{named}，请先载入。"]


@transaction.atomic
def revise(years: Collection[Year], *, how: str, by: User | None = None) -> CalendarRevision | None:
    """Store years as given and return the revision this makes, None where nothing changes.

    Raises Unsound where a year in between would be missing.
    """
    _lock()
    if problems := gaps(year.year for year in years):
        raise Unsound(problems)
    found = differences(years)
    if not found:
        return None
    _store(found)
    return _revised(f"{how}：{_words(found)}", by)


@transaction.atomic
def set_day(day: date, *, working: bool, name: str, by: User) -> CalendarRevision | None:
    """Make one day a day off or a make-up day. Raises Unsound where that says nothing."""
    _lock()
    if problem := day_problem(day, working=working):
        raise Unsound([problem])
    year = _edited(day.year)
    return revise([replace(year, days={**year.days, day: (working, name)})], how="改定", by=by)


@transaction.atomic
def clear_days(days: Collection[date], *, by: User) -> CalendarRevision | None:
    """Let days be as the plain week has them again; one revision for all of them."""
    _lock()
    years = [_edited(year) for year in sorted({day.year for day in days})]
    kept = [
        replace(year, days={day: what for day, what in year.days.items() if day not in days})
        for year in years
    ]
    return revise(kept, how="取消", by=by)


@transaction.atomic
def remove_year(year: int, *, by: User) -> CalendarRevision:
    """Remove the last year of the calendar with its days. Raises Unsound for any other."""
    _lock()
    if problem := removal_problem(year):
        raise Unsound([problem])
    CalendarDay.objects.filter(date__year=year).delete()
    CalendarYear.objects.filter(year=year).delete()
    return _revised(f"删除{year}年", by)


def day_problem(day: date, *, working: bool) -> str | None:
    """Return why a day cannot be a day off or a make-up day, None where it can."""
    if not CalendarYear.objects.filter(year=day.year).exists():
        return f"{day_words(day)}：日历中还没有{day.year}年，请先建立该年份。"
    if working != (day.weekday() in WEEKEND):
        plain = "本来就是工作日" if working else "是周末，本来就休息"
        return f"{day_words(day)}{plain}，无须登记。"
    return None


def removal_problem(year: int) -> str | None:
    """Return why a year must stay, None where it may go."""
    last = CalendarYear.objects.aggregate(last=Max("year"))["last"]
    if year <= clock.today().year + 1:
        return f"{year}年不能删除：办理时限正在或即将按该年日历推算。"
    if last is not None and year < last:
        return f"{year}年不能删除：日历的年份必须连续，只能从最后一年（{last}年）删起。"
    return None


def by_hand(source: str) -> str:
    """Return the source of a year that an administrator has changed: no load takes it back."""
    return f"{EDITED_SOURCE}{source}"[:200] if source.startswith(OUR_SOURCES) else source


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def _edited(year: int) -> Year:
    """Return a year about to be edited by hand. Raises Unsound where there is none."""
    found = held(year)
    if found is None:
        raise Unsound([f"日历中还没有{year}年，请先建立该年份。"])
    return replace(found, source=by_hand(found.source))


def _revised(what: str, by: User | None) -> CalendarRevision:
    """Count the days anew, open the revision and write the event."""
    _count_days()
    note = what if len(what) <= 200 else f"{what[:199]}…"
    revision = CalendarRevision.objects.create(made_by=by, note=note)
    payload = {"revision": revision.pk, "what": note}
    record(Entry("calendar.changed", actor_id=by.pk if by else None, payload=payload))
    forget()
    # Again after the commit: another thread may have read the old rows meanwhile.
    transaction.on_commit(forget)
    return revision


def _count_days() -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT_DAYS)


def _read() -> Calendar:
    days = list(CalendarDay.objects.values_list("date", "working", "name"))
    exceptions = {day: working for day, working, _ in days}
    names = {day: name for day, _, name in days if name}
    official = CalendarYear.objects.filter(official=True).values_list("year", flat=True)
    calendar = Calendar(exceptions, frozenset(official), _hours(), names)
    if not calendar.official_years:
        logger.warning("The calendar is empty: run load_calendar. Monday to Friday are counted.")
    return calendar


def _hours() -> WorkingHours:
    """Return the business hours of the settings. Raises ValueError for impossible ones."""
    return WorkingHours(*(time.fromisoformat(moment) for moment in settings.BUSINESS_HOURS))


def _published() -> dict[int, dict[date, tuple[bool, str]]]:
    """Return, by year, the days that differ from the plain week: (worked, name)."""
    found: dict[int, dict[date, tuple[bool, str]]] = {}
    for working, table in ((False, notices.holidays), (True, notices.workdays)):
        for day, name in table.items():
            days = found.setdefault(day.year, {})
            if (day.weekday() in WEEKEND) == working:
                days[day] = (working, notices.Holiday(name).chinese)
    return dict(sorted(found.items()))


def _days_of(years: Collection[int]) -> Days:
    rows = CalendarDay.objects.filter(date__year__in=years)
    return {row.date: (row.working, row.name) for row in rows}


def _difference(year: Year, row: CalendarYear | None, held_days: Days) -> Difference:
    old = {day: what for day, what in held_days.items() if day.year == year.year}
    return Difference(
        year,
        is_new=row is None,
        renewed=row is None or (row.official, row.source) != (year.official, year.source),
        added={day: what for day, what in year.days.items() if day not in old},
        removed={day: what for day, what in old.items() if day not in year.days},
        renamed={day: what for day, what in year.days.items() if old.get(day, what) != what},
    )


def _store(found: Iterable[Difference]) -> None:
    found = list(found)
    CalendarYear.objects.bulk_create(
        [CalendarYear(one.year.year, one.year.official, one.year.source) for one in found],
        update_conflicts=True,
        unique_fields=["year"],
        update_fields=["official", "source"],
    )
    CalendarDay.objects.filter(date__in=[day for one in found for day in one.removed]).delete()
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(date=day, working=working, name=name)
            for one in found
            for day, (working, name) in {**one.added, **one.renamed}.items()
        ],
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["working", "name"],
    )


def _words(found: list[Difference]) -> str:
    """Return what a change stores in a few words."""
    if len(found) <= MOST_NAMED:
        return "；".join(difference.words for difference in found)
    years, days = [one.year.year for one in found], sum(len(one.days) for one in found)
    return f"{min(years)}年至{max(years)}年，{len(years)} 个年份、{days} 个特殊日期"


def _day_words(day: date, what: tuple[bool, str]) -> str:
    working, name = what
    return f"{day_words(day)}{'调休上班' if working else '放假'}{f'（{name}）' if name else ''}"
