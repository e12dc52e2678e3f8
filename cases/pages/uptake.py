"""What came of recommendations and of the navigator (推荐成效), for supervisors and editors."""

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.urls import reverse

from cases import navigator
from cases.models import Package, Recommendation
from cases.supervision.tables import Cell, Column, Row, Table
from cases.supervision.tables import download as as_excel
from portal.core import clock
from portal.core.ledger import Event

# Periods by their name in the address: words, and how many days back.
PERIODS: dict[str, tuple[str, int | None]] = {
    "month": ("近 30 天", 30),
    "year": ("近一年", 365),
    "all": ("全部", None),
}
STEPS = {
    "made": "推荐",
    "shown": "展示",
    "opened": "打开",
    "applied": "申请",
    "dismissed": "不再提示",
}
NOTE = (
    "展示指推荐在本人打开的网页上出现过；打开指点了办理；申请指此后提交了含该事项的申请。"
    "同一人同一政策在申请或忽略之前只推荐一次。"
)


def page(period: str) -> dict[str, Any]:
    """Return the context of the page."""
    name = period if period in PERIODS else "month"
    table = _table(name)
    address = reverse("cases:uptake")
    return {
        "tabs": [
            {
                "label": words,
                "url": f"{address}?period={key}",
                "current": key == name,
                "count": None,
            }
            for key, (words, _) in PERIODS.items()
        ],
        "table": table,
        "figures": _figures(name, table),
        "download_url": f"{reverse('cases:uptake-excel')}?period={name}",
    }


def download_of(period: str) -> HttpResponse:
    """Return the table as an Excel file."""
    name = period if period in PERIODS else "month"
    return as_excel("推荐成效", [_table(name)], f"统计期间：{PERIODS[name][0]}")


def _table(period: str) -> Table:
    rows = _counted(period)
    total = {step: sum(row[step] for row in rows) for step in STEPS}
    return Table(
        name="uptake",
        title="各政策的推荐成效",
        columns=[
            Column("政策", "text"),
            Column("时机", "text", is_short=True),
            *(Column(words) for words in STEPS.values()),
            Column("申请率", "percent"),
        ],
        rows=[
            _row(row["policy__name"], Recommendation.Occasion(row["occasion"]).label, row)
            for row in rows
        ],
        total=_row("合计", "", total) if rows else None,
        note=NOTE,
        empty="所选期间内没有推荐。",
    )


def _counted(period: str) -> list[dict[str, Any]]:
    """Return how many recommendations got how far, by policy and occasion."""
    counts = {"made": Count("pk")} | {step: Count(f"{step}_at") for step in STEPS if step != "made"}
    since = _since(period)
    rows = Recommendation.objects.filter(**({"made_at__gte": since} if since else {}))
    grouped = rows.order_by().values("policy__code", "policy__name", "occasion")
    counted = grouped.annotate(**counts).order_by("policy__code", "occasion")
    return [dict(row) for row in counted]


def _since(period: str) -> Any:
    days = PERIODS[period][1]
    return clock.now() - timedelta(days=days) if days else None


def _row(name: str, occasion: str, counts: dict[str, Any]) -> Row:
    made = counts["made"]
    share = counts["applied"] / made if made else None
    return Row([Cell(name), Cell(occasion), *(Cell(counts[step]) for step in STEPS), Cell(share)])


def _figures(period: str, table: Table) -> list[dict[str, Any]]:
    since = _since(period)
    used = Event.objects.filter(kind=navigator.USED, **({"at__gte": since} if since else {}))
    made = Package.objects.filter(**({"made_at__gte": since} if since else {}))
    applied = table.total.cells[5].value if table.total else 0
    recommended = table.total.cells[2].value if table.total else 0
    shown = (
        ("推荐", recommended, "次", "一人一项政策计一次"),
        ("因推荐而申请", applied, "次", "推荐后提交了申请"),
        ("政策导航使用", used.count(), "人次", "答题并看到政策套餐"),
        ("分享的政策套餐", made.count(), "份", "90 天后删除，不再计入"),
    )
    return [
        {"label": label, "value": value, "unit": unit, "note": note, "url": "", "card": None}
        for label, value, unit, note in shown
    ]
