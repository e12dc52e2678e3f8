"""Small cells stay hidden, and nothing that is shown gives one away."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.suppression import SMALLEST, Published, publish, publish_together

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
    assert None not in found.cells.values()


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


def test_a_sum_that_one_table_withholds_is_in_no_other() -> None:
    """Everybody of 淳安 is of one degree: its sum is withheld with it, to protect the three."""
    degrees = {("本科", "淳安"): 9, ("本科", "余杭"): 3, ("博士", "余杭"): 40}
    ages = {("青年", "淳安"): 9, ("青年", "余杭"): 22, ("中年", "余杭"): 21}

    by_degree, by_age = publish_together([degrees, ages])

    assert publish(ages).columns["淳安"] == 9
    assert by_degree.columns["淳安"] is None
    assert by_age.columns["淳安"] is None


@given(tables, st.integers(0, 5))
def test_tables_of_the_same_subjects_withhold_the_same_sums(
    table: list[list[int]], turned: int
) -> None:
    first = counts_of(table)
    columns = list(dict.fromkeys(column for _, column in first))
    whole = {one: sum(count for (_, at), count in first.items() if at == one) for one in columns}
    second = {("x", one): min(count, turned) for one, count in whole.items()}
    second |= {("y", one): count - second["x", one] for one, count in whole.items()}

    found = publish_together([first, second])

    assert found[0].columns == found[1].columns
    assert found[0].total == found[1].total
    for one in found:
        for line in lines(one):
            assert line.count(None) != 1
