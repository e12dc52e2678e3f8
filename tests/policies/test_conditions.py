from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from policies.conditions import ConditionError, Leaf, Offset, parse, to_json

INSURED = {"fact": "insured", "op": "==", "value": True}


def leaf(fact: str, op: str, value: Any, **extras: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value, **extras}


def problems(tree: Any, applicant: Any = None) -> list[tuple[str, str]]:
    with pytest.raises(ConditionError) as refusal:
        parse(tree, applicant)
    return [tuple(problem) for problem in refusal.value.problems]


# ---- what is read ----


@pytest.mark.parametrize(
    ("tree", "value"),
    [
        (leaf("insured", "==", False), False),
        (leaf("edu", "==", "11"), "11"),
        (leaf("edu", "in", ["11", "14"]), ("11", "14")),
        (leaf("ss_months_cont", ">=", 6, unit="个月"), 6),
        (leaf("age", "between", [18, 35]), (18, 35)),
        (leaf("income_pc", "<", 66068), Decimal(66068)),
        (leaf("legal_grad_years", "<=", 2.5), Decimal("2.5")),
        (leaf("district", "==", "330110"), "330110"),
        (leaf("grad_date", ">=", "2019-06-03"), date(2019, 6, 3)),
        (leaf("grad_date", ">=", date(2019, 6, 3)), date(2019, 6, 3)),
        (
            leaf("grad_date", ">=", {"of": "application", "years": -2, "months": -3}),
            Offset(of="application", months=-27),
        ),
        (
            leaf("established", "<=", {"of": "grad_date", "years": 5, "days": 1}),
            Offset(of="grad_date", months=60, days=1),
        ),
        (leaf("application_date", "<=", "2026-12-31"), date(2026, 12, 31)),
        (leaf("application_date", ">=", {"of": "grad_date"}), Offset(of="grad_date")),
    ],
)
def test_a_leaf_is_read_with_its_value_typed(tree: dict[str, Any], value: Any) -> None:
    node = parse(tree)

    assert isinstance(node, Leaf)
    assert node.value == value
    assert type(node.value) is type(value)
    assert parse(to_json(node)) == node


def test_a_tree_knows_its_leaves_and_facts() -> None:
    tree = {
        "all": [
            INSURED,
            {"any": [leaf("age", "<", 35), {"none": [leaf("edu", "==", "31")]}]},
            {
                "at_least": 1,
                "of": [
                    leaf("established", ">=", {"of": "grad_date"}),
                    leaf("enrolled", "==", True),
                ],
            },
        ]
    }

    node = parse(tree)

    assert [path for path, _ in node.leaves()] == [
        "all[0]", "all[1].any[0]", "all[1].any[1].none[0]", "all[2].of[0]", "all[2].of[1]"
    ]  # fmt: skip
    assert node.facts() == {"insured", "age", "edu", "established", "grad_date", "enrolled"}
    assert to_json(node) == tree


def test_labels_maturing_and_source_are_kept() -> None:
    tree = {
        "any": [leaf("insured", "==", True, label="在杭参保", matures=True, source="W03")],
        "label": "就业",
    }

    assert to_json(parse(tree)) == tree


def test_decimals_keep_their_digits_as_json() -> None:
    written = 999999999999.1234

    node = parse(leaf("team_equity", "<", written))

    assert to_json(node)["value"] == written
    assert parse(to_json(node)) == node


# ---- what is refused, and where ----


@pytest.mark.parametrize(
    ("tree", "path", "reason"),
    [
        (leaf("agex", "<", 3), "fact", "事实字典中没有 agex"),
        (leaf("age", "~", 3), "op", "只能是"),
        (leaf("insured", "<", True), "op", "“当前在杭参保”只能用 ==、!="),
        (leaf("edu", ">=", "11"), "op", "“学历”只能用 ==、!=、in"),
        (leaf("age", "<", "35"), "value", "“周岁年龄”应为不小于 0 的整数"),
        (leaf("age", "<", True), "value", "“周岁年龄”应为不小于 0 的整数"),
        (leaf("age", "<", 3.5), "value", "“周岁年龄”应为不小于 0 的整数"),
        (leaf("age", "<", -1), "value", "“周岁年龄”应为不小于 0 的整数"),
        (leaf("age", "<", None), "value", "“周岁年龄”应为不小于 0 的整数"),
        (leaf("age", "<", [3]), "value", "“周岁年龄”应为不小于 0 的整数"),
        (leaf("insured", "==", 1), "value", "“当前在杭参保”应为是或否"),
        (leaf("insured", "==", "true"), "value", "“当前在杭参保”应为是或否"),
        (leaf("income_pc", "<", float("nan")), "value", "不小于 0 的数字"),
        (leaf("income_pc", "<", True), "value", "不小于 0 的数字"),
        (leaf("income_pc", "<", "66068.00001"), "value", "最多写 4 位小数"),
        (leaf("edu", "==", "99"), "value", "“学历”应为所列选项之一"),
        (leaf("district", "==", "999999"), "value", "六位行政区划代码"),
        (leaf("grad_date", ">=", "2019-6-3"), "value", "日期"),
        (leaf("grad_date", ">=", "2019-02-29"), "value", "日期"),
        (leaf("grad_date", ">=", datetime(2019, 6, 3, 8)), "value", "日期"),
        (leaf("age", "<", 35, unit="个月"), "unit", "“周岁年龄”的单位是“岁”"),
        (leaf("edu", "==", "11", unit="岁"), "unit", "“学历”没有单位"),
        (leaf("edu", "in", []), "value", "in 的值应为非空列表"),
        (leaf("edu", "in", "11"), "value", "in 的值应为非空列表"),
        (leaf("edu", "in", ["11", "99"]), "value[1]", "“学历”应为所列选项之一"),
        (leaf("age", "between", [18]), "value", "between 的值应为 [最低, 最高]"),
        (leaf("age", "between", [18, 20, 22]), "value", "between 的值应为 [最低, 最高]"),
        (leaf("age", "between", [35, 18]), "value", "下限高于上限"),
        (leaf("grad_date", "between", ["2020-01-02", "2020-01-01"]), "value", "起点晚于终点"),
        (leaf("age", "<", {"of": "application"}), "value", "“周岁年龄”不是日期，不能与日期比较"),
        (leaf("grad_date", "<", {"of": "edu"}), "value.of", "应为 application 或一个日期事实"),
        (leaf("grad_date", "<", {"of": "nothing"}), "value.of", "事实字典中没有 nothing"),
        (leaf("grad_date", "<", {"of": "application_date"}), "value.of", "应为 application"),
        (leaf("grad_date", "<", {"of": "grad_date"}), "value.of", "不能与自身比较"),
        (leaf("application_date", "<", {"of": "application"}), "value.of", "不能与自身比较"),
        (leaf("grad_date", "<", {"years": 1}), "value.of", "缺少该键"),
        (leaf("grad_date", "<", {"of": "application", "year": 1}), "value.year", "不认识的键"),
        (leaf("grad_date", "<", {"of": "application", "years": True}), "value.years", "应为整数"),
        (leaf("grad_date", "<", {"of": "application", "years": 201}), "value", "不能超过 200 年"),
        (leaf("grad_date", "<", {"of": "application", "days": -80_000}), "value", "不能超过"),
        ({"fact": "age", "op": "<"}, "value", "缺少该键"),
        ({"fact": "age", "value": 3}, "op", "缺少该键"),
        ({"op": "<", "value": 3}, "fact", "缺少该键"),
        (leaf("age", "<", 3, matures="yes"), "matures", "应为 true 或 false"),
        (leaf("age", "<", 3, label=5), "label", "应为文字"),
        (leaf("age", "<", 3, matured=True), "matured", "不认识的键"),
        ({"all": []}, "all", "不能为空"),
        ({"any": []}, "any", "不能为空"),
        ({"none": []}, "none", "不能为空"),
        ({"all": INSURED}, "all", "应为列表"),
        ({"all": None}, "all", "缺少该键"),
        ({"all": ["insured"]}, "all[0]", "条件应为键值表"),
        ({"all": [INSURED], "any": [INSURED]}, "", "all、any 不能写在同一层"),
        ({"all": [INSURED], "note": "x"}, "note", "不认识的键"),
        ({"all": [INSURED], "label": 3}, "label", "应为文字"),
        ({"at_least": 1}, "of", "缺少该键"),
        ({"at_least": 1, "of": []}, "of", "不能为空"),
        ({"at_least": 0, "of": [INSURED]}, "at_least", "应在 1 至 1 之间"),
        ({"at_least": 3, "of": [INSURED, INSURED]}, "at_least", "应在 1 至 2 之间"),
        ({"at_least": True, "of": [INSURED]}, "at_least", "应为整数"),
        ({"at_least": "2", "of": [INSURED, INSURED]}, "at_least", "应为整数"),
        ({}, "", "条件应写成"),
        ([INSURED], "", "条件应为键值表"),
        (None, "", "条件应为键值表"),
        ("insured", "", "条件应为键值表"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_path(tree: Any, path: str, reason: str) -> None:
    found = problems({"all": [INSURED, {"any": [tree]}]})

    prefix = "all[1].any[0]"
    assert [(where, reason in why) for where, why in found] == [
        (f"{prefix}.{path}" if path else prefix, True)
    ]


def test_every_mistake_is_told_at_once() -> None:
    found = problems(
        {"all": [leaf("agex", "<", 3), {"none": []}, leaf("edu", "in", ["98", "99"], unit="岁")]}
    )

    assert [path for path, _ in found] == [
        "all[0].fact", "all[1].none", "all[2].unit", "all[2].value[0]", "all[2].value[1]"
    ]  # fmt: skip


def test_a_fact_of_the_other_applicant_is_refused_only_where_the_applicant_is_said() -> None:
    tree = {"any": [leaf("team_equity", ">=", 30), INSURED]}

    assert parse(tree)
    assert parse(tree, "enterprise")
    assert problems(tree, "person") == [("any[0].fact", "“大学生团队出资比例”是另一类申请人的事实")]
    base = leaf("application_date", ">=", {"of": "established"})
    assert [path for path, _ in problems(base, "person")] == ["value.of"]


# ---- size ----


def test_five_hundred_leaves_are_read_and_one_more_is_refused() -> None:
    assert parse({"any": [INSURED] * 500})

    assert problems({"any": [INSURED] * 501}) == [("", "条件超过 500 项")]


@pytest.mark.parametrize(
    "tree",
    [
        {"all": [INSURED] * 10_000},
        {"any": [{"all": [INSURED] * 100}] * 100},
        {"any": [leaf("agex", "~", None)] * 10_000},
        {"any": [{}] * 10_000},
    ],
)
def test_ten_thousand_leaves_are_refused_by_one_sentence(tree: Any) -> None:
    assert problems(tree) == [("", "条件超过 500 项")]


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = INSURED
    for _ in range(depth):
        tree = {"all": [tree]}
    return tree


def test_twenty_levels_are_read_and_one_more_is_refused() -> None:
    assert parse(nested(20))

    (found,) = problems(nested(21))
    assert found[1] == "条件嵌套超过 20 层"


def test_a_bottomless_tree_is_refused_without_being_walked() -> None:
    (found,) = problems(nested(50_000))

    assert found[1] == "条件嵌套超过 20 层"
