"""The form reads what people type, keeps what it cannot read, and puts errors where they belong."""

from typing import Any

import pytest
from django.http import QueryDict

from cases.forms import AnswerForm, read, shown
from policies.answers import problems_in
from policies.schema import Catalogue
from tests.cases.conftest import MONDAY
from tests.cases.people import answers_for
from tests.cases.talent_pages import posted_by

ALL_PERSONAL = ["P01", "P03", "P04", "P05", "P06", "P07", "P08", "P10", "P11", "P12"]
ENTERPRISE = ["E01", "E02", "E03", "E04", "E05", "E06", "E07"]


def form_of(
    catalogue: Catalogue, codes: list[str], answers: dict[str, Any], **more: Any
) -> AnswerForm:
    return AnswerForm(catalogue.fields_of(codes), answers=answers, **more)


def query(data: dict[str, Any]) -> QueryDict:
    made = QueryDict(mutable=True)
    made.update({name: str(value) for name, value in data.items()})
    return made


@pytest.mark.parametrize(
    ("kind", "typed", "answer"),
    [
        ("string", "  陈晓明 ", "陈晓明"),
        ("date", "2020年6月1日", "2020-06-01"),
        ("date", "2020/6/1", "2020-06-01"),
        ("date", "20200601", "2020-06-01"),
        ("date", "2020-02-30", "2020-02-30"),
        ("date", "去年夏天", "去年夏天"),
        ("month", "2020年7月", "2020-07"),
        ("month", "七月", "七月"),
        ("integer", "１,２００", 1200),
        ("integer", "十二", "十二"),
        ("decimal", "48,000.50", "48000.50"),
        ("bool", "true", True),
        ("bool", "false", False),
        ("division", "杭州西湖", "330106"),
        ("division", "西湖区", "西湖区"),
        ("enum", "21", "21"),
        ("integer", "", ""),
        ("string", "\0示例\0大学", "示例大学"),
    ],
)
def test_an_answer_is_read_as_its_kind_or_kept_as_typed(kind: str, typed: str, answer: Any) -> None:
    assert read(kind, typed) == answer


def test_a_division_is_shown_by_name_and_a_bool_as_its_choice() -> None:
    assert shown("division", "330106") == "浙江省杭州市西湖区"
    assert (shown("bool", True), shown("bool", False)) == ("true", "false")


@pytest.mark.parametrize("codes", [ALL_PERSONAL, ENTERPRISE])
def test_answers_survive_being_shown_and_posted_back(
    catalogue: Catalogue, codes: list[str]
) -> None:
    answers = answers_for(catalogue, codes)
    drawn = form_of(catalogue, codes, answers)

    given = form_of(catalogue, codes, {}, data=query(posted_by(drawn))).given()

    assert {code: given[code] for code in answers} == answers
    assert problems_in(catalogue, codes, given, MONDAY.date()) == {}


def test_each_asked_element_has_exactly_its_boxes(catalogue: Catalogue) -> None:
    form = form_of(catalogue, ["P07"], {})

    asked = {element.code for element in catalogue.fields_of(["P07"])}
    assert {name.split("-")[0] for name in form.fields} == asked
    assert {"p_bank-bank", "p_bank-account"} <= set(form.fields)


def test_short_choices_are_radios_and_long_ones_a_list(catalogue: Catalogue) -> None:
    form = form_of(catalogue, ["P03"], {})

    assert form["p_edu"].widget_type == "radioselect"
    assert form["p_ethnic"].widget_type == "select"


def test_what_was_not_posted_is_left_alone(catalogue: Catalogue) -> None:
    form = form_of(catalogue, ["P01", "P08"], {}, data=query({"p_name": "陈晓明", "p_school": ""}))

    assert form.given() == {"p_name": "陈晓明", "p_school": ""}


def test_a_date_that_is_none_stays_to_be_mended(catalogue: Catalogue) -> None:
    broken = str(form_of(catalogue, ["P01"], {"contract_start": "2026-02-30"})["contract_start"])
    right = str(form_of(catalogue, ["P01"], {"contract_start": "2026-02-28"})["contract_start"])

    assert 'type="text"' in broken and "2026-02-30" in broken
    assert 'type="date"' in right


def test_a_problem_stands_at_its_box_and_is_announced_with_it(catalogue: Catalogue) -> None:
    form = form_of(catalogue, ["P07"], {"p_bank": {"bank": "工商银行"}})

    form.show({"p_bank": "请核对账号。", "p_name": "请填写姓名。"})

    assert form["p_bank-account"].errors == ["请核对账号。"]
    assert not form["p_bank-bank"].errors
    assert 'aria-invalid="true"' in str(form["p_name"])
    assert form.places()["p_bank"] == "id_p_bank-account"


def test_an_unclear_place_is_answered_with_those_it_could_be(catalogue: Catalogue) -> None:
    form = form_of(catalogue, ["P03"], {"p_hukou": "西湖区"})

    form.show(problems_in(catalogue, ["P03"], {"p_hukou": "西湖区"}, MONDAY.date()))

    assert "浙江省杭州市西湖区" in form["p_hukou"].errors[0]


def rows(count: int, **cells: str) -> dict[str, Any]:
    return {
        "dependants-TOTAL_FORMS": count,
        "dependants-INITIAL_FORMS": 0,
        **{f"dependants-{name}": value for name, value in cells.items()},
    }


def test_rows_are_read_without_the_empty_and_the_removed_ones(catalogue: Catalogue) -> None:
    data = rows(
        3,
        **{
            "0-name": "王小明",
            "0-relation": "子女",
            "1-name": "",
            "2-name": "李四",
            "2-DELETE": "on",
        },
    )

    given = form_of(catalogue, ["P03"], {}, data=query(data)).given()

    assert given["dependants"] == [{"name": "王小明", "relation": "子女"}]


def test_one_more_row_keeps_those_already_typed(catalogue: Catalogue) -> None:
    data = query(rows(1, **{"0-name": "王小明"}))

    form = form_of(catalogue, ["P03"], {}, data=data, more_rows="dependants")

    names = [row["name"].value() for row in form.rows["dependants"].forms]
    assert names == ["王小明", None]


@pytest.mark.parametrize("total", ["abc", "9" * 5000])
def test_a_mangled_number_of_rows_is_no_crash(catalogue: Catalogue, total: str) -> None:
    data = query({"dependants-TOTAL_FORMS": total, "dependants-INITIAL_FORMS": "-1"})

    form = form_of(catalogue, ["P03"], {}, data=data, more_rows="dependants")

    assert form.given()["dependants"] == []


def test_a_problem_of_a_list_stands_above_its_rows(catalogue: Catalogue) -> None:
    form = form_of(catalogue, ["P03"], {"dependants": [{"name": "王小明"}]})

    form.show({"dependants": "第 1 行：请选择与申请人关系。"})

    assert form.rows["dependants"].non_form_errors() == ["第 1 行：请选择与申请人关系。"]
    assert form.places()["dependants"] == "rows-dependants"
