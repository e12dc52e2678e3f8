"""The way to a due date, step by step, with the rule behind each step (时限推算). Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from cases.working_time import (
    ONE_DAY,
    Calendar,
    Deadline,
    Pause,
    Stretch,
    civil_day,
    deadline,
    stretches,
    warning_days,
)
from portal.core.chinese import day_words, instant_words, listed

COUNTING = "《中华人民共和国行政许可法》第八十二条、《中华人民共和国民法典》第二百零一条"
HOLIDAYS = "国务院办公厅公布的节假日安排"
LAST_DAY = "《中华人民共和国民法典》第二百零三条"
# No statute knows cards: what follows is local practice.
WARNING = "预警规则：剩余工作日不超过时限的 20%（至少 1 个工作日）时黄牌提醒"
SHORT_WARNING = "预警规则：时限不足 3 个工作日的，到期当日黄牌提醒"
OWN_WARNING = "预警规则：该事项自定的提前天数"
WEEKENDS = "周末"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way to a due date; `days` are the days it counts or leaves out.

    Kinds: start, rule, counted, skipped (weekends and holidays), made_up (work on a weekend),
    paused, moved (a same-day item to the next opening), provisional, due, yellow; a work item adds
    limit, extended, waiting, ended.
    """

    kind: str
    begin: date
    end: date
    days: int
    text: str
    source: str = ""


class Reason(NamedTuple):
    """Why a clock stood still, and on what legal basis."""

    words: str
    basis: str


def explain(
    calendar: Calendar,
    *,
    start: datetime,
    budget: int,
    pauses: Iterable[Pause] = (),
    reasons: Mapping[Pause, Reason] | None = None,
    warn_days: int | None = None,
) -> list[Step]:
    """Return every step from the start to due and yellow instants, each with a Chinese sentence.

    `reasons` tells why each pause was made. Raises ValueError as `deadline` does.
    """
    closed = sorted(pauses)
    result = deadline(calendar, start=start, budget=budget, pauses=closed, warn_days=warn_days)
    return [
        began(start),
        rule(calendar, start, budget),
        *way(calendar, start, budget, closed, reasons or {}),
        *ending(result, budget, warn_days),
    ]


def began(start: datetime, why: str = "", source: str = "") -> Step:
    """Return the step that names the start and what made the clock begin."""
    day = civil_day(start)
    return Step("start", day, day, 0, f"{why or f'{instant_words(start)} '}起算。", source)


def rule(calendar: Calendar, start: datetime, budget: int) -> Step:
    """Return the step that says how days are counted."""
    day, closes = civil_day(start), f"{calendar.hours.closes:%H:%M}"
    if not budget:
        text = f"即办事项，当日 {closes} 下班前办结；下班后或休息日收到的，自下一工作日上班起算。"
        return Step("rule", day, day, 0, text, LAST_DAY)
    text = (
        f"按工作日计算：当日不计，自次日起计 {days_words(budget)}，到最后一日 {closes} 下班为止。"
    )
    return Step("rule", day, day, budget, text, COUNTING)


def way(
    calendar: Calendar,
    start: datetime,
    budget: int,
    pauses: Iterable[Pause],
    reasons: Mapping[Pause, Reason],
) -> list[Step]:
    """Return what was counted, what was left out and why, from the start to the due day."""
    closed, day = sorted(pauses), civil_day(start)
    if not budget:
        return list(_same_day(calendar, start, closed, reasons))
    steps: list[Step] = []
    for stretch in stretches(calendar, day, budget, closed):
        told = _counted if stretch.counted else _left_out
        steps += told(calendar, stretch, closed, reasons)
    return steps


def ending(result: Deadline, budget: int, warn_days: int | None = None) -> list[Step]:
    """Return the last two steps: until when, and from when on a yellow card warns."""
    due_on, warned = result.due_on, civil_day(result.yellow_at)
    if budget < 3:
        source, when = SHORT_WARNING, ""
    else:
        source = OWN_WARNING if warn_days else WARNING
        when = f"剩余不超过 {days_words(warn_days or warning_days(budget))}时，"
    return [
        Step("due", due_on, due_on, 0, f"应于 {instant_words(result.due_at)} 前办结。", LAST_DAY),
        Step(
            "yellow",
            warned,
            warned,
            0,
            f"{when}{instant_words(result.yellow_at)} 起黄牌提醒。",
            source,
        ),
    ]


def days_words(days: int) -> str:
    return f"{days} 个工作日"


def _counted(
    calendar: Calendar,
    stretch: Stretch,
    pauses: Iterable[Pause],
    reasons: Mapping[Pause, Reason],
) -> Iterator[Step]:
    """Yield the days counted, the days off among them, work on weekends, pauses of no effect."""
    begin, end, days, _ = stretch
    yield Step("counted", begin, end, days, f"{_span(stretch)}，计 {days_words(days)}。")
    off = Counter(
        holiday(calendar, day) or WEEKENDS for day in _days(stretch) if not calendar.is_working(day)
    )
    if off:
        words = listed(f"{name} {count} 天" for name, count in off.items())
        text = f"其间{words}休息，不计入。"
        source = HOLIDAYS if set(off) != {WEEKENDS} else ""
        yield Step("skipped", begin, end, off.total(), text, source)
    made_up = [day for day in _days(stretch) if calendar.exceptions.get(day)]
    if made_up:
        text = f"其间{listed(map(day_words, made_up))}调休上班，照常计入。"
        yield Step("made_up", made_up[0], made_up[-1], len(made_up), text, HOLIDAYS)
    guessed = sorted({day.year for day in _days(stretch) if calendar.is_provisional(day)})
    if guessed and calendar.official_years:
        years = listed(f"{year}年" for year in guessed)
        text = f"{years}的放假安排尚未公布，暂按周一至周五为工作日推算。"
        yield Step("provisional", begin, end, 0, text)
    for pause in pauses:
        day = civil_day(pause[0])
        if day == civil_day(pause[1]) and begin < day <= end:
            because = _because([pause], reasons)
            text = f"{day_words(day)}{because.words}暂停计时，当日恢复，不影响时限。"
            yield Step("paused", day, day, 0, text, because.basis)


def _left_out(
    calendar: Calendar,
    stretch: Stretch,
    pauses: Iterable[Pause],
    reasons: Mapping[Pause, Reason],
) -> Iterator[Step]:
    """Yield the days during which the clock stood, with the reasons."""
    begin, end, days, _ = stretch
    meant = [one for one in pauses if civil_day(one[0]) < end and civil_day(one[1]) > begin]
    because = _because(meant, reasons)
    text = f"{_span(stretch)}{because.words}暂停计时，其间 {days_words(days)}不计入时限。"
    yield Step("paused", begin, end, days, text, because.basis)


def _same_day(
    calendar: Calendar, start: datetime, pauses: list[Pause], reasons: Mapping[Pause, Reason]
) -> Iterator[Step]:
    """Yield the move to the next opening, and what each pause did: held the item over, or not."""
    begun = deadline(calendar, start=start, budget=0).due_on
    if begun != civil_day(start):
        text = f"当日已下班或休息，自{day_words(begun)}上班起办理。"
        yield Step("moved", civil_day(start), begun, 0, text, LAST_DAY)
    for number, pause in enumerate(pauses, 1):
        due_on = deadline(calendar, start=start, budget=0, pauses=pauses[:number]).due_on
        because, day = _because([pause], reasons), civil_day(pause[0])
        if due_on != begun:
            text = f"{because.words or '因'}暂停计时跨过下班时间，自{day_words(due_on)}起办理。"
            yield Step("paused", begun, due_on, 0, text, because.basis)
        elif pause[1] > start:
            text = f"{day_words(day)}{because.words}暂停计时，不影响时限。"
            yield Step("paused", day, civil_day(pause[1]), 0, text, because.basis)
        begun = due_on


def _because(pauses: Iterable[Pause], reasons: Mapping[Pause, Reason]) -> Reason:
    found = [reasons[pause] for pause in pauses if pause in reasons]
    words = listed(dict.fromkeys(one.words for one in found))
    basis = "；".join(dict.fromkeys(one.basis for one in found))
    return Reason(f"因{words}" if words else "", basis)


def holiday(calendar: Calendar, day: date) -> str:
    """Return the holiday that a day off belongs to, weekends beside it included; else nothing."""
    run = [
        *takewhile(lambda one: not calendar.is_working(one), _from(day, -ONE_DAY)),
        *takewhile(lambda one: not calendar.is_working(one), _from(day + ONE_DAY, ONE_DAY)),
    ]
    off = sorted(one for one in run if one in calendar.exceptions)
    return listed(dict.fromkeys(calendar.names.get(one) or "放假" for one in off))


def _from(day: date, step: timedelta) -> Iterator[date]:
    while True:
        yield day
        day += step


def _days(stretch: Stretch) -> Iterator[date]:
    day = stretch.begin
    while day < stretch.end:
        day += ONE_DAY
        yield day


def _span(stretch: Stretch) -> str:
    first, last = day_words(stretch.begin + ONE_DAY), day_words(stretch.end)
    return first if first == last else f"{first}至{last}"
