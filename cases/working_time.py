"""Working-day arithmetic on a calendar: due dates, yellow instants, net and gross time. Pure.

Limits count working days (行政许可法 art. 82), the start day is not counted (民法典 art. 201).
Instants are time-zone aware; the civil day is that of Asia/Shanghai.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
ONE_DAY = timedelta(days=1)
WEEKEND = (5, 6)
# The last part of a budget, in which an item is in warning; local practice.
YELLOW_SHARE = 0.2

# A closed interval in which the clock stood still: (began, ended).
Pause = tuple[datetime, datetime]
# The same by civil days: every day D with begin < D <= end is not counted.
_Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Business hours of every working day (办公时间): opens–breaks and resumes–closes."""

    opens: time = time(9, 0)
    breaks: time = time(12, 0)
    resumes: time = time(13, 30)
    closes: time = time(17, 30)

    def __post_init__(self) -> None:
        if not self.opens < self.breaks <= self.resumes < self.closes:
            raise ValueError("Business hours must follow each other.")

    def share_passed(self, moment: time) -> float:
        """Return which share of the day's business time has passed at a time of day, 0 to 1."""
        halves = ((self.opens, self.breaks), (self.resumes, self.closes))
        whole = sum(_seconds(end) - _seconds(begin) for begin, end in halves)
        passed = sum(
            min(max(_seconds(moment) - _seconds(begin), 0.0), _seconds(end) - _seconds(begin))
            for begin, end in halves
        )
        return passed / whole


class _Year(NamedTuple):
    """Ordinals of one year: its working days in order, and how many of them lie up to each day."""

    days: list[date]
    upto: list[int]


@dataclass(frozen=True, eq=False)
class Calendar:
    """Working days (工作日): the plain week, except for the days given.

    `exceptions` maps a date to whether it is worked, `names` to the holiday it belongs to;
    `official_years` are the years whose holiday notice is known. Each year is counted once, so
    adding and counting days are look-ups.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    official_years: frozenset[int] = frozenset()
    hours: WorkingHours = WorkingHours()
    names: Mapping[date, str] = field(default_factory=dict)
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False)

    def is_working(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() not in WEEKEND)

    def is_provisional(self, day: date) -> bool:
        """Whether the holiday notice of the day's year is not known yet."""
        return day.year not in self.official_years

    def add(self, day: date, n: int) -> date:
        """Return the n-th working day after a day; before it for n < 0, the day itself for 0.

        Raises ValueError where no calendar reaches (years 1 to 9999).
        """
        if n == 0:
            return day
        index = self._upto(day) + n if n > 0 else self._upto(day - ONE_DAY) + n + 1
        year = day.year if n > 0 else (day - ONE_DAY).year
        while index > (held := len(self._year(year).days)):
            index, year = index - held, year + 1
        while index < 1:
            year -= 1
            index += len(self._year(year).days)
        return self._year(year).days[index - 1]

    def between(self, a: date, b: date) -> int:
        """Return the number of working days d with a < d <= b. Raises ValueError when b < a."""
        if b < a:
            raise ValueError(f"{b} lies before {a}.")
        whole_years = sum(len(self._year(year).days) for year in range(a.year, b.year))
        return whole_years + self._upto(b) - self._upto(a)

    def next_working(self, day: date) -> date:
        """Return the first working day that is not before a day."""
        return day if self.is_working(day) else self.add(day, 1)

    def at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, SHANGHAI)

    def opening(self, day: date) -> datetime:
        return self.at(day, self.hours.opens)

    def closing(self, day: date) -> datetime:
        return self.at(day, self.hours.closes)

    def _upto(self, day: date) -> int:
        return self._year(day.year).upto[day.timetuple().tm_yday]

    def _year(self, year: int) -> _Year:
        if year not in self._years:
            self._years[year] = self._counted(year)
        return self._years[year]

    def _counted(self, year: int) -> _Year:
        days: list[date] = []
        upto = [0]
        first = date(year, 1, 1)
        for offset in range((date(year, 12, 31) - first).days + 1):
            day = first + timedelta(days=offset)
            if self.is_working(day):
                days.append(day)
            upto.append(len(days))
        return _Year(days, upto)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an item is due, and from when on it is in warning; red begins right after `due_at`."""

    due_on: date
    due_at: datetime
    yellow_at: datetime


def civil_day(instant: datetime) -> date:
    """Return the date of an instant in Asia/Shanghai. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return instant.astimezone(SHANGHAI).date()


def deadline(
    calendar: Calendar,
    *,
    start: datetime,
    budget: int,
    pauses: Iterable[Pause] = (),
    yellow_share: float = YELLOW_SHARE,
    warn_days: int | None = None,
) -> Deadline:
    """Return due and yellow instants of a clock of `budget` working days that started at `start`.

    Budget 1 and more: due at closing time of the budget-th working day after the start day; a day D
    with begin < D <= end of a pause is not counted. Budget 0 (即办): due at closing time of the
    start day; started when the office is closed for the day, it counts as started at the next
    opening, and so it does anew where a pause holds it over closing time. `warn_days` is an item's
    own threshold: from budget 3 on, yellow begins when no more working days than that remain.
    Raises ValueError for a negative budget, a share outside 0–1, a threshold that is not shorter
    than the budget, a pause that ends too early.
    """
    if budget < 0 or not 0 < yellow_share < 1:
        raise ValueError("A budget is 0 or more days, the yellow share lies between 0 and 1.")
    if warn_days is not None and not 1 <= warn_days < budget:
        raise ValueError("A warning begins at least one day, and less than the budget, before.")
    closed = _checked(pauses)
    if budget == 0:
        return _same_day(calendar, start, closed)
    due_on = stretches(calendar, civil_day(start), budget, closed)[-1].end
    yellow_at = _yellow(calendar, due_on, budget, warn_days or warning_days(budget, yellow_share))
    return Deadline(due_on, calendar.closing(due_on), yellow_at)


def warning_days(budget: int, share: float = 0.2) -> int:
    """Return how many working days remain when the warning of a budget begins, as settled."""
    # Decimal: 0.29 × 100 is 28.99… in binary.
    return max(1, int(Decimal(str(share)) * budget))


def net_days(
    calendar: Calendar, *, start: datetime, end: datetime, pauses: Iterable[Pause] = ()
) -> float:
    """Return the working days from start to decision without pauses (净用时).

    Days count as they do for the due date: the start day is none, each later counted day is one,
    and of the last day the share of business hours that has passed. An item of 1 day or more that
    is in time has a net time of at most its budget. Raises ValueError when end < start.
    """
    if end < start:
        raise ValueError("A decision cannot come before the start.")
    first, last = civil_day(start), civil_day(end)
    paused = list(_by_day(_checked(pauses)))
    days = calendar.between(first, last) - sum(
        calendar.between(max(begin, first), min(until, last))
        for begin, until in paused
        if max(begin, first) < min(until, last)
    )
    stands = any(begin < last <= until for begin, until in paused)
    if last == first or stands or not calendar.is_working(last):
        return float(days)
    return days - 1 + calendar.hours.share_passed(end.astimezone(SHANGHAI).time())


def gross_days(calendar: Calendar, *, start: datetime, end: datetime) -> float:
    """Return all working days from start to decision, pauses included (总用时); see `net_days`."""
    return net_days(calendar, start=start, end=end)


def remaining(calendar: Calendar, today: date, due_on: date) -> int:
    """Return the working days left after today up to the due day: 0 on it, negative when over."""
    if today > due_on:
        return -calendar.between(due_on, today)
    return calendar.between(today, due_on)


class Stretch(NamedTuple):
    """Days d with begin < d <= end, counted or left out; `days` of them are working days."""

    begin: date
    end: date
    days: int
    counted: bool


def stretches(calendar: Calendar, day: date, budget: int, pauses: Iterable[Pause]) -> list[Stretch]:
    """Return the way from the start day to the due day, which is the end of the last stretch."""
    left, way = budget, []
    for begin, end in _by_day(_checked(pauses)):
        counted = calendar.between(day, begin) if begin > day else 0
        if counted >= left:
            break
        if end <= day:
            continue
        if counted:
            way.append(Stretch(day, begin, counted, True))
        left -= counted
        stood_from = max(day, begin)
        way.append(Stretch(stood_from, end, calendar.between(stood_from, end), False))
        day = end
    way.append(Stretch(day, calendar.add(day, left), left, True))
    return way


def _yellow(calendar: Calendar, due_on: date, budget: int, threshold: int) -> datetime:
    if budget == 1:
        return calendar.at(due_on, calendar.hours.resumes)
    if budget == 2:
        return calendar.opening(due_on)
    return calendar.opening(calendar.add(due_on, -threshold))


def _same_day(calendar: Calendar, start: datetime, pauses: list[Pause]) -> Deadline:
    begun = _opened(calendar, start)
    for paused, resumed in pauses:
        if paused <= calendar.closing(civil_day(begun)) < resumed:
            begun = _opened(calendar, resumed)
    due_on = civil_day(begun)
    due_at = calendar.closing(due_on)
    return Deadline(due_on, due_at, begun + (due_at - begun) / 2)


def counted_from(calendar: Calendar, start: datetime, budget: int) -> datetime:
    """Return from when time is counted: same-day items that came after hours begin at the opening.

    All others leave the start day out anyhow.
    """
    return start if budget else _opened(calendar, start)


def _opened(calendar: Calendar, instant: datetime) -> datetime:
    """Return the instant itself on a working day before closing, else the next opening."""
    day = civil_day(instant)
    if calendar.is_working(day) and instant < calendar.closing(day):
        return instant.astimezone(SHANGHAI)
    return calendar.opening(calendar.add(day, 1))


def _checked(pauses: Iterable[Pause]) -> list[Pause]:
    ordered = sorted(pauses)
    if any(ended < began for began, ended in ordered):
        raise ValueError("A pause cannot end before it begins.")
    return ordered


def _by_day(pauses: Iterable[Pause]) -> Iterator[_Days]:
    """Yield pauses as days in order, overlapping ones joined; those within one day vanish."""
    joined: _Days | None = None
    for began, ended in pauses:
        begin, end = civil_day(began), civil_day(ended)
        if joined and begin <= joined[1]:
            joined = (joined[0], max(joined[1], end))
            continue
        if joined and joined[0] < joined[1]:
            yield joined
        joined = (begin, end)
    if joined and joined[0] < joined[1]:
        yield joined


def _seconds(moment: time) -> float:
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
