"""Page, PDF and Excel of one bulletin say the same; what they say of drafts and corrections."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from html import unescape
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from cases.models import Bulletin
from cases.supervision import bulletin as verbs
from cases.supervision import bulletin_paper
from cases.supervision.bulletin_document import CardLine, Document, Done
from cases.supervision.bulletin_tables import tables
from cases.supervision.bulletin_words import generated, heading
from cases.supervision.tables import Table
from portal.accounts.models import User
from portal.core import clock
from tests.cases.bulletins import (
    DECEMBER,
    NOVEMBER,
    drafted,
    found,
    november,
    published,
    signed_in,
    text_of,
    user,
)

pytestmark = pytest.mark.django_db
MARK = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with november(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.at(DECEMBER):
        yield


@pytest.fixture
def supervisor() -> User:
    return user("jiandu01")


def page_of(bulletin: Bulletin) -> str:
    answer = signed_in("jiandu01").get(reverse("cases:bulletin", args=[bulletin.pk]))
    return answer.content.decode()


def pdf_of(bulletin: Bulletin) -> bytes:
    answer = signed_in("jiandu01").get(reverse("cases:bulletin-pdf", args=[bulletin.pk]))
    assert answer["Content-Type"] == "application/pdf"
    return bytes(answer.content)


def excel_of(bulletin: Bulletin) -> openpyxl.Workbook:
    answer = signed_in("jiandu01").get(reverse("cases:bulletin-excel", args=[bulletin.pk]))
    return openpyxl.load_workbook(BytesIO(answer.content))


def words_of(page: str) -> str:
    return "".join(unescape(MARK.sub("", page)).split())


def cells_of_page(page: str, table: Table) -> list[list[str]]:
    section = page.split(f'id="{table.name}"')[1].split("</section>")[0]
    body = section.split("<tbody>")[1].split("</tbody>")[0]
    return [
        ["".join(unescape(MARK.sub("", cell)).split()) for cell in re.findall(CELL, row, re.S)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)
    ]


CELL = r"<t[hd][^>]*>(.*?)</t[hd]>"


def as_shown(cell: Any) -> str:
    """Return what Excel shows in a cell, as the page writes it."""
    value, form = cell.value, cell.number_format
    if isinstance(value, datetime):
        return f"{value.month}月{value.day}日{value:%H:%M}"
    if form == "0.0%":
        return f"{round(value * 100, 1):g}%"
    if form == "#,##0.0":
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else "".join(str(value).split())


def unsigned(cells: list[list[str]]) -> list[list[str]]:
    """Return the cells without the plus of a change, which a number in Excel does not have."""
    return [[cell.removeprefix("+") for cell in row] for row in cells]


def test_page_pdf_and_excel_show_the_same_numbers(supervisor: User) -> None:
    bulletin = found(published())
    page, workbook = page_of(bulletin), excel_of(bulletin)
    printed = text_of(pdf_of(bulletin))
    compared = 0

    for table, sheet in zip(tables(verbs.document_of(bulletin)), workbook, strict=True):
        if not table.rows:
            continue
        on_page = cells_of_page(page, table)
        width = len(table.columns)
        in_excel = [
            [as_shown(cell) for cell in row] for row in sheet.iter_rows(min_row=4, max_col=width)
        ]
        assert sheet.title == sheet["A1"].value == table.title
        headings = [cell.value for cell in sheet[3][:width]]
        assert headings == [column.title for column in table.columns]
        assert unsigned(on_page) == in_excel, table.title
        for row in table.shown + ([table.shown_total] if table.total else []):
            if table.name not in bulletin_paper.LISTS:
                assert "".join("".join(one.text.split()) for one in row) in printed
            compared += len(row)

    assert compared > 150


def test_the_text_is_the_same_on_page_and_paper(supervisor: User) -> None:
    draft = drafted()
    own = "一、总体情况\n本月有 <b>3</b> 件 & *超时* #link 。\n"
    verbs.edit(bulletin_id=draft.pk, supervisor=supervisor, text=own)
    bulletin = found(verbs.publish(bulletin_id=draft.pk, supervisor=supervisor))

    wanted = "".join(own.split())
    assert wanted in text_of(pdf_of(bulletin))
    assert wanted in "".join(
        unescape(re.sub(r"</?(p|h3|div)[^>]*>", "", page_of(bulletin))).split()
    )


def test_the_paper_has_title_issue_organ_date_and_numbered_pages() -> None:
    printed = text_of(pdf_of(found(published())))

    for words in (
        "“一件事”联办月度通报",
        "2026年第11期（第1版）",
        "2026年12月1日",
        "附表8督办及答复",
    ):
        assert words in printed
    pages = re.findall(r"第(\d+)页共(\d+)页", printed)
    assert [int(number) for number, _ in pages] == list(range(1, len(pages) + 1))
    assert {int(of) for _, of in pages} == {len(pages)}


def test_a_draft_says_that_it_is_one(supervisor: User) -> None:
    draft = found(drafted())

    assert "草稿，尚未发布" in text_of(pdf_of(draft))
    assert "草稿，尚未发布" in words_of(page_of(draft))
    assert "草稿，尚未发布" in excel_of(draft).worksheets[0]["A2"].value
    assert bulletin_paper.file_name(draft) == "2026年11月月度通报（第 1 版）（草稿）"


def test_a_correction_and_what_it_corrects_say_so(supervisor: User) -> None:
    first = published()
    second = verbs.correct(bulletin_id=first.pk, supervisor=supervisor, reasons="更正红牌数。")
    verbs.publish(bulletin_id=second.pk, supervisor=supervisor)

    for one, words in (
        (first, "本版已被第2版更正，以第2版为准。"),
        (second, "本版为更正版，更正说明：更正红牌数。"),
    ):
        assert words in text_of(pdf_of(found(one)))
        assert words in words_of(page_of(found(one)))
        assert words in "".join(excel_of(found(one)).worksheets[0]["A2"].value.split())


def many_cards(count: int, explanation: str = "需向区县核查。") -> Document:
    card = CardLine(
        level="red",
        number="3301 0020 2611 0200 0018",
        item="公租房货币补贴申请",
        department="市住保房管局",
        issued_at=DECEMBER,
        due_at=DECEMBER,
        standing="尚未办结",
        cause="其他",
        explanation=explanation,
        measure="抓紧办理。",
    )
    done = Done(red=count)
    return Document(
        month=NOVEMBER,
        as_of=DECEMBER,
        total=done,
        previous=Done(),
        departments=(),
        cards=(card,) * count,
    )


def printed(document: Document, text: str = "文字。") -> str:
    bulletin = Bulletin(month=document.month, state="published", published_at=DECEMBER)
    return text_of(bulletin_paper.pdf(bulletin, document, text))


def test_a_long_list_repeats_its_headings_on_every_page() -> None:
    told = printed(many_cards(80))

    pages = told.count("级别受理码事项部门亮牌办理情况原因及说明整改措施")
    assert pages >= 3
    assert told.count("需向区县核查") == 80


def test_an_explanation_longer_than_a_page_is_printed_whole() -> None:
    told = printed(many_cards(1, "核查住房情况的说明。" * 600))

    assert told.count("核查住房情况的说明") >= 550  # page breaks cut through a few


def test_a_month_without_anything_has_words_for_it() -> None:
    document = Document(
        month=date(2026, 11, 1), as_of=DECEMBER, total=Done(), previous=Done(), departments=()
    )

    assert heading(document) == "2026年11月没有办结的办件，红牌 0 张"
    told = printed(document, generated(document))
    for words in ("没有办结的办件", "本月没有红牌", "本月没有发出催办和督办", "不作排名"):
        assert words in told
