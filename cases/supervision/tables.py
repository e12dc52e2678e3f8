"""Tables of figures (统计表): one description for the page, its chart and its Excel file.

A cell holds the value; how it reads in Chinese follows from the kind of its column. So a page, the
chart drawn from it and the download can never say different things.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.http import HttpResponse
from django.utils import timezone

from portal.core import spreadsheet
from portal.core.chinese import day_words

Kind = Literal["text", "count", "days", "percent", "day", "instant"]
Warned = Literal["", "yellow", "red"]
Value = str | int | float | date | None

NOTHING = "—"
# Rows of one download: more than anyone reads, and still an answer within seconds.
MOST_ROWS = 10_000
NUMBERS = frozenset({"count", "days", "percent"})
IN_EXCEL: dict[Kind, spreadsheet.Kind] = {
    "text": "text",
    "count": "number",
    "days": "number",
    "percent": "percent",
    "day": "date",
    "instant": "date",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `series` says how a chart draws it (bar or line), empty: not at all."""

    title: str
    kind: Kind = "count"
    series: Literal["", "bar", "line"] = ""
    # A word or two that are not broken over lines.
    is_short: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, the list that it opens, and the small line that gives its reason."""

    value: Value = None
    url: str = ""
    note: str = ""
    card: Warned = ""
    # Counts {ok, yellow, red} that are drawn as a bar below the value.
    meter: Mapping[str, int] | None = None
    # What is shown where the kind of the column does not say it well.
    words: str = ""
    # What a chart calls the row, where its first cell does not say it all.
    name: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `name` is its id on the page, `total` a last row for all rows together."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""
    total: Row | None = None
    empty: str = "在所选范围和期间内没有数据。"
    # What a chart of it shows, for who cannot see it; empty: no chart.
    chart: str = ""
    # Whether its bars lie, as long names need.
    lying: bool = False

    @property
    def is_counts(self) -> bool:
        """Whether all columns but the name hold numbers."""
        return all(column.is_number for column in self.columns[1:])

    @property
    def shown(self) -> list[list["Shown"]]:
        """The rows as the template lists them, each cell with its column."""
        return [shown(self.columns, row) for row in self.rows]

    @property
    def shown_total(self) -> list["Shown"]:
        return shown(self.columns, self.total) if self.total else []


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as it stands on the page."""

    column: Column
    cell: Cell
    text: str
    # The bare value for the chart; a share is drawn in per cent.
    number: str


def shown(columns: Sequence[Column], row: Row) -> list[Shown]:
    return [
        Shown(column, cell, cell.words or words(cell.value, column.kind), _number(cell, column))
        for column, cell in zip(columns, row.cells, strict=True)
    ]


def words(value: Value, kind: Kind) -> str:
    """Return a value as a person reads it: 1,284 · 98.6% · 2.5 · 2026年11月24日."""
    match value:
        case None | "":
            return NOTHING
        case datetime():
            local = timezone.localtime(value)
            return f"{local.month}月{local.day}日 {local:%H:%M}"
        case date():
            return day_words(value)
        case int() | float() if kind == "percent":
            return percent_words(value)
        case int() | float() if kind == "days":
            return f"{value:,.1f}"
        case int() | float():
            return f"{value:,}"
    return value


def percent_words(share: float) -> str:
    """Return 98.6%; a share that falls short of the whole never reads 100%, nor a rest 0%."""
    shown_share = round(share * 100, 1)
    if share < 1:
        shown_share = min(shown_share, 99.9)
    if share > 0:
        shown_share = max(shown_share, 0.1)
    return f"{shown_share:g}%"


def _number(cell: Cell, column: Column) -> str:
    if not column.is_number or not isinstance(cell.value, int | float):
        return ""
    return f"{cell.value * 100:.1f}" if column.kind == "percent" else f"{cell.value:g}"


# ---- Excel --------------------------------------------------------------------------------------


def download(name: str, tables: Iterable[Table], scope: str) -> HttpResponse:
    """Return tables as one Excel file; each says its scope and, if cut, that it was cut."""
    return spreadsheet.response(name, [_sheet(table, scope) for table in tables])


def _sheet(table: Table, scope: str) -> spreadsheet.Sheet:
    notes = [scope, table.note, *_cut(table)]
    return spreadsheet.Sheet(
        title=table.title,
        columns=[spreadsheet.Column(one.title, kind=IN_EXCEL[one.kind]) for one in table.columns],
        rows=(_values(table.columns, row) for row in table.rows[:MOST_ROWS]),
        total=_values(table.columns, table.total) if table.total else (),
        note="\n".join(note for note in notes if note),
    )


def _cut(table: Table) -> list[str]:
    count = len(table.rows)
    return [f"只列出前 {MOST_ROWS:,} 行，请缩小范围后再导出。"] if count > MOST_ROWS else []


def _values(columns: Sequence[Column], row: Row) -> list[spreadsheet.Value]:
    return [_value(column, cell) for column, cell in zip(columns, row.cells, strict=True)]


def _value(column: Column, cell: Cell) -> spreadsheet.Value:
    if column.kind == "days" and isinstance(cell.value, float):
        return round(cell.value, 1)
    if cell.value is None or cell.value == "":
        return cell.words if cell.words not in {"", NOTHING} else None
    return cell.value
