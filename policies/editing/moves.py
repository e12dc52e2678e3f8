"""What the buttons of the condition form do to its rows; what cannot be done changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from policies.editing.rows import GROUPS, LEAF, MOST_ROWS, Row, free_key, settle

Rows = list[Row]


def apply(act: str, rows: Sequence[Row]) -> tuple[Rows, str]:
    """Return the rows after an act such as `up:3`, and the key of the row to look at next."""
    name, _, key = act.partition(":")
    at = next((index for index, row in enumerate(rows) if row.key == key), None)
    if at is None or name not in ACTS:
        return list(rows), ""
    moved, near = ACTS[name](list(rows), at)
    return settle(moved), near


def end_of(rows: Sequence[Row], at: int) -> int:
    """Return the place after a row and everything inside it."""
    after = (index for index in range(at + 1, len(rows)) if rows[index].depth <= rows[at].depth)
    return next(after, len(rows))


def parent_of(rows: Sequence[Row], at: int) -> int | None:
    above = (index for index in range(at - 1, -1, -1) if rows[index].depth < rows[at].depth)
    return next(above, None)


def before(rows: Sequence[Row], at: int) -> int | None:
    """Return the place of the row before this one in the same group."""
    for index in range(at - 1, -1, -1):
        if rows[index].depth <= rows[at].depth:
            return index if rows[index].depth == rows[at].depth else None
    return None


def after(rows: Sequence[Row], at: int) -> int | None:
    """Return the place of the row after this one in the same group."""
    place = end_of(rows, at)
    return place if place < len(rows) and rows[place].depth == rows[at].depth else None


def _deeper(rows: Sequence[Row], by: int) -> Rows:
    return [replace(row, depth=row.depth + by) for row in rows]


def _adding(kind: str) -> Callable[[Rows, int], tuple[Rows, str]]:
    def add(rows: Rows, at: int) -> tuple[Rows, str]:
        """Put a new row at the end of a group, or below a comparison."""
        if len(rows) >= MOST_ROWS:
            return rows, rows[at].key
        key = free_key(rows)
        depth = rows[at].depth + rows[at].is_group
        place = end_of(rows, at)
        least = "2" if kind == "at_least" else ""
        return [*rows[:place], Row(key, depth, kind=kind, least=least), *rows[place:]], key

    return add


def remove(rows: Rows, at: int) -> tuple[Rows, str]:
    """Take away a row with everything inside it; the outermost group is only emptied."""
    if at == 0:
        return rows[:1], rows[0].key
    neighbour = after(rows, at)
    left = before(rows, at)
    parent = parent_of(rows, at)
    near = next((place for place in (neighbour, left, parent) if place is not None), 0)
    return rows[:at] + rows[end_of(rows, at) :], rows[near].key


def up(rows: Rows, at: int) -> tuple[Rows, str]:
    place = before(rows, at)
    if place is None:
        return rows, rows[at].key
    end = end_of(rows, at)
    return rows[:place] + rows[at:end] + rows[place:at] + rows[end:], rows[at].key


def down(rows: Rows, at: int) -> tuple[Rows, str]:
    place = after(rows, at)
    if place is None:
        return rows, rows[at].key
    moved, _ = up(rows, place)
    return moved, rows[at].key


def indent(rows: Rows, at: int) -> tuple[Rows, str]:
    """Move a row to the end of the group before it."""
    place = before(rows, at)
    if place is None or not rows[place].is_group:
        return rows, rows[at].key
    end = end_of(rows, at)
    return rows[:at] + _deeper(rows[at:end], 1) + rows[end:], rows[at].key


def outdent(rows: Rows, at: int) -> tuple[Rows, str]:
    """Move a row out of its group, to stand right after it."""
    parent = parent_of(rows, at)
    if not parent:
        return rows, rows[at].key
    end, close = end_of(rows, at), end_of(rows, parent)
    moved = _deeper(rows[at:end], -1)
    return rows[:at] + rows[end:close] + moved + rows[close:], rows[at].key


def wrap(rows: Rows, at: int) -> tuple[Rows, str]:
    """Put a row into a new group of its own."""
    end = end_of(rows, at)
    group = Row(free_key(rows), rows[at].depth, kind="any")
    return [*rows[:at], group, *_deeper(rows[at:end], 1), *rows[end:]], rows[at].key


def unwrap(rows: Rows, at: int) -> tuple[Rows, str]:
    """Take away a group and leave what was in it in its place."""
    if at == 0 or not rows[at].is_group:
        return rows, rows[at].key
    end = end_of(rows, at)
    return rows[:at] + _deeper(rows[at + 1 : end], -1) + rows[end:], rows[at - 1].key


ACTS: dict[str, Callable[[Rows, int], tuple[Rows, str]]] = {
    "remove": remove,
    "up": up,
    "down": down,
    "indent": indent,
    "outdent": outdent,
    "wrap": wrap,
    "unwrap": unwrap,
    "leaf": _adding(LEAF),
    **{kind: _adding(kind) for kind in GROUPS},
}
