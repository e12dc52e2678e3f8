"""Small cells (小格) are not published, nor what would give them away; pure.

A count of 1 to 4 may point at a person. A total beside its parts gives a single hidden part away,
so in every line with a total the hidden parts are at least two and together at least five, or none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

SMALLEST = 5
# What stands in the place of a count that is not published.
HIDDEN = "＊"

# (row, column)
Cell = tuple[str, str]
# The name of the row or column of sums; no category is called so.
SUM = "*"


@dataclass(frozen=True, slots=True)
class Published:
    """A cross table as it may be shown; None stands where a count is withheld.

    `rows`, `columns` and `total` are the sums over all cells, hidden ones among them.
    """

    cells: Mapping[tuple[str, str], int | None]
    rows: Mapping[str, int | None]
    columns: Mapping[str, int | None]
    total: int | None


def publish(
    counts: Mapping[Cell, int], *, summed: bool = True, withheld: Collection[str] = ()
) -> Published:
    """Return a cross table by (row, column) without small cells and what gives them away.

    Sums count as a further row and column, so that they are protected like any other cell. Zeros
    are shown: nobody stands behind them. Without `summed` the rows have sums of their own, but
    nothing is summed over them, as where one person may stand in several. `withheld` are columns
    whose sums must not be shown.
    """
    rows, columns = (tuple(dict.fromkeys(at[axis] for at in counts)) for axis in (0, 1))
    full = _with_sums(counts, rows, columns)
    lines = [[(row, column) for column in (*columns, SUM)] for row in rows]
    if summed:
        lines.append([(SUM, column) for column in (*columns, SUM)])
        lines += [[(row, column) for row in (*rows, SUM)] for column in (*columns, SUM)]
    hidden = {at for at, count in full.items() if 0 < count < SMALLEST}
    hidden |= {(SUM, column) for column in withheld if full.get((SUM, column))}
    while more := {at for line in lines for at in _missing(line, hidden, full)}:
        hidden |= more
    shown = {at: None if at in hidden else count for at, count in full.items()}
    return Published(
        cells={(row, column): shown[row, column] for row in rows for column in columns},
        rows={row: shown[row, SUM] for row in rows},
        columns={column: shown[SUM, column] for column in columns},
        total=shown[SUM, SUM],
    )


def publish_together(tables: Sequence[Mapping[Cell, int]]) -> list[Published]:
    """Return cross tables that tell the same subjects apart by different rows.

    Their sums by column are the same numbers, so one that is withheld in a table is in all: the
    next table would give away what it protects.
    """
    withheld: set[str] = set()
    while True:
        found = [publish(counts, withheld=withheld) for counts in tables]
        more = {column for one in found for column in _withheld_sums(one)} - withheld
        if not more:
            return found
        withheld |= more


def hide_small(count: int) -> int | None:
    """Return a count that stands alone, None where it is too small to be shown."""
    return None if 0 < count < SMALLEST else count


def _withheld_sums(found: Published) -> Iterator[str]:
    yield from (column for column, count in found.columns.items() if count is None)
    if found.total is None:
        yield SUM


def _with_sums(
    counts: Mapping[Cell, int], rows: Sequence[str], columns: Sequence[str]
) -> dict[Cell, int]:
    full = {(row, column): counts.get((row, column), 0) for row in rows for column in columns}
    for row in rows:
        full[row, SUM] = sum(full[row, column] for column in columns)
    for column in (*columns, SUM):
        full[SUM, column] = sum(full[row, column] for row in rows)
    return full


def _missing(
    line: Sequence[Cell], hidden: AbstractSet[Cell], full: Mapping[Cell, int]
) -> Iterator[Cell]:
    """Yield the cell of a line that has to be hidden next: the smallest that anyone stands in."""
    inside = [at for at in line if at in hidden]
    if not inside or (len(inside) > 1 and sum(full[at] for at in inside) >= SMALLEST):
        return
    others = [at for at in line if at not in hidden and full[at] > 0]
    if others:
        yield min(others, key=lambda at: (full[at], at))
