from typing import Any

import pytest

from policies.conditions import Line, outline, parse


def leaf(fact: str, op: str, value: Any, **extras: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value, **extras}


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (leaf("insured", "==", True), "“当前在杭参保”为是"),
        (leaf("insured", "!=", True), "“当前在杭参保”为否"),
        (leaf("edu", "in", ["11", "14", "21"]), "学历为博士、硕士或本科"),
        (leaf("edu", "!=", "11"), "学历不为博士"),
        (leaf("district", "==", "330110"), "所在区县为浙江省杭州市余杭区"),
        (leaf("age", "<", 45), "周岁年龄低于45岁"),
        (leaf("age", "<=", 45), "周岁年龄不高于45岁"),
        (leaf("age", ">", 45), "周岁年龄高于45岁"),
        (leaf("age", "between", [18, 45]), "周岁年龄在18岁至45岁之间（含）"),
        (leaf("income_pc", "<", 66068.5), "家庭上年人均可支配收入低于66068.5元"),
        (leaf("grad_date", ">=", "2019-06-03"), "毕业日期不早于2019年6月3日"),
        (leaf("grad_date", "<", {"of": "application", "years": -2}), "毕业日期早于申请之日前2年"),
        (
            leaf("grad_date", ">", {"of": "application", "months": 15, "days": -1}),
            "毕业日期晚于申请之日后1年3个月前1天",
        ),
        (
            leaf("established", "<=", {"of": "grad_date", "years": 5}),
            "企业成立日期不晚于毕业日期后5年",
        ),
        (
            leaf("application_date", "between", ["2020-06-01", "2021-06-30"]),
            "申请日期在2020年6月1日至2021年6月30日之间（含）",
        ),
        (
            {"all": [leaf("edu", "==", "11"), {"any": [leaf("age", "<", 5), leaf("age", ">", 9)]}]},
            "学历为博士，且（周岁年龄低于5岁，或周岁年龄高于9岁）",
        ),
        (
            {"none": [leaf("edu", "==", "11"), leaf("enrolled", "==", True)]},
            "不属于：学历为博士；“在校生”为是",
        ),
        (
            {"at_least": 1, "of": [leaf("edu", "==", "11"), leaf("enrolled", "==", True)]},
            "至少满足1项：学历为博士；“在校生”为是",
        ),
    ],
)
def test_a_condition_reads_as_a_phrase(tree: dict[str, Any], words: str) -> None:
    assert parse(tree).describe() == words


def test_a_tree_is_told_line_by_line_with_its_labels_and_paths() -> None:
    tree = {
        "all": [
            leaf("insured", "==", True, label="在杭就业"),
            {"any": [leaf("edu", "==", "11"), leaf("age", "<", 35)], "label": "学历或年龄"},
            {"none": [leaf("enrolled", "==", True)]},
            {"at_least": 2, "of": [leaf("edu", "==", "11"), leaf("age", "<", 35)]},
        ]
    }

    assert outline(parse(tree)) == (
        Line(0, "以下条件须全部满足", ""),
        Line(1, "在杭就业：“当前在杭参保”为是", "all[0]"),
        Line(1, "学历或年龄：以下条件满足其一即可", "all[1]"),
        Line(2, "学历为博士", "all[1].any[0]"),
        Line(2, "周岁年龄低于35岁", "all[1].any[1]"),
        Line(1, "不得有以下任一情形", "all[2]"),
        Line(2, "“在校生”为是", "all[2].none[0]"),
        Line(1, "以下条件至少满足2项", "all[3]"),
        Line(2, "学历为博士", "all[3].of[0]"),
        Line(2, "周岁年龄低于35岁", "all[3].of[1]"),
    )


def test_a_single_comparison_is_one_line() -> None:
    assert outline(parse(leaf("age", "<", 35))) == (Line(0, "周岁年龄低于35岁", ""),)
