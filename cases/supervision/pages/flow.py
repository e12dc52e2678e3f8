"""Where the days go (堵点), which stage is late (环节超时), and when people come (忙闲分布)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.urls import reverse

from cases.supervision import rhythm, stages
from cases.supervision.bottleneck import Bottleneck, EdgeCost, ItemCost, bottleneck
from cases.supervision.pages import lists
from cases.supervision.pages.frame import Frame, frame
from cases.supervision.rhythm import ACTS, Act, heat_map
from cases.supervision.selection import WEEKDAYS
from cases.supervision.tables import Cell, Column, Row, Table
from cases.working_time import WorkingHours
from portal.accounts.models import User

# ---- bottlenecks --------------------------------------------------------------------------------

EDGES = (
    Column("先办", "text"),
    Column("后办", "text"),
    Column("等候件数"),
    Column("平均等候（工作日）", "days"),
    Column("合计等候（工作日）"),
    Column("拖后整件的件数"),
    Column("拖后整件（工作日）", series="bar"),
    Column("占比", "percent"),
)
ITEMS = (
    Column("事项", "text"),
    Column("办结"),
    Column("平均用时（工作日）", "days", series="bar"),
    Column("合计用时（工作日）", "days"),
    Column("决定整件办结的件数"),
)


def bottlenecks(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of the page of bottlenecks."""
    seen = frame(reader, given)
    found = bottleneck(seen.choice.scope, seen.choice.period, calendar=seen.calendar)
    return seen.context(
        "cases:supervision-bottlenecks",
        *_flow_tables(seen, found),
        heading=_flow_heading(seen, found),
        download_url=_download("bottlenecks", seen),
    )


def bottleneck_sheets(seen: Frame) -> list[Table]:
    found = bottleneck(seen.choice.scope, seen.choice.period, calendar=seen.calendar)
    return _flow_tables(seen, found)


def _flow_heading(seen: Frame, found: Bottleneck) -> str:
    where, when = seen.where, seen.choice.period_words
    if not found.cases:
        return f"{where}{when}还没有全部办结的联办件"
    worst = found.worst
    if worst is None:
        return f"{where}{when}办结的 {found.cases:,} 件联办件没有因等候前一事项而拖后"
    before, after = _name(seen, worst.predecessor), _name(seen, worst.dependant)
    average = worst.critical_days / worst.critical_waits
    return (
        f"{where}{when}堵在“{before}”到“{after}”之间："
        f"{worst.critical_waits:,} 件平均多等 {average:.1f} 个工作日"
    )


def _flow_tables(seen: Frame, found: Bottleneck) -> list[Table]:
    lost = sum(edge.critical_days for edge in found.edges)
    return [
        Table(
            "edges",
            "等候最久的环节",
            EDGES,
            [_edge_row(seen, edge, lost) for edge in found.edges],
            note=f"{seen.choice.period_words}全部办结的 {found.cases:,} 件联办件",
            chart="各环节拖后整件的工作日",
            lying=True,
            empty="没有需要等候前一事项的办件。",
        ),
        Table(
            "items",
            "事项自身用时",
            ITEMS,
            [_cost_row(seen, item) for item in found.items],
            note="暂停计时不计入",
            chart="各事项平均用时",
            lying=True,
        ),
    ]


def _edge_row(seen: Frame, edge: EdgeCost, lost: int) -> Row:
    before, after = _name(seen, edge.predecessor), _name(seen, edge.dependant)
    return Row(
        [
            Cell(before, name=f"{before} → {after}"),
            Cell(after, url=_narrowed(seen, edge.dependant)),
            Cell(edge.waits),
            Cell(edge.average),
            Cell(edge.days),
            Cell(edge.critical_waits),
            Cell(edge.critical_days),
            Cell(edge.critical_days / lost if lost else None),
        ]
    )


def _cost_row(seen: Frame, item: ItemCost) -> Row:
    return Row(
        [
            Cell(_name(seen, item.item), url=_narrowed(seen, item.item)),
            Cell(item.decided),
            Cell(item.average),
            Cell(item.net),
            Cell(item.critical),
        ]
    )


def _name(seen: Frame, code: str) -> str:
    return seen.items.get(code, code)


def _narrowed(seen: Frame, code: str) -> str:
    """Return the list of what was decided of an item in the period."""
    if code not in seen.items:
        return ""
    page = reverse("cases:supervision-work-items")
    return f"{page}?{seen.choice.general(item=code, clock='decided')}"


# ---- stages -------------------------------------------------------------------------------------

STAGES = (
    Column("环节", "text"),
    Column("超时办件", series="bar"),
    Column("其中整件没有超时"),
    Column("口径", "text"),
)
MEANINGS = {
    "intake": "窗口收件后 5 个工作日没有答复，或逾期才受理",
    "department": "部门在应办结时间之后作出决定",
    "delivery": "准予决定后 10 个工作日没有送达（行政许可法第四十四条）",
}


def overtime(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of the page of stages."""
    seen = frame(reader, given)
    table = overtime_sheets(seen)[0]
    return seen.context(
        "cases:supervision-stages",
        table,
        heading=_overtime_heading(seen, table),
        download_url=_download("stages", seen),
    )


def overtime_sheets(seen: Frame) -> list[Table]:
    choice = seen.choice
    found = stages.overtime(choice.scope, choice.period, now=seen.now, calendar=seen.calendar)
    page = reverse("cases:supervision-work-items")
    rows = [
        Row(
            [
                Cell(stages.STAGES[stage]),
                Cell(
                    one.late,
                    url=f"{page}?{choice.general(stage=stage.value)}" if one.late else "",
                ),
                Cell(one.case_in_time),
                Cell(MEANINGS[stage]),
            ]
        )
        for stage, one in found.items()
    ]
    title = f"{choice.period_words}：按环节"
    return [Table("stages", title, STAGES, rows, chart="各环节超时的办件数", lying=True)]


def _overtime_heading(seen: Frame, table: Table) -> str:
    late = {str(row.cells[0].value): _count(row.cells[1]) for row in table.rows}
    saved = sum(_count(row.cells[2]) for row in table.rows)
    total, told = sum(late.values()), f"{seen.where}{seen.choice.period_words}"
    if not total:
        return f"{told}各环节都没有超时"
    worst = max(late, key=lambda name: late[name])
    share = f"其中 {saved:,} 件整件没有超时" if saved else "整件也都超时"
    where = f"都在{worst}" if late[worst] == total else f"{worst}最多，有 {late[worst]:,} 件"
    return f"{told}环节超时 {total:,} 件，{where}；{share}"


def _count(cell: Cell) -> int:
    return cell.value if isinstance(cell.value, int) else 0


# ---- weekday and hour ---------------------------------------------------------------------------

SHADES = 5


@dataclass(frozen=True, slots=True)
class Shade:
    """One field of the heat map: how often, how dark from 0 to 5, and the list that it counts."""

    hour: int
    count: int
    shade: int
    url: str


def hours(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of the heat map: weekday × hour."""
    seen = frame(reader, given)
    act = _act(seen)
    week = heat_map(seen.choice.scope, seen.choice.period, act)
    most, shown = max(map(max, week)), _busy_hours(week, seen.calendar.hours)
    page = reverse("cases:supervision-hours")
    return seen.context(
        "cases:supervision-hours",
        heading=_hours_heading(seen, act, week),
        act=act,
        act_words=ACTS[act],
        acts=[
            {
                "label": f"按{label}时间",
                "url": f"{page}?{seen.choice.general(act=code)}",
                "current": code == act,
                "count": None,
            }
            for code, label in ACTS.items()
        ],
        own={"act": act},
        hours=shown,
        week=[
            {
                "name": name,
                "hours": [
                    Shade(hour, day[hour], _shade(day[hour], most), _at(seen, act, number, hour))
                    for hour in shown
                ],
                "total": sum(day),
            }
            for number, (name, day) in enumerate(zip(WEEKDAYS, week, strict=True), 1)
        ],
        by_hour=[sum(day[hour] for day in week) for hour in shown],
        total=f"{sum(map(sum, week)):,}",
        download_url=f"{reverse('cases:supervision-excel', args=['hours'])}"
        f"?{seen.choice.general(act=act)}",
    )


def hours_sheets(seen: Frame) -> list[Table]:
    act = _act(seen)
    week = heat_map(seen.choice.scope, seen.choice.period, act)
    columns = [
        Column("星期", "text"),
        *(Column(f"{hour} 时") for hour in range(24)),
        Column("合计"),
    ]
    rows = [
        Row([Cell(name), *map(Cell, day), Cell(sum(day))])
        for name, day in zip(WEEKDAYS, week, strict=True)
    ]
    by_hour = [sum(hour) for hour in zip(*week, strict=True)]
    total = Row([Cell("合计"), *map(Cell, by_hour), Cell(sum(by_hour))])
    return [Table("hours", f"{ACTS[act]}时间分布", columns, rows, total=total)]


def _act(seen: Frame) -> Act:
    stated = seen.given.get("act", "")
    return cast(Act, stated) if stated in rhythm.ACTS else "received"


def _at(seen: Frame, act: Act, weekday: int, hour: int) -> str:
    """Return the list of what happened on a weekday in one hour."""
    return lists.url(seen.choice, act, at=f"{weekday}-{hour}")


def _busy_hours(week: list[list[int]], business: WorkingHours) -> range:
    """Return the hours to show: those of business, and as many more as anything happened in."""
    busy = [hour for hour in range(24) if any(day[hour] for day in week)]
    return range(min([business.opens.hour, *busy]), max([business.closes.hour, *busy]) + 1)


def _shade(count: int, most: int) -> int:
    return -(-count * SHADES // most) if count else 0


def _hours_heading(seen: Frame, act: Act, week: list[list[int]]) -> str:
    told, total = f"{seen.where}{seen.choice.period_words}", sum(map(sum, week))
    unit = "联办件" if act == "received" else "办件"
    if not total:
        return f"{told}没有{ACTS[act]}的{unit}"
    count, day, hour = max(
        (count, -day, -hour) for day, line in enumerate(week) for hour, count in enumerate(line)
    )
    when = f"{WEEKDAYS[-day]} {-hour} 时至 {1 - hour} 时"
    return f"{told}{ACTS[act]} {total:,} 件{unit}，{when}最多，有 {count:,} 件"


def _download(page: str, seen: Frame) -> str:
    return f"{reverse('cases:supervision-excel', args=[page])}?{seen.choice.general()}"
