"""The pages of the comprehensive database: what stands in their tables, for page, chart and Excel.

A page shows the whole city or one district of it. Either is cut out of one cross table by district
that was suppressed as a whole, so that no two pages together give a small cell away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from cases.analysis import figures
from cases.analysis.axes import AXES, UNKNOWN, Axis
from cases.pages.picture import short_name
from cases.supervision.pages.frame import chart_library
from cases.supervision.scope import Period
from cases.supervision.selection import district_name, district_names, item_names
from cases.supervision.tables import Cell, Column, Row, Table, download
from policies import suppression
from policies.models import OneThing, Policy, SubjectKind
from policies.suppression import HIDDEN, SMALLEST, Published
from portal.core import clock
from portal.core.chinese import day_words

NOTE = (
    "人数按主体计，同一主体在一项中只计一次。"
    f"少于 {SMALLEST} 的数和可据以推算出它的数以“{HIDDEN}”表示，不予公布。"
)
NOBODY = "还没有建档的主体。填报、数据共享取得信息后自动列入。"
STAGES = ("曾符合条件", "已告知", "已申请", "已准予", "已拨付")

Tables = Callable[[str], list[Table]]
# (policy, district or the sum) → who may have it, who asked for it, who did not.
Claims = dict[tuple[str, str], tuple[int | None, int | None, int | None]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its short name and title, what it shows of a district ("": the city), its Excel."""

    name: str
    title: str
    tables: Tables
    sheets: Callable[[], list[Table]]
    by_district: bool = True


def context(code: str, district: str) -> dict[str, Any]:
    """Return the context of a page. Raises KeyError for a page that is not there.

    A district that is not there is answered with the whole city.
    """
    page, names = PAGES[code], _districts()
    chosen = district if page.by_district and district in names else ""
    return {
        "heading": f"{names.get(chosen, '全市')}{page.title}",
        "ways": [_way(one, shown.name, one == code, chosen) for one, shown in PAGES.items()],
        "tables": page.tables(chosen),
        "districts": names if page.by_district else {},
        "district": chosen,
        "as_of": day_words(clock.today()),
        "note": NOTE,
        "download_url": reverse("cases:analysis-excel", args=[code]),
        "chart_library": chart_library(),
    }


def excel(code: str) -> HttpResponse:
    """Return all of a page's figures as an Excel file. Raises KeyError for no such page."""
    page = PAGES[code]
    scope = f"数据截至 {day_words(clock.today())}\n{NOTE}"
    return download(f"综合数据库 {page.name}", page.sheets(), scope)


# ---- who the people are -------------------------------------------------------------------------


def _of_axis(axis: Axis, district: str) -> list[Table]:
    found = _population(axis)
    return [
        _slice(axis.name, found, _ordered(axis.names, found.rows), district),
        _by_district(found, axis.code),
    ]


def _sheets_of_axis(axis: Axis) -> list[Table]:
    found = _population(axis)
    return [_crossed(axis.name, found, _ordered(axis.names, found.rows))]


def _population(axis: Axis) -> Published:
    """Return the population by an axis and district; all pages withhold the same districts."""
    alike = [one for one in AXES.values() if one.kind == axis.kind]
    counted = [figures.population(one, clock.today()) for one in alike]
    return suppression.publish_together(counted)[alike.index(axis)]


# ---- what they want -----------------------------------------------------------------------------


def _demand(district: str) -> list[Table]:
    found = suppression.publish(figures.demand(*_last_year().instants), summed=False)
    names = _items()
    return [
        _slice("事项", found, _ordered(names, found.rows), district, note=_year_words()),
        _degrees(),
    ]


def _demand_sheets() -> list[Table]:
    found = suppression.publish(figures.demand(*_last_year().instants), summed=False)
    return [_crossed("事项", found, _ordered(_items(), found.rows)), _degrees()]


def _degrees() -> Table:
    """Return which items people of which degree asked for."""
    found = suppression.publish(figures.demand_by_degree(*_last_year().instants), summed=False)
    degrees = _ordered(AXES["degree"].names, found.columns)
    return Table(
        "degrees",
        "各学历申请人申请的事项",
        (Column("事项", "text"), *map(Column, degrees.values())),
        [
            Row([Cell(name), *(_count(found.cells[code, degree]) for degree in degrees)])
            for code, name in _ordered(_items(), found.rows).items()
        ],
        note=_year_words(),
        empty="这一期间没有个人申请。",
    )


# ---- from right to payment ----------------------------------------------------------------------


def _funnel() -> Table:
    money = [
        item.code
        for one_thing in _one_things()
        for item in one_thing.catalogue.items.values()
        if item.result.kind == "资金"
    ]
    ways = figures.funnel(money)
    return Table(
        "funnel",
        "各项政策从符合条件到拨付",
        (Column("政策", "text"), Column(STAGES[0], series="bar"), *map(Column, STAGES[1:])),
        [
            Row([Cell(name), *(map(_count, _stages(ways[code])))])
            for code, name in _policies().items()
            if code in ways
        ],
        note="已拨付以资金类事项的结果送达计；不发放资金的事项不计此项",
        chart="各项政策曾符合条件的主体数",
        lying=True,
        empty="还没有已发布的政策。",
    )


def _stages(way: figures.Way) -> list[int | None]:
    """Return the counts of the stages; one that differs by one to four from the last that is
    shown is hidden."""
    counts = (way.eligible, way.shown, way.applied, way.approved, way.paid)
    shown: list[int | None] = [suppression.hide_small(count) for count in counts]
    last = way.applied
    for at in (3, 4):
        if 0 < last - counts[at] < SMALLEST:
            shown[at] = None
        elif shown[at] is not None:
            last = counts[at]
    return shown


def _unclaimed(district: str) -> list[Table]:
    return [_unclaimed_in(_claims(), district or suppression.SUM, "应享未享")]


def _unclaimed_sheets() -> list[Table]:
    found = _claims()
    places = {suppression.SUM: "全市", **_districts()}
    tables = [_unclaimed_in(found, code, f"应享未享 {name}") for code, name in places.items()]
    return [table for table in tables if table.rows] or tables[:1]


def _unclaimed_in(found: Claims, place: str, title: str) -> Table:
    names = _policies()
    return Table(
        "unclaimed",
        title,
        (
            Column("政策", "text"),
            Column("现在符合条件"),
            Column("已申请"),
            Column("未申请", series="bar"),
            Column("未申请占比", "percent"),
        ),
        [
            _claim(name, *found[code, place])
            for code, name in names.items()
            if (code, place) in found
        ],
        note="按最近一次数据巡检；没有办理事项的政策都计为未申请",
        chart="各项政策符合条件而没有申请的主体数",
        lying=True,
        empty="最近一次数据巡检没有发现符合条件的主体。",
    )


def _claims() -> Claims:
    """Return by (policy, district or the sum) how many may have it, asked for it, and did not.

    Each policy is suppressed as one table of districts by asked or not.
    """
    counted: dict[str, dict[tuple[str, str], int]] = {}
    for (code, place, asked), count in figures.claims().items():
        counted.setdefault(code, {})[place, "asked" if asked else "not"] = count
    found: Claims = {}
    for code, counts in counted.items():
        whole = suppression.publish({**counts, ("", "asked"): 0, ("", "not"): 0})
        found[code, suppression.SUM] = (whole.total, whole.columns["asked"], whole.columns["not"])
        for place, total in whole.rows.items():
            found[code, place] = (total, whole.cells[place, "asked"], whole.cells[place, "not"])
    return found


def _claim(name: str, eligible: int | None, asked: int | None, left: int | None) -> Row:
    share = left / eligible if eligible and left is not None else None
    return Row([Cell(name), *map(_count, (eligible, asked, left)), _share(share)])


# ---- tables -------------------------------------------------------------------------------------


def _slice(
    title: str, found: Published, names: Mapping[str, str], district: str, note: str = ""
) -> Table:
    """Return the categories of a cross table for one district, or for the city.

    With a note of its own it counts what one subject may have several of, and has no shares.
    """
    counts = (
        {code: found.cells.get((code, district), 0) for code in names} if district else found.rows
    )
    whole = found.columns.get(district, 0) if district else found.total
    shares = [] if note else [Column("占比", "percent")]
    return Table(
        "categories",
        f"按{title}",
        (Column(title, "text"), Column("主体数", series="bar"), *shares),
        [
            Row(
                [
                    Cell(names[code]),
                    _count(counts[code]),
                    *(_share(_part(counts[code], whole)) for _ in shares),
                ]
            )
            for code in names
        ],
        note=note,
        chart=f"按{title}的主体数",
        lying=len(names) > 7,
        empty=NOBODY,
    )


def _by_district(found: Published, page: str) -> Table:
    address = reverse("cases:analysis", args=[page])
    names = _ordered(_districts(), found.columns)
    return Table(
        "districts",
        "按区县",
        (Column("区县", "text"), Column("主体数"), Column("占比", "percent")),
        [
            Row(
                [
                    Cell(name, url=f"{address}?{urlencode({'district': code})}"),
                    _count(found.columns[code]),
                    _share(_part(found.columns[code], found.total)),
                ]
            )
            for code, name in names.items()
        ],
        note="点区县名称查看该区县",
        empty=NOBODY,
    )


def _crossed(title: str, found: Published, names: Mapping[str, str]) -> Table:
    """Return a whole cross table, districts as columns: what Excel gets."""
    places = _ordered(_districts(), found.columns)
    return Table(
        "crossed",
        f"{title}与区县",
        (Column(title, "text"), *map(Column, places.values()), Column("合计")),
        [
            Row(
                [
                    Cell(name),
                    *(_count(found.cells[code, place]) for place in places),
                    _count(found.rows[code]),
                ]
            )
            for code, name in names.items()
        ],
        empty=NOBODY,
    )


def _count(count: int | None) -> Cell:
    return Cell(count) if count is not None else Cell(None, words=HIDDEN)


def _share(share: float | None) -> Cell:
    return Cell(share) if share is not None else Cell(None, words=HIDDEN)


def _part(count: int | None, whole: int | None) -> float | None:
    if count is None or whole is None:
        return None
    return count / whole if whole else 0.0


def _ordered(names: Mapping[str, str], present: Mapping[str, Any]) -> dict[str, str]:
    """Return what is present in the order of its names; what has no name comes last."""
    known = {code: name for code, name in names.items() if code in present}
    return known | {code: code for code in present if code not in known}


# ---- names --------------------------------------------------------------------------------------


def _districts() -> dict[str, str]:
    own = {code: name for code, name in district_names().items() if code.isdigit()}
    return own | {UNKNOWN: district_name("")}


def _one_things() -> list[OneThing]:
    found = OneThing.objects.filter(current__isnull=False).select_related("current")
    return list(found.defer("current__document"))


def _items() -> dict[str, str]:
    return {code: short_name(name) for code, name in item_names(_one_things()).items()}


def _policies() -> dict[str, str]:
    return dict(Policy.objects.filter(versions__state="published").values_list("code", "name"))


def _last_year() -> Period:
    today = clock.today()
    return Period(_year_before(today), today)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def _year_words() -> str:
    period = _last_year()
    return f"{day_words(period.begin)}至{day_words(period.end)}提交的申请，按申请人计"


def _way(code: str, label: str, current: bool, district: str) -> dict[str, Any]:
    query = f"?{urlencode({'district': district})}" if district else ""
    url = reverse("cases:analysis", args=[code]) + query
    return {"url": url, "label": label, "current": current, "count": None}


PAGES: dict[str, Page] = {
    **{
        code: Page(
            axis.name,
            f"{'人才的' if axis.kind == SubjectKind.PERSON else ''}{axis.name}",
            partial(_of_axis, axis),
            partial(_sheets_of_axis, axis),
        )
        for code, axis in AXES.items()
    },
    "demand": Page("需求", "近一年申请了什么", _demand, _demand_sheets),
    "funnel": Page(
        "兑现漏斗",
        "从符合条件到拨付",
        lambda district: [_funnel()],
        lambda: [_funnel()],
        by_district=False,
    ),
    "unclaimed": Page("应享未享", "符合条件而没有申请", _unclaimed, _unclaimed_sheets),
}
