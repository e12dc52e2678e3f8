"""The front page (总览): what is late, the figures, the breakdown, the worst."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.urls import reverse

from cases.supervision import figures
from cases.supervision.figures import Compression, Figures, Intake
from cases.supervision.pages import lists, wording
from cases.supervision.pages.frame import Frame, frame
from cases.supervision.pages.groups import GROUPINGS, Group, named
from cases.supervision.scope import Grouping, Key, month_before, month_of
from cases.supervision.selection import Selection
from cases.supervision.tables import Cell, Column, Row, Table
from portal.accounts.models import User

WORST_SHOWN = 10

STANDING = (
    Column("在办", series="bar"),
    Column("黄牌"),
    Column("红牌"),
    Column("暂停计时"),
    Column("等申请人"),
    Column("等前一事项"),
)
INTAKE = (Column("收件（联办件）"), Column("受理（联办件）"))
DONE = (
    Column("起算"),
    Column("办结"),
    Column("超时办结"),
    Column("按时办结率", "percent"),
    Column("用时中位数"),
    Column("九成用时"),
    Column("平均承诺", "days"),
)
SAVED = (
    Column("改革前", "days"),
    Column("比改革前压缩", "percent"),
    Column("比法定压缩", "percent"),
)


def page(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of the front page."""
    seen = frame(reader, given)
    by = grouping(given)
    found = figures.by("department", seen.choice.scope, now=seen.now, period=seen.choice.period)
    every = figures.total(found.values())
    saved = figures.compression(seen.choice.scope, seen.choice.period)
    intake = figures.intake(seen.choice.scope, seen.choice.period)
    late = lists.worst(seen, WORST_SHOWN)
    return seen.context(
        "cases:supervision",
        *breakdown(seen, by, found if by == "department" else None, saved),
        heading=wording.heading(every, _red(seen, found), seen.where),
        standing=standing(every, seen.choice),
        done=done(every, intake, figures.compressed(saved), seen),
        late=late,
        late_count=every.red,
        late_url=lists.url(seen.choice, "red"),
        groupings=[_tab(seen.choice, code, by) for code in GROUPINGS],
        own={"by": by} if by != "department" else {},
        download_url=f"{reverse('cases:supervision-excel', args=['overview'])}"
        f"?{seen.choice.general(by=by)}",
    )


def sheets(seen: Frame) -> list[Table]:
    """Return the tables of the front page for a download."""
    saved = figures.compression(seen.choice.scope, seen.choice.period)
    return breakdown(seen, grouping(seen.given), None, saved)


def grouping(given: Mapping[str, str]) -> Grouping:
    """Return what the breakdown goes by; departments where an address says nothing usable."""
    by = given.get("by", "")
    return by if by in GROUPINGS else "department"


def _tab(choice: Selection, code: Grouping, by: Grouping) -> dict[str, Any]:
    query = choice.general(by=code if code != "department" else "")
    url = f"{reverse('cases:supervision')}?{query}".rstrip("?")
    return {"label": GROUPINGS[code], "url": f"{url}#by", "current": code == by, "count": None}


def _red(seen: Frame, found: Mapping[Key, Figures]) -> dict[str, int]:
    names = {one.pk: one.short_name for one in seen.departments}
    if seen.choice.department:
        names = {seen.choice.department.pk: seen.choice.department.short_name}
    return {name: found[pk].red if pk in found else 0 for pk, name in names.items()}


# ---- the figures --------------------------------------------------------------------------------


def figure(name: str, label: str, value: str, url: str, **more: str) -> dict[str, Any]:
    """Return one figure of a strip; `name` keeps the keyboard's place when figures are renewed."""
    return {
        "name": name,
        "label": label,
        "value": value,
        "unit": "",
        "note": "",
        "card": None,
        "url": url,
        **more,
    }


def standing(every: Figures, choice: Selection) -> list[dict[str, Any]]:
    """Return what stands now, each with its list; the applicant's time is kept apart."""

    def one(name: str, label: str, **more: str) -> dict[str, Any]:
        return figure(name, label, f"{getattr(every, name):,}", lists.url(choice, name), **more)

    return [
        one("open", "在办", note=f"正常计时 {every.normal:,} 件"),
        one("yellow", "黄牌", card="yellow", note="临近时限"),
        one("red", "红牌", card="red", note="超过时限"),
        one("paused", "暂停计时", note="不计部门用时"),
        one("applicant", "等申请人", note="补充材料，含在暂停计时内"),
        one("waiting", "等前一事项", note="时限尚未起算"),
    ]


def done(
    every: Figures, intake: Intake, saved: Compression | None, seen: Frame
) -> list[dict[str, Any]]:
    """Return what was done in the period, each with its list."""
    choice = seen.choice
    window = f"，窗口超时 {every.late_at_window:,} 件" if every.late_at_window else ""
    return [
        figure(
            "received", "收件", f"{intake.received:,}", lists.url(choice, "received"), note="联办件"
        ),
        figure(
            "accepted",
            "受理",
            f"{intake.accepted:,}",
            lists.url(choice, "accepted"),
            note=f"联办件，视为受理 {intake.deemed:,} 件" if intake.deemed else "联办件",
        ),
        figure(
            "decided",
            "办结",
            f"{every.decided:,}",
            lists.url(choice, "decided"),
            note=f"起算 {every.started:,} 件",
        ),
        figure(
            "late",
            "按时办结率",
            wording.rate(every),
            lists.url(choice, "late"),
            note=f"超时 {every.late:,} 件{window}{_last_month(seen)}",
        ),
        figure(
            "median",
            "用时中位数",
            wording.whole_days(every.median_net),
            lists.url(choice, "decided"),
            unit="个工作日" if every.median_net else "",
            note=wording.nine_in_ten(every),
        ),
        figure(
            "saved",
            "比改革前压缩",
            wording.share(saved.saved if saved else None),
            f"{reverse('cases:supervision')}?{choice.general(by='item')}#by",
            note=f"{wording.before_after(saved)}；"
            f"比法定压缩 {wording.share(saved.saved_of_statutory if saved else None)}",
        ),
    ]


def _last_month(seen: Frame) -> str:
    """Return last month's rate beside this month's."""
    if seen.choice.period_name != "month":
        return ""
    before = month_of(month_before(seen.choice.period.begin))
    return f"，上月 {wording.rate(figures.overall(seen.choice.scope, now=seen.now, period=before))}"


# ---- the breakdown ------------------------------------------------------------------------------


def breakdown(
    seen: Frame,
    by: Grouping,
    found: Mapping[Key, Figures] | None,
    saved: list[Compression],
) -> list[Table]:
    """Return the two tables of a breakdown: what stands now, and what was done in the period."""
    choice = seen.choice
    if found is None:
        found = figures.by(by, choice.scope, now=seen.now, period=choice.period)
    groups = named(seen, by, found)
    label = GROUPINGS[by].removeprefix("按")
    name = Column(label, "text")
    every = Group("", "合计", figures.total(found.values()), {})
    return [
        Table(
            "standing",
            f"现在：{GROUPINGS[by]}",
            (name, *STANDING),
            [_standing_row(choice, group) for group in groups],
            total=_standing_row(choice, every) if len(groups) > 1 else None,
            empty="没有在办或期内办结的办件。",
        ),
        _done_table(seen, by, name, groups, every, saved),
    ]


def _standing_row(choice: Selection, group: Group) -> Row:
    one = group.figures
    meter = {"ok": one.normal, "yellow": one.yellow, "red": one.red}
    every = group.cell(choice, "open", one.open)
    return Row(
        [
            Cell(group.name, url=group.url(choice), note=group.note),
            replace(every, meter=meter if any(meter.values()) else None),
            group.cell(choice, "yellow", one.yellow, "yellow"),
            group.cell(choice, "red", one.red, "red"),
            group.cell(choice, "paused", one.paused),
            group.cell(choice, "applicant", one.applicant),
            group.cell(choice, "waiting", one.waiting),
        ]
    )


def _done_table(
    seen: Frame,
    by: Grouping,
    name: Column,
    groups: list[Group],
    every: Group,
    saved: list[Compression],
) -> Table:
    choice = seen.choice
    taken_in = (
        figures.intake_by(by, choice.scope, choice.period)
        if by in {"one_thing", "district"}
        else None
    )
    compared = _compared(by, saved)
    columns = (name, *(INTAKE if taken_in is not None else ()), *DONE)
    if compared is not None:
        columns = (*columns, *SAVED)

    def row(group: Group, intake: Intake, one: Compression | None) -> Row:
        cells = [Cell(group.name, url=group.url(choice), note=group.note)]
        if taken_in is not None:
            cells += _intake_cells(choice, group, intake)
        cells += _done_cells(choice, group)
        return Row([*cells, *_saved_cells(one)] if compared is not None else cells)

    total_intake = Intake(
        sum(one.received for one in (taken_in or {}).values()),
        sum(one.accepted for one in (taken_in or {}).values()),
    )
    return Table(
        "done",
        f"{choice.period_words}：{GROUPINGS[by]}",
        columns,
        [
            row(group, (taken_in or {}).get(group.key, Intake()), (compared or {}).get(group.key))
            for group in groups
        ],
        note="用时为净工作日，暂停计时不计",
        total=row(every, total_intake, figures.compressed(saved)) if len(groups) > 1 else None,
        empty="没有在办或期内办结的办件。",
    )


def _intake_cells(choice: Selection, group: Group, one: Intake) -> list[Cell]:
    return [
        group.cell(choice, "received", one.received),
        group.cell(choice, "accepted", one.accepted),
    ]


def _done_cells(choice: Selection, group: Group) -> list[Cell]:
    one = group.figures
    return [
        group.cell(choice, "started", one.started),
        group.cell(choice, "decided", one.decided),
        group.cell(choice, "late", one.late),
        Cell(one.on_time_rate),
        Cell(one.median_net, words=wording.whole_days(one.median_net)),
        Cell(one.p90_net, words=wording.whole_days(one.p90_net)),
        Cell(one.average_promised, words="即办" if one.average_promised == 0 else ""),
    ]


def _saved_cells(one: Compression | None) -> list[Cell]:
    if one is None:
        return [Cell(), Cell(), Cell()]
    return [
        Cell(one.before),
        Cell(one.saved, words=wording.share(one.saved)),
        Cell(one.saved_of_statutory, words=wording.share(one.saved_of_statutory)),
    ]


def _compared(by: Grouping, saved: list[Compression]) -> dict[Key, Compression | None] | None:
    """Return the compression of each group; none where items do not tell it apart."""
    keys: dict[str, Any] = {
        "department": lambda one: one.department,
        "item": lambda one: (one.one_thing, one.item),
        "one_thing": lambda one: one.one_thing,
    }
    if by not in keys:
        return None
    grouped: dict[Key, list[Compression]] = {}
    for one in saved:
        grouped.setdefault(keys[by](one), []).append(one)
    return {key: figures.compressed(ones) for key, ones in grouped.items()}
