"""Small cells stay hidden, and nothing that is shown gives one away."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.suppression import SMALLEST, Published, publish

NAMES = "abcdefg"
tables = st.lists(st.lists(st.integers(0, 30), min_size=2, max_size=5), min_size=1, max_size=6)


def counts_of(table: list[list[int]]) -> dict[tuple[str, str], int]:
    width = min(len(row) for row in table)
    return {
        (NAMES[at], str(column)): row[column]
        for at, row in enumerate(table)
        for column in range(width)
    }


def lines(found: Published) -> Iterable[list[int | None]]:
    """Yield every line of the published table with its sum at the end."""
    for row, total in found.rows.items():
        yield [count for (at, _), count in found.cells.items() if at == row] + [total]
    for column, total in found.columns.items():
        yield [count for (_, at), count in found.cells.items() if at == column] + [total]
    yield [*found.rows.values(), found.total]
    yield [*found.columns.values(), found.total]


def test_large_counts_are_shown_with_their_sums() -> None:
    found = publish(
        {("本科", "余杭"): 40, ("本科", "滨江"): 12, ("硕士", "余杭"): 0, ("硕士", "滨江"): 9}
    )

    assert found.cells["本科", "余杭"] == 40
    assert found.rows == {"本科": 52, "硕士": 9}
    assert found.columns == {"余杭": 40, "滨江": 21}
    assert found.total == 61
    assert not found.is_cut


def test_a_single_small_cell_takes_another_of_its_row_and_column_with_it() -> None:
    found = publish(
        {("本科", "余杭"): 40, ("本科", "滨江"): 12, ("博士", "余杭"): 3, ("博士", "滨江"): 9}
    )

    assert found.cells["博士", "余杭"] is None
    assert found.cells["博士", "滨江"] is None
    assert found.cells["本科", "余杭"] is None
    assert found.total == 64


@pytest.mark.parametrize("small", range(1, SMALLEST))
def test_a_sum_below_five_is_hidden_like_any_count(small: int) -> None:
    found = publish({("博士", "余杭"): small, ("博士", "滨江"): 0, ("本科", "余杭"): 30})

    assert found.rows["博士"] is None


def test_without_sums_over_rows_a_small_part_hides_only_what_its_own_row_gives_away() -> None:
    found = publish(
        {("P07", "已申请"): 2, ("P07", "未申请"): 30, ("P09", "已申请"): 20, ("P09", "未申请"): 8},
        summed=False,
    )

    assert [found.cells["P07", "已申请"], found.cells["P07", "未申请"]] == [None, None]
    assert found.rows["P07"] == 32
    assert [found.cells["P09", "已申请"], found.cells["P09", "未申请"]] == [20, 8]


@given(tables)
def test_no_count_of_one_to_four_is_ever_shown(table: list[list[int]]) -> None:
    found = publish(counts_of(table))

    every = [*found.cells.values(), *found.rows.values(), *found.columns.values(), found.total]
    assert not [count for count in every if count is not None and 0 < count < SMALLEST]


@given(tables)
def test_no_line_has_a_single_hidden_count_that_the_others_give_away(
    table: list[list[int]],
) -> None:
    for line in lines(publish(counts_of(table))):
        assert line.count(None) != 1


@given(tables)
def test_what_is_shown_is_true(table: list[list[int]]) -> None:
    counts = counts_of(table)

    found = publish(counts)

    assert all(shown in (None, counts[at]) for at, shown in found.cells.items())
    assert found.total in (None, sum(counts.values()))
