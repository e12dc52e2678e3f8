from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from policies.guards import Guard
from policies.schema import Catalogue

ON = date(2020, 9, 1)
CONDITION: TypeAdapter[Any] = TypeAdapter(Guard)

BACHELOR = {"field": "p_edu", "op": "in", "value": ["21", "31"]}
STUDENT = {"field": "p_grad_date", "op": "after_application"}


@pytest.mark.parametrize(
    ("tree", "answers", "expected"),
    [
        (BACHELOR, {"p_edu": "21"}, True),
        (BACHELOR, {"p_edu": "14"}, False),
        (BACHELOR, {}, False),
        ({"field": "p_edu", "op": "==", "value": "21"}, {"p_edu": "21"}, True),
        ({"field": "p_edu", "op": "!=", "value": "21"}, {"p_edu": "14"}, True),
        ({"field": "p_edu", "op": "!=", "value": "21"}, {"p_edu": "21"}, False),
        ({"field": "p_edu", "op": "!=", "value": "21"}, {"p_edu": ""}, False),
        (STUDENT, {"p_grad_date": "2020-09-02"}, True),
        (STUDENT, {"p_grad_date": date(2020, 9, 2)}, True),
        (STUDENT, {"p_grad_date": "2020-09-01"}, False),
        (STUDENT, {"p_grad_date": "not a day"}, False),
        ({"field": "d", "op": "before_application"}, {"d": "2020-08-31"}, True),
        ({"field": "d", "op": "before_application"}, {"d": "2020-09-01"}, False),
        ({"field": "n", "op": "<", "value": 30}, {"n": "29.99"}, True),
        ({"field": "n", "op": "<", "value": 30}, {"n": "30"}, False),
        ({"field": "n", "op": "<=", "value": 30}, {"n": Decimal(30)}, True),
        ({"field": "n", "op": ">", "value": 9}, {"n": "10"}, True),
        ({"field": "n", "op": ">=", "value": 0}, {"n": 0}, True),
        ({"field": "n", "op": ">=", "value": 0}, {"n": "many"}, False),
        ({"field": "n", "op": "==", "value": 30}, {"n": "30.00"}, True),
        ({"field": "d", "op": ">=", "value": "2020-02-24"}, {"d": "2020-02-24"}, True),
        ({"field": "d", "op": "<", "value": "2020-02-24"}, {"d": date(2020, 2, 23)}, True),
        ({"field": "b", "op": "==", "value": True}, {"b": True}, True),
        ({"field": "b", "op": "==", "value": False}, {"b": False}, True),
        ({"field": "b", "op": "==", "value": True}, {"b": 1}, False),
        ({"all": [BACHELOR, STUDENT]}, {"p_edu": "21", "p_grad_date": "2021-06-30"}, True),
        ({"all": [BACHELOR, STUDENT]}, {"p_edu": "21"}, False),
        ({"any": [BACHELOR, STUDENT]}, {"p_edu": "21"}, True),
        ({"any": [BACHELOR, STUDENT]}, {}, False),
        ({"none": [BACHELOR, STUDENT]}, {"p_edu": "14"}, True),
        ({"none": [BACHELOR, {"all": [STUDENT]}]}, {"p_grad_date": "2021-06-30"}, False),
    ],
)
def test_condition_holds(tree: Any, answers: dict[str, Any], expected: bool) -> None:
    assert CONDITION.validate_python(tree).holds(answers, ON) is expected


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (BACHELOR, "学历为本科或大专"),
        ({"field": "settle_type", "op": "==", "value": "单位集体户"}, "落户地类型为单位集体户"),
        (STUDENT, "毕业（预计毕业）日期晚于申请日"),
        ({"field": "p_grad_date", "op": ">=", "value": "2020-02-24"},
         "毕业（预计毕业）日期不早于2020-02-24"),
        ({"field": "e_staff", "op": ">=", "value": 3}, "员工总数不低于3"),
        ({"field": "overseas", "op": "==", "value": True}, "是否国（境）外学历为是"),
        ({"all": [BACHELOR, {"any": [STUDENT, BACHELOR]}]},
         "学历为本科或大专，且（毕业（预计毕业）日期晚于申请日，或学历为本科或大专）"),
        ({"none": [BACHELOR]}, "不属于：学历为本科或大专"),
    ],
)  # fmt: skip
def test_condition_explains_itself_in_chinese(catalogue: Catalogue, tree: Any, text: str) -> None:
    assert CONDITION.validate_python(tree).describe(catalogue) == text


@pytest.mark.parametrize(
    "tree",
    [
        {"field": "p_edu", "op": "in", "value": "21"},
        {"field": "p_edu", "op": "in", "value": []},
        {"field": "p_edu", "op": "=="},
        {"field": "p_edu", "op": "==", "value": ["21"]},
        {"field": "p_edu", "op": "after_application", "value": "2020-01-01"},
        {"field": "p_edu", "op": "like", "value": "21"},
        {"field": "p_edu", "op": "==", "value": "21", "else": 1},
        {"all": []},
        {"some": [BACHELOR]},
        "大专",
    ],
)
def test_malformed_condition_is_refused(tree: Any) -> None:
    with pytest.raises(ValidationError):
        CONDITION.validate_python(tree)


def test_condition_survives_json_and_names_its_fields() -> None:
    tree = CONDITION.validate_python({"any": [BACHELOR, {"none": [STUDENT]}]})

    again = CONDITION.validate_json(CONDITION.dump_json(tree))

    assert again == tree
    assert tree.fields() == {"p_edu", "p_grad_date"}
    assert [path for path, _ in tree.comparisons()] == [("any", 0), ("any", 1, "none", 0)]
