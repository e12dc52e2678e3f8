"""The course of time (趋势): what came in and what was decided, by day, week or month."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from cases.supervision import figures
from cases.supervision.figures import Point
from cases.supervision.pages import lists, wording
from cases.supervision.pages.frame import Frame, frame
from cases.supervision.scope import Period, Step, month_of
from cases.supervision.tables import Cell, Column, Row, Table
from portal.accounts.models import User
from portal.core.chinese import month_words

STEPS: dict[Step, str] = {"day": "按日", "week": "按周", "month": "按月"}
COLUMNS = (
    Column("收件（联办件）"),
    Column("起算"),
    Column("办结", series="bar"),
    Column("超时办结"),
    Column("按时办结率", "percent", series="line"),
    Column("用时中位数"),
    Column("九成用时"),
)
# Longer steps for longer periods, so that a chart has no more bars than one can tell apart.
MOST_DAYS, MOST_WEEKS = 45, 200


def page(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of the page of trends."""
    seen = frame(reader, given)
    step = chosen_step(seen)
    points = _points(seen, step)
    return seen.context(
        "cases:supervision-trends",
        _table(seen, step, points),
        heading=heading(seen, step, points),
        steps=[
            {
                "label": label,
                "url": f"{reverse('cases:supervision-trends')}?{seen.choice.general(step=code)}",
                "current": code == step,
                "count": None,
            }
            for code, label in STEPS.items()
        ],
        own={"step": seen.given["step"]} if seen.given.get("step") in STEPS else {},
        download_url=f"{reverse('cases:supervision-excel', args=['trends'])}"
        f"?{seen.choice.general(step=step)}",
    )


def sheets(seen: Frame) -> list[Table]:
    step = chosen_step(seen)
    return [_table(seen, step, _points(seen, step))]


def chosen_step(seen: Frame) -> Step:
    """Return the step that an address names, else the one that fits the period."""
    stated = seen.given.get("step", "")
    if stated in STEPS:
        return stated
    days = (seen.choice.period.end - seen.choice.period.begin).days
    return "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS else "month"


def heading(seen: Frame, step: Step, points: list[Point]) -> str:
    """Return the sentence that compares the last step with the one before it."""
    where, when = seen.where, seen.choice.period_words
    decided = sum(point.figures.decided for point in points)
    if not decided:
        return f"{where}{when}还没有办结的办件"
    busiest = max(points, key=lambda point: point.figures.decided)
    told = f"{where}{when}办结 {decided:,} 件"
    if len(points) == 1:
        return told
    return f"{told}，{step_words(busiest.begin, step)}最多，{busiest.figures.decided:,} 件"


def step_words(begin: date, step: Step) -> str:
    """Return 11月24日, 11月23日起一周, 2026年11月."""
    match step:
        case "month":
            return month_words(begin)
        case "week":
            return f"{begin.month}月{begin.day}日起一周"
    return f"{begin.month}月{begin.day}日"


def _points(seen: Frame, step: Step) -> list[Point]:
    """Return the points up to today: what is still to come is no trend."""
    period = seen.choice.period
    end = max(period.begin, min(period.end, seen.choice.today))
    return figures.trend(seen.choice.scope, Period(period.begin, end), step)


def _table(seen: Frame, step: Step, points: list[Point]) -> Table:
    return Table(
        "trend",
        f"{seen.choice.period_words}：{STEPS[step]}",
        (Column("日期" if step == "day" else "期间", "text"), *COLUMNS),
        [_row(seen, step, point) for point in points],
        note="办结为柱，按时办结率为线",
        chart=f"{STEPS[step]}的办结件数与按时办结率",
    )


def _row(seen: Frame, step: Step, point: Point) -> Row:
    one, span = point.figures, _span(seen.choice.period, step, point.begin)
    changes = {"period": "range", "from": span.begin.isoformat(), "until": span.end.isoformat()}

    def cell(clock: str, count: int) -> Cell:
        return Cell(count, url=lists.url(seen.choice, clock, **changes) if count else "")

    return Row(
        [
            Cell(step_words(point.begin, step)),
            cell("received", point.intake.received),
            cell("started", one.started),
            cell("decided", one.decided),
            cell("late", one.late),
            Cell(one.on_time_rate),
            Cell(one.median_net, words=wording.whole_days(one.median_net)),
            Cell(one.p90_net, words=wording.whole_days(one.p90_net)),
        ]
    )


def _span(period: Period, step: Step, begin: date) -> Period:
    """Return the days of one step, cut to the period like the figures are."""
    match step:
        case "day":
            end = begin
        case "week":
            end = begin + timedelta(days=6)
        case _:
            end = month_of(begin).end
    return Period(max(begin, period.begin), min(end, period.end))
