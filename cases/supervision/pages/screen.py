"""The big screen (大屏): a few large figures that renew themselves, nothing to operate."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cases.supervision import figures
from cases.supervision.figures import Figures, Intake
from cases.supervision.pages import wording
from cases.supervision.pages.frame import Frame, frame
from cases.supervision.pages.trends import step_words
from cases.supervision.scope import Key, Period
from cases.supervision.tables import Cell, Column, Row, Table
from portal.accounts.models import User

DEPARTMENTS_SHOWN = 7
DAYS_SHOWN = 14
MOST_CHARACTERS = 22  # of the six figures side by side in the largest letters


def page(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of the big screen."""
    seen = frame(reader, given)
    choice = seen.choice
    found = figures.by("department", choice.scope, now=seen.now, period=choice.period)
    every = figures.total(found.values())
    names = {one.pk: one.short_name for one in seen.departments}
    red = {names[pk]: one.red for pk, one in found.items() if isinstance(pk, int)}
    shown = _figures(every, figures.intake(choice.scope, choice.period), seen)
    return seen.context(
        "cases:supervision-screen",
        _departments(seen, found),
        _days(seen),
        heading=wording.heading(every, red, seen.where),
        figures=shown,
        is_long=sum(len(one["value"]) for one in shown) > MOST_CHARACTERS,
        screen_query=choice.general(),
    )


def _figures(every: Figures, intake: Intake, seen: Frame) -> list[dict[str, str]]:
    when = seen.choice.period_words

    def one(label: str, value: str, note: str, card: str = "") -> dict[str, str]:
        return {"label": label, "value": value, "note": note, "card": card}

    return [
        one("在办", f"{every.open:,}", f"{when}收件 {intake.received:,} 件"),
        one("黄牌", f"{every.yellow:,}", "临近时限", "yellow"),
        one("红牌", f"{every.red:,}", "超过时限", "red"),
        one("按时办结率", wording.rate(every), f"{when}办结 {every.decided:,} 件"),
        one("等申请人", f"{every.applicant:,}", "不计部门用时"),
        one("等前一事项", f"{every.waiting:,}", "时限未起算"),
    ]


def _departments(seen: Frame, found: Mapping[Key, Figures]) -> Table:
    """Return the departments with most red, then yellow cards."""
    worst = sorted(
        (one for one in seen.departments if one.pk in found),
        key=lambda one: (-found[one.pk].red, -found[one.pk].yellow, one.position),
    )
    rows = [
        Row(
            [
                Cell(one.short_name),
                Cell(found[one.pk].open),
                Cell(found[one.pk].yellow, card="yellow" if found[one.pk].yellow else ""),
                Cell(found[one.pk].red, card="red" if found[one.pk].red else ""),
                Cell(found[one.pk].on_time_rate),
            ]
        )
        for one in worst[:DEPARTMENTS_SHOWN]
    ]
    columns = (
        Column("部门", "text"),
        Column("在办"),
        Column("黄牌"),
        Column("红牌"),
        Column("按时办结率", "percent"),
    )
    return Table("screen-departments", "各部门", columns, rows)


def _days(seen: Frame) -> Table:
    """Return what was decided on each of the last days."""
    today = seen.choice.today
    period = Period(today - timedelta(days=DAYS_SHOWN - 1), today)
    rows = [
        Row([Cell(step_words(point.begin, "day")), Cell(point.figures.decided)])
        for point in figures.trend(seen.choice.scope, period, "day")
    ]
    columns = (Column("日期", "text"), Column("办结", series="bar"))
    title = f"近 {DAYS_SHOWN} 天办结"
    return Table("screen-days", title, columns, rows, chart=title)
