"""Tables as Excel files (电子表格) that a clerk can print and nobody can turn into a formula.

What is text is written as text and stays text when the cell is edited: a value that begins with
= + - @, a tab, a carriage return or one of their full-width forms is shown, never calculated.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import chain, islice
from typing import Any, Literal, TypeGuard
from unicodedata import east_asian_width

import xlsxwriter
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Kind = Literal["text", "number", "date", "percent"]
Value = str | int | float | Decimal | date | None

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOTHING = "—"
MOST_ROWS = 1_048_576 - 3  # what Excel holds, below title, note and header
FIRST_YEAR = 1900  # Excel counts days from there
MOST_DIGITS = 15  # Excel rounds longer numbers, so they are text
LONGEST_NAME = 31
MEASURED = 200  # rows that are looked at to choose the width of a column
NARROWEST, WIDEST = 8, 48
STANDARD_WIDTH = 8.43  # of a column nobody has set
NOTE_WIDTH = 100
LINE = 18  # points

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
NOT_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
NOT_IN_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
DAY_FORMAT = 'yyyy"年"m"月"d"日"'
FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 15},
    "note": {"text_wrap": True, "font_color": "#404040"},
    "header": {
        "bold": True,
        "text_wrap": True,
        "align": "center",
        "border": 1,
        "bg_color": "#EDF1F6",
    },
    "text": {"text_wrap": True, "num_format": "@", "quote_prefix": True, "border": 1},
    "nothing": {"align": "right", "border": 1},
    "whole": {"num_format": "#,##0", "border": 1},
    "fraction": {"num_format": "#,##0.0", "border": 1},
    "percent": {"num_format": "0.0%", "border": 1},
    "day": {"num_format": DAY_FORMAT, "align": "left", "border": 1},
    "instant": {"num_format": f"{DAY_FORMAT} hh:mm", "align": "left", "border": 1},
}


class TooManyRows(Exception):
    """A table is longer than an Excel sheet can be."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its width in Latin letters (0: as content needs), what it holds.

    A percent is a share, 0.953 for 95.3%. An instant in a date column is shown in Asia/Shanghai. A
    value that is not what its column holds is written as text; None is written as "—".
    """

    title: str
    width: float = 0
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `rows` may be any iterable: it is read once, row by row.

    `note` stands under the title (period, source, when it was made), `total` is a last row in bold,
    `name` is the tab where the title is too long for one.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    note: str = ""
    total: Sequence[Value] = ()
    name: str = ""


def response(name: str, sheets: Iterable[Sheet]) -> HttpResponse:
    """Return the sheets as a download called `name`.xlsx, which may be Chinese (RFC 5987)."""
    answer = HttpResponse(workbook(sheets), content_type=CONTENT_TYPE)
    file_name = f"{NOT_IN_FILE_NAME.sub(' ', name).strip() or '表格'}.xlsx"
    answer["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=file_name) or "attachment"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return the sheets as an Excel file. Raises TooManyRows."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as book:
        look = {name: _format(book, **properties) for name, properties in FORMATS.items()}
        bold = {
            name: _format(book, **(properties | {"bold": True}))
            for name, properties in FORMATS.items()
        }
        names: set[str] = set()
        for sheet in sheets:
            name = _sheet_name(sheet.name or sheet.title, names)
            names.add(name.lower())
            _write(book.add_worksheet(name), sheet, look, bold)
        if not names:
            book.add_worksheet("无数据")
    return stream.getvalue()


def text_width(text: str) -> int:
    """Return how many Latin letters wide the longest line of a text is; a Han character is two."""
    return max((sum(map(_letters, line)) for line in text.splitlines()), default=0)


# ---- a sheet ------------------------------------------------------------------------------------


def _write(page: Worksheet, sheet: Sheet, look: dict[str, Format], bold: dict[str, Format]) -> None:
    rows = iter(sheet.rows)
    first = list(islice(rows, MEASURED))
    widths = [
        column.width or _fitting(column, [row[at] for row in [*first, sheet.total] if row])
        for at, column in enumerate(sheet.columns)
    ]
    for at, width in enumerate(widths):
        page.set_column(at, at, width)
    header = _write_head(page, sheet, sum(widths), look)
    last = header
    for last, row in enumerate(chain(first, rows), header + 1):
        if last - header > MOST_ROWS:
            raise TooManyRows(sheet.title)
        _write_row(page, last, row, sheet.columns, look)
    if last > header and sheet.columns:
        page.autofilter(header, 0, last, len(sheet.columns) - 1)
    if sheet.total:
        _write_row(page, last + 1, sheet.total, sheet.columns, bold)
    _set_up_printing(page, header)


def _write_head(page: Worksheet, sheet: Sheet, width: float, look: dict[str, Format]) -> int:
    """Write title, note and headings; return the row of the headings."""
    # Beside a narrow table the note runs on, so that it does not take the height of the screen.
    beyond = max(0, math.ceil((NOTE_WIDTH - width) / STANDARD_WIDTH))
    span, width = len(sheet.columns) + beyond, width + beyond * STANDARD_WIDTH
    _write_line(page, 0, sheet.title, 28, span, look["title"])
    header = 1
    if sheet.note:
        lines = [max(1, math.ceil(text_width(line) / width)) for line in sheet.note.splitlines()]
        _write_line(page, 1, sheet.note, sum(lines) * LINE, span, look["note"])
        header = 2
    page.set_row(header, LINE * _head_lines(sheet.columns))
    for at, column in enumerate(sheet.columns):
        page.write_string(header, at, _clean(column.title), look["header"])
    page.freeze_panes(header + 1, 0)
    return header


def _head_lines(columns: Sequence[Column]) -> float:
    broken = any(column.width and text_width(column.title) > column.width for column in columns)
    return 2.2 if broken else 1.4


def _write_line(
    page: Worksheet, row: int, text: str, height: float, columns: int, form: Format
) -> None:
    """Write a line over several columns."""
    page.set_row(row, height)
    if columns > 1:
        page.merge_range(row, 0, row, columns - 1, "", form)
    page.write_string(row, 0, _clean(text), form)


def _write_row(
    page: Worksheet,
    at: int,
    row: Sequence[Value],
    columns: Sequence[Column],
    look: dict[str, Format],
) -> None:
    for position, (column, value) in enumerate(zip(columns, row, strict=True)):
        _write_cell(page, at, position, value, column.kind, look)


def _write_cell(
    page: Worksheet, row: int, at: int, value: Value, kind: Kind, look: dict[str, Format]
) -> None:
    if value is None or (isinstance(value, float | Decimal) and not math.isfinite(value)):
        page.write_string(row, at, NOTHING, look["text" if kind == "text" else "nothing"])
    elif _is_number(value, kind):
        page.write_number(row, at, float(value), look[_number_look(value, kind)])
    elif kind == "date" and isinstance(value, datetime) and value.year >= FIRST_YEAR:
        page.write_datetime(row, at, _local(value), look["instant"])
    elif kind == "date" and isinstance(value, date) and value.year >= FIRST_YEAR:
        page.write_datetime(row, at, value, look["day"])
    else:
        page.write_string(row, at, _clean(str(value)), look["text"])


def _is_number(value: Value, kind: Kind) -> TypeGuard[int | float | Decimal]:
    if kind not in {"number", "percent"} or isinstance(value, bool):
        return False
    return isinstance(value, int | float | Decimal) and abs(value) < 10**MOST_DIGITS


def _number_look(value: Value, kind: Kind) -> str:
    if kind == "percent":
        return "percent"
    return "whole" if isinstance(value, int) else "fraction"


def _local(instant: datetime) -> datetime:
    return timezone.make_naive(instant) if timezone.is_aware(instant) else instant


def _set_up_printing(page: Worksheet, header: int) -> None:
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(header)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    page.set_footer("&L&A&R第 &P 页，共 &N 页")


# ---- texts and widths ---------------------------------------------------------------------------


def _format(book: xlsxwriter.Workbook, **properties: Any) -> Format:
    return book.add_format(
        {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "border_color": "#8A8F98"}
        | properties
    )


def _fitting(column: Column, values: Iterable[Value]) -> float:
    widest = max((text_width(_looked(value, column.kind)) for value in values), default=0)
    # The heading leaves room for the filter's button.
    return min(max(widest + 2, text_width(column.title) + 4, NARROWEST), WIDEST)


def _looked(value: Value, kind: Kind) -> str:
    """Return about what a cell shows, to measure it."""
    if kind == "date" and isinstance(value, date):
        return "2026年12月30日 00:00" if isinstance(value, datetime) else "2026年12月30日"
    if _is_number(value, kind):
        return f"{value:.1%}" if kind == "percent" else f"{value:,.1f}"
    return NOTHING if value is None else str(value)


def _letters(character: str) -> int:
    return 2 if east_asian_width(character) in "WFA" else 1


def _clean(text: str) -> str:
    """Return a text as a cell can hold it; what Excel has no room for the writer cuts off."""
    text = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    # The writer takes what stands between these marks for formatting of its own.
    return f" {text}" if text.startswith("<r>") else text


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name that Excel takes: no reserved characters, short, and not used yet."""
    base = CONTROLS.sub("", NOT_IN_SHEET_NAME.sub(" ", wanted)).strip(" '")
    base = "历史记录" if base.lower() == "history" else base or "表"
    return next(
        name
        for name in chain([_cut(base, LONGEST_NAME)], _numbered(base))
        if name.lower() not in taken
    )


def _numbered(base: str) -> Iterator[str]:
    for number in range(2, 10_000):
        mark = f"（{number}）"
        yield _cut(base, LONGEST_NAME - len(mark)) + mark


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text, at most so many UTF-16 units long."""
    while len(text.encode("utf-16-le")) // 2 > most:
        text = text[:-1]
    return text.strip(" '")
