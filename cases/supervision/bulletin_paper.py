"""A bulletin as PDF and as an Excel file; both show its document's tables, nothing of their own."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from cases.documents import typeset
from cases.models import Bulletin
from cases.supervision import tables as shown_tables
from cases.supervision.bulletin_document import Document
from cases.supervision.bulletin_tables import tables
from cases.supervision.tables import Table
from portal.core.chinese import day_words, instant_words, month_words
from portal.core.spreadsheet import text_width

TITLE = "“一件事”联办月度通报"
HEADING = re.compile(r"^[一二三四五六七八九十]+、")
SALUTATION = re.compile(r"：$")
# Lists with long texts stand across, at the end.
LISTS = frozenset({"cards", "urgings"})
INSET = 3  # letters beside the text of a cell
# Columns of a list: a word that must not break, short texts, explanations.
SHORT, WIDE, WIDEST = 12, 30, 48
# A cell of so many letters might be higher than a page.
LONG = 1500


def pdf(bulletin: Bulletin, document: Document, text: str) -> bytes:
    """Return the bulletin as an official paper; one not published or corrected says so."""
    parts = [_part(number, one) for number, one in enumerate(tables(document), 1)]
    return typeset(
        "bulletin",
        {
            "title": TITLE,
            "issue": issue(bulletin),
            "issued": settings.SITE_OWNER,
            "marks": marks(bulletin),
            "text": paragraphs(text),
            "organ": settings.SITE_OWNER,
            "date": day_words(bulletin.published_at) if bulletin.published_at else "（未发布）",
            "tables": [part for part in parts if part["name"] not in LISTS],
            "lists": [part for part in parts if part["name"] in LISTS],
        },
    )


def spreadsheet(bulletin: Bulletin, document: Document) -> HttpResponse:
    """Return every table of the bulletin as a sheet of an Excel file."""
    said = [issue(bulletin), as_of_words(document), *marks(bulletin)]
    return shown_tables.download(file_name(bulletin), tables(document), "\n".join(said))


def file_name(bulletin: Bulletin) -> str:
    draft = "（草稿）" if bulletin.is_draft else ""
    return f"{bulletin}{draft}"


def issue(bulletin: Bulletin) -> str:
    """Return 2026年第 10 期（第 1 版）."""
    return f"{bulletin.month.year}年第 {bulletin.month.month} 期（第 {bulletin.edition} 版）"


def as_of_words(document: Document) -> str:
    return f"统计期间：{month_words(document.month)}，数据截至 {instant_words(document.as_of)}"


def marks(bulletin: Bulletin) -> list[str]:
    """Return what a reader has to know first: a draft, a correction, corrected itself."""
    found = []
    if bulletin.is_draft:
        found.append("草稿，尚未发布，数据为当前数据。")
    if bulletin.correction:
        found.append(f"本版为更正版，更正说明：{bulletin.correction}")
    if newer := bulletin.corrected_by:
        found.append(f"本版已被第 {newer} 版更正，以第 {newer} 版为准。")
    return found


def paragraphs(text: str) -> list[dict[str, Any]]:
    """Return the paragraphs of a text, each with what it is."""
    return [_paragraph(line) for line in text.splitlines() if line.strip()]


def download(content: bytes, name: str) -> HttpResponse:
    """Return a PDF as a download under a Chinese name."""
    response = HttpResponse(content, content_type="application/pdf")
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _paragraph(line: str) -> dict[str, Any]:
    words = line.strip()
    return {
        "text": words,
        "heading": bool(HEADING.match(words)),
        "salutation": bool(SALUTATION.search(words)) and len(words) <= 20,
    }


def _part(number: int, table: Table) -> dict[str, Any]:
    rows = [[cell.text for cell in row] for row in table.shown]
    return {
        "name": table.name,
        "title": f"附表 {number}　{table.title}",
        "note": table.note,
        "empty": table.empty,
        "rows": rows,
        "long": any(text_width(text) > LONG for row in rows for text in row),
        "total": [cell.text for cell in table.shown_total],
        "columns": [
            {
                "title": column.title,
                "number": column.is_number,
                "width": _width(
                    column.title,
                    [row[at] for row in rows],
                    of_numbers=column.is_number,
                    of_list=table.name in LISTS,
                ),
            }
            for at, column in enumerate(table.columns)
        ],
    }


def _width(title: str, texts: list[str], *, of_numbers: bool, of_list: bool) -> int:
    """Return how wide a column is beside the others; 0: as wide as its short texts.

    A heading over numbers may break in two.
    """
    head = (text_width(title) + 1) // 2 if of_numbers else text_width(title)
    longest = max([head, *map(text_width, texts)])
    if of_list and longest <= SHORT:
        return 0
    return min(longest, WIDEST if longest > 2 * WIDE else WIDE) + INSET
