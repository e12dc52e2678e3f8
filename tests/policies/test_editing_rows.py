"""The rows of the condition form: what a tree becomes there comes back as the same tree."""

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from policies.dictionary import dictionary
from policies.editing import moves
from policies.editing.builder import lines, paths_of
from policies.editing.rows import (
    GROUPS,
    Row,
    fields_of,
    operators,
    posted,
    rows_of,
    settle,
    tree_of,
)

WORDS = st.sampled_from(["", "毕业两年内", "label with 引号“”", "a=1&b=2"])
DAYS = st.dates().map(lambda day: day.isoformat())
OFFSETS = st.one_of(
    st.just({}),
    st.integers(-40, 40).map(lambda n: {"years": n}),
    st.integers(-400, 400).map(lambda n: {"months": n}),
    st.integers(-400, 400).map(lambda n: {"days": n}),
    st.tuples(st.integers(1, 40), st.integers(-40, 40).filter(bool)).map(
        lambda pair: {"months": pair[0], "days": pair[1]}
    ),
)
RELATIVE = st.builds(
    lambda of, offset: {"of": of, **offset},
    st.sampled_from(["application", "grad_date", "birth_date"]),
    OFFSETS,
)
DECIMALS = st.one_of(
    st.integers(0, 10**12),
    st.decimals(0, 10**9, places=2).map(lambda number: float(number)).filter(lambda f: f % 1),
)


def values(code: str) -> st.SearchStrategy[Any]:
    fact = dictionary().get(code)
    if fact is None or fact.kind == "date":
        return DAYS | RELATIVE
    if fact.kind == "bool":
        return st.booleans()
    if fact.kind == "enum":
        return st.sampled_from([option.value for option in fact.options])
    if fact.kind == "division":
        return st.sampled_from(["330106", "330103", "110101"])
    return st.integers(0, 10**12) if fact.kind == "int" else DECIMALS


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    code = draw(st.sampled_from([*dictionary(), "application_date"]))
    op = draw(st.sampled_from(operators(code)))
    one = values(code)
    value = draw(
        st.lists(one, min_size=1, max_size=4, unique=True)
        if op == "in"
        else st.lists(one, min_size=2, max_size=2)
        if op == "between"
        else one
    )
    leaf: dict[str, Any] = {"fact": code, "op": op, "value": value}
    for name in ("label", "source"):
        if word := draw(WORDS):
            leaf[name] = word
    if (fact := dictionary().get(code)) and fact.unit and draw(st.booleans()):
        leaf["unit"] = fact.unit
    return leaf | ({"matures": True} if draw(st.booleans()) else {})


def groups(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def group(kind: str, inside: list[Any], label: str, least: int) -> dict[str, Any]:
        named = {"label": label} if label else {}
        if kind == "at_least":
            return {"at_least": least, "of": inside, **named}
        return {kind: inside, **named}

    inside = st.lists(parts, min_size=1, max_size=4)
    return st.builds(group, st.sampled_from(GROUPS), inside, WORDS, st.integers(1, 4))


TREES = st.recursive(leaves(), groups, max_leaves=14)


def sent(rows: list[Row]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields_of(rows):
        data.appendlist(name, value)
    return QueryDict(data.urlencode())


@given(TREES)
def test_a_tree_comes_back_from_the_form_as_it_was(tree: dict[str, Any]) -> None:
    rows = rows_of(tree)

    assert tree_of(rows) == tree
    assert posted(sent(rows)) == rows
    assert tree_of(posted(sent(rows))) == tree


@given(TREES, st.lists(st.tuples(st.sampled_from(sorted(moves.ACTS)), st.integers(0, 20))))
def test_moving_rows_keeps_one_tree_and_loses_no_comparison(
    tree: dict[str, Any], acts: list[tuple[str, int]]
) -> None:
    rows = rows_of(tree)

    for name, at in acts:
        before = {row.key: (row.fact, row.label) for row in rows if not row.is_group}
        rows, near = moves.apply(f"{name}:{at}", rows)
        kept = {row.key: (row.fact, row.label) for row in rows if not row.is_group}
        assert settle(rows) == rows
        assert len({row.key for row in rows}) == len(rows)
        assert near in {"", *(row.key for row in rows)}
        if name != "remove":
            assert before.items() <= kept.items()
    assert rows_of(tree_of(rows))[0].kind == rows[0].kind or tree_of(rows) is None


@given(TREES)
def test_up_undoes_down_and_outdent_undoes_indent_at_the_end(tree: dict[str, Any]) -> None:
    rows = rows_of(tree)

    for row in rows:
        down, _ = moves.apply(f"down:{row.key}", rows)
        if down != rows:
            assert moves.apply(f"up:{row.key}", down)[0] == rows
        deeper, _ = moves.apply(f"indent:{row.key}", rows)
        if deeper != rows:
            assert moves.apply(f"outdent:{row.key}", deeper)[0] == rows
        wrapped, _ = moves.apply(f"wrap:{row.key}", rows)
        group = next(one.key for one in wrapped if one.key not in {r.key for r in rows})
        assert moves.apply(f"unwrap:{group}", wrapped)[0] == (wrapped if not row.depth else rows)


def test_each_row_knows_its_path_in_the_tree() -> None:
    leaf = {"fact": "insured", "op": "==", "value": True}
    tree = {"all": [leaf, {"at_least": 1, "of": [leaf, {"none": [leaf]}]}, leaf]}

    assert paths_of(rows_of(tree)) == [
        "",
        "all[0]",
        "all[1]",
        "all[1].of[0]",
        "all[1].of[1]",
        "all[1].of[1].none[0]",
        "all[2]",
    ]


def test_a_problem_stands_at_the_row_it_is_about() -> None:
    leaf = {"fact": "insured", "op": "==", "value": True}
    rows = rows_of({"all": [leaf, {"any": [leaf, leaf]}]})

    shown = lines(rows, [("all[1].any[1].value", "甲"), ("all[1]", "乙"), ("all", "丙")])

    assert [line.problems for line in shown] == [("丙",), (), ("乙",), (), ("甲",)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("abc", "abc"), ("", None), ("1,200", 1200), ("1.50", "1.50"), (" 7 ", 7), ("٣", "٣")],
)
def test_what_is_typed_stays_in_the_tree_right_or_wrong(typed: str, kept: object) -> None:
    rows = [Row("0", 0, kind="all"), Row("1", 1, fact="income_pc", op="<")]
    data = sent(rows).copy()
    data["1-first-text"] = typed

    tree = tree_of(posted(data))

    assert tree == {"all": [{"fact": "income_pc", "op": "<", "value": kept}]}
    assert tree_of(rows_of(tree)) == tree


def test_a_newly_chosen_fact_gets_an_operator_and_loses_a_value_of_another_kind() -> None:
    rows = rows_of({"all": [{"fact": "edu", "op": "in", "value": ["11", "14"]}]})
    data = sent(rows).copy()
    data["1-fact"] = "age"

    (leaf,) = (tree_of(posted(data)) or {})["all"]

    assert leaf == {"fact": "age", "op": ">=", "value": None}


def test_a_value_moves_along_between_one_and_several_options() -> None:
    rows = rows_of({"all": [{"fact": "edu", "op": "==", "value": "14"}]})
    data = sent(rows).copy()
    data["1-op"] = "in"

    several = posted(data)
    back = sent(several).copy()
    back["1-op"] = "=="

    assert several[1].choices == ("14",)
    assert tree_of(posted(back)) == {"all": [{"fact": "edu", "op": "==", "value": "14"}]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "row=0",
        "row=0&row=0&0-kind=all&0-depth=99",
        "row=x&x-fact=insured&row=y&y-fact=insured&y-depth=7",
        "row=%00&row=../../&row=1&1-kind=script&1-op=%00",
        "row=1&1-kind=all&row=2&2-depth=1&2-kind=at_least&2-least=abc",
    ],
)
def test_fields_in_disorder_still_make_one_tree(text: str) -> None:
    rows = posted(QueryDict(text))

    assert settle(rows) == rows
    assert rows[0].depth == 0
    assert rows_of(tree_of(rows))
