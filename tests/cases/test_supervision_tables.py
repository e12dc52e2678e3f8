"""Tables of figures: how values read in Chinese, what a chart and an Excel file take from them."""

from datetime import date, datetime
from typing import Any

import pytest

from cases.supervision.tables import Cell, Column, Row, Table, percent_words, words
from tests.cases.conftest import SHANGHAI


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (None, "count", "—"),
        ("", "text", "—"),
        (0, "count", "0"),
        (1284, "count", "1,284"),
        (2.46, "days", "2.5"),
        (2259.84, "days", "2,259.8"),
        (0, "days", "0.0"),
        (0.986, "percent", "98.6%"),
        ("市公安局", "text", "市公安局"),
        (date(2026, 11, 24), "day", "2026年11月24日"),
        (datetime(2026, 11, 24, 17, 30, tzinfo=SHANGHAI), "instant", "11月24日 17:30"),
    ],
)
def test_values_read_as_officials_write_them(value: Any, kind: Any, told: str) -> None:
    assert words(value, kind) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (1, "100%"),
        (0.99999, "99.9%"),
        (0.9995, "99.9%"),
        (0.5, "50%"),
        (0.0001, "0.1%"),
        (0, "0%"),
    ],
)
def test_a_share_is_whole_or_nothing_only_where_it_is(share: float, told: str) -> None:
    assert percent_words(share) == told


def test_a_chart_gets_bare_numbers_and_gaps() -> None:
    table = Table(
        "t",
        "表",
        (Column("部门", "text"), Column("办结"), Column("按时办结率", "percent")),
        [Row([Cell("甲"), Cell(1284), Cell(0.986)]), Row([Cell("乙"), Cell(0), Cell(None)])],
    )

    assert [[one.number for one in row] for row in table.shown] == [
        ["", "1284", "98.6"],
        ["", "0", ""],
    ]
    assert table.is_counts


def test_a_row_that_does_not_fit_its_columns_is_an_error() -> None:
    table = Table("t", "表", (Column("部门", "text"),), [Row([Cell("甲"), Cell(1)])])

    with pytest.raises(ValueError):
        _ = table.shown
