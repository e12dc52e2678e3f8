"""Excel files as a reader opens them: kinds of cells, headings, printing, names."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from urllib.parse import unquote
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from portal.core import spreadsheet
from portal.core.spreadsheet import Column, Sheet, TooManyRows, response, text_width, workbook


def opened(*sheets: Sheet) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(workbook(sheets)))


def only(sheet: Sheet) -> Worksheet:
    return opened(sheet).worksheets[0]


DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    '=HYPERLINK("http://example.com","x")',
    "http://example.com",
    "{=1}",
]


@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.parametrize("kind", ["text", "number", "date", "percent"])
def test_a_text_is_never_calculated(text: str, kind: spreadsheet.Kind) -> None:
    page = only(Sheet("表", [Column("列", kind=kind)], [[text]]))

    cell = page["A3"]
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    # Stays text when somebody edits the cell.
    assert cell.number_format == "@"
    assert cell.quotePrefix
    assert str(cell.value).strip() == text.strip()


def test_no_formula_element_is_in_the_file() -> None:
    content = workbook([Sheet("表", [Column("列")], [[text] for text in DANGEROUS])])

    xml = ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()

    assert "<f>" not in xml


def test_each_value_is_of_its_columns_kind() -> None:
    columns = [
        Column("部门"),
        Column("件数", kind="number"),
        Column("用时", kind="number"),
        Column("按时办结率", kind="percent"),
        Column("日期", kind="date"),
        Column("时间", kind="date"),
    ]
    row = [
        "市公安局",
        12345,
        2.26,
        0.953,
        date(2026, 11, 23),
        datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    ]
    page = only(Sheet("表", columns, [row]))

    found = {name: (page[f"{name}3"].value, page[f"{name}3"].number_format) for name in "ABCDEF"}

    assert found["A"] == ("市公安局", "@")
    assert found["B"] == (12345, "#,##0")
    assert found["C"] == (2.26, "#,##0.0")
    assert found["D"] == (0.953, "0.0%")
    assert found["E"] == (datetime(2026, 11, 23), 'yyyy"年"m"月"d"日"')
    assert found["F"] == (datetime(2026, 11, 23, 17, 30), 'yyyy"年"m"月"d"日" hh:mm')


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("text", None, "—"),
        ("number", None, "—"),
        ("percent", float("nan"), "—"),
        ("number", float("inf"), "—"),
        ("text", 330100202611230042, "330100202611230042"),
        ("number", 330100202611230042, "330100202611230042"),
        ("number", True, "True"),
        ("date", date(1899, 12, 31), "1899-12-31"),
        ("text", "甲\x00\x08乙\ud800", "甲乙"),
        ("text", "<r>x</r>", " <r>x</r>"),
        ("text", "<b>&\"'", "<b>&\"'"),
    ],
)
def test_what_a_column_cannot_hold_is_text(
    kind: spreadsheet.Kind, value: spreadsheet.Value, shown: str
) -> None:
    cell = only(Sheet("表", [Column("列", kind=kind)], [[value]]))["A3"]

    assert (cell.value, cell.data_type) == (shown, "s")


def test_what_is_too_long_for_a_cell_is_cut() -> None:
    page = only(Sheet("表", [Column("列")], [["字" * 40_000], ["下一行"]]))

    assert len(page["A3"].value) == 32_767
    assert page["A4"].value == "下一行"


def test_title_note_and_headings_stand_above_and_stay_in_view() -> None:
    columns = [Column("部门"), Column("件数", kind="number")]
    page = only(
        Sheet("各部门", columns, [["甲", 1]], note="2026年10月\n统计至月末", total=["合计", 1])
    )

    assert [cell.value for cell in page["A"]] == [
        "各部门",
        "2026年10月\n统计至月末",
        "部门",
        "甲",
        "合计",
    ]
    assert page.freeze_panes == "A4"
    assert page.auto_filter.ref == "A3:B4"
    assert sorted(map(str, page.merged_cells.ranges)) == ["A1:L1", "A2:L2"]
    assert page["A5"].font.bold
    assert not page["A4"].font.bold


def test_it_prints_across_on_a4_with_the_headings_on_each_page() -> None:
    page = only(Sheet("表", [Column("列")], [[1]], note="说明"))

    assert page.page_setup.orientation == "landscape"
    assert page.page_setup.paperSize == "9" or page.page_setup.paperSize == 9
    assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) in {(1, 0), (None, 0)}
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$3:$3"
    assert page.oddFooter.right.text == "第 &P 页，共 &N 页"


def test_a_column_is_as_wide_as_its_chinese_needs() -> None:
    columns = [
        Column("部门"),
        Column("备注"),
        Column("件数", kind="number"),
        Column("定", width=30),
    ]
    page = only(Sheet("表", columns, [["市人力社保局", "长" * 200, 5, "x"]]))

    widths = [page.column_dimensions[name].width for name in "ABCD"]

    assert [round(width) for width in widths] == [15, 49, 9, 31]
    assert text_width("市人力社保局 A1") == 15


def test_an_empty_table_keeps_its_headings() -> None:
    page = only(Sheet("表", [Column("部门"), Column("件数", kind="number")], []))

    assert [cell.value for cell in page[page.max_row]][:2] == ["部门", "件数"]


@pytest.mark.parametrize("row", [["一"], ["一", "二", "三"]])
def test_a_row_of_another_length_is_a_mistake(row: list[str]) -> None:
    with pytest.raises((IndexError, ValueError)):
        workbook([Sheet("表", [Column("甲"), Column("乙")], [row])])


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("办件[1]:*?/\\清单", "办件 1      清单"),
        ("'引号'", "引号"),
        ("History", "历史记录"),
        ("", "表"),
        ("[]", "表"),
        ("长" * 40, "长" * 31),
        ("𠮷" * 20, "𠮷" * 15),
    ],
)
def test_a_title_becomes_a_name_that_excel_takes(title: str, name: str) -> None:
    assert opened(Sheet(title, [Column("列")], [])).sheetnames == [name]


def test_names_of_sheets_differ() -> None:
    titles = ["表", "表", "A", "a", "长" * 40, "长" * 40]

    names = opened(*(Sheet(title, [Column("列")], []) for title in titles)).sheetnames

    assert names[:4] == ["表", "表（2）", "A", "a（2）"]
    assert names[4:] == ["长" * 31, "长" * 28 + "（2）"]


def test_a_file_without_sheets_can_be_opened() -> None:
    assert opened().sheetnames == ["无数据"]


def test_many_rows_are_read_one_by_one() -> None:
    reached = 0

    def rows() -> Iterator[list[spreadsheet.Value]]:
        nonlocal reached
        for reached in range(1, 5001):
            yield ["甲", reached]

    page = only(Sheet("表", [Column("部门"), Column("号", kind="number")], rows()))

    assert reached == 5000
    assert (page.max_row, page["B5002"].value) == (5002, 5000)


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)

    with pytest.raises(TooManyRows):
        workbook([Sheet("表", [Column("列")], [[1], [2], [3]])])


def test_every_part_of_the_file_is_well_formed() -> None:
    content = workbook([Sheet("表<&>", [Column("<列>")], [["<r>x</r>"], ["\x01&"]], note="<r>")])

    with ZipFile(BytesIO(content)) as parts:
        for name in parts.namelist():
            ElementTree.fromstring(parts.read(name))  # noqa: S314


def test_a_download_has_a_chinese_name_and_is_not_kept() -> None:
    answer = response("2026年10月/通报\r\n", [Sheet("表", [Column("列")], [["甲"]])])

    disposition = answer["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''")
    assert unquote(disposition.split("''")[1]) == "2026年10月 通报.xlsx"
    assert answer["Content-Type"] == spreadsheet.CONTENT_TYPE
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert openpyxl.load_workbook(BytesIO(answer.content)).sheetnames == ["表"]


def test_a_download_without_a_name_has_one() -> None:
    assert "%E8%A1%A8%E6%A0%BC.xlsx" in response("//", [])["Content-Disposition"]
