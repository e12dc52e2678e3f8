from datetime import date
from typing import Any

import pytest

from policies.answers import canonical, problem_of, problems_in
from policies.schema import Catalogue
from tests.policies.factories import (
    ENTERPRISE_ITEMS,
    PERSON_ITEMS,
    enterprise_answers,
    person_answers,
    resident_id,
)

ON = date(2020, 9, 1)


def test_right_forms_have_no_problem(catalogue: Catalogue) -> None:
    assert problems_in(catalogue, PERSON_ITEMS, person_answers(), ON) == {}
    assert problems_in(catalogue, ENTERPRISE_ITEMS, enterprise_answers(), ON) == {}


def test_only_fields_of_the_chosen_items_are_asked(catalogue: Catalogue) -> None:
    problems = problems_in(catalogue, ["P05"], {}, ON)

    asked = catalogue.items["P05"].all_fields
    assert set(problems) == set(asked)
    assert list(problems) == [element.code for element in catalogue.fields_of(["P05"])]
    assert problems["p_name"] == "请填写姓名。"
    assert problems["p_gender"] == "请选择性别。"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("p_name", "沈", "2 至 30 个汉字"),
        ("p_id_no", resident_id()[:17] + "9", "校验不通过"),
        ("p_gender", "2", "性别与居民身份证号码不一致"),
        ("p_gender", "3", "请从列出的选项中选择性别"),
        ("p_birth", "1997-12-04", "出生日期与居民身份证号码不一致"),
        ("p_birth", "1997-02-30", "真实存在的日期"),
        ("p_ethnic", "57", "请从列出的选项中选择民族"),
        ("p_mobile", "1390000", "11 位"),
        ("p_hukou", "330199", "请从行政区划中选择"),
        ("p_address", "西湖区", "至少填写 8 个字"),
        ("p_degree", "3", "学位与学历不相符"),
        ("p_grad_date", "2021-09-02", "不能晚于申请日之后 1 年"),
        ("p_diploma_no", "", "已毕业的请填写学历证书编号"),
        ("p_diploma_no", "103351201905000001", "毕业年份"),
        ("p_employer_uscc", "91330199MA2HTEXT01", "校验不通过"),
        ("p_bank", {"bank": "某", "account": "6222021999000000010"}, "开户银行"),
        ("p_bank", {"bank": "杭州银行", "account": "6222021999000000011"}, "校验不通过"),
        ("p_bank", {**person_answers()["p_bank"], "holder": "周小满"}, "户名"),
        ("p_bank", "6222021999000000010", "格式不对"),
        ("contract_end", "2020-06-30", "结束日期不能早于开始日期"),
        ("monthly_wage", "0", "不能小于 0.01"),
        ("monthly_wage", "8000.123", "最多保留 2 位小数"),
        ("monthly_wage", "八千", "应为数字"),
        ("monthly_wage", "1e999999999", "应为数字"),
        ("monthly_wage", "100000000", "不能大于"),
        ("p_birth", "19971203", "真实存在的日期"),
        ("monthly_wage", "NaN", "应为数字"),
        ("overseas", "是", "请选择“是”或“否”"),
        ("lease_no", "备案号", "格式不对"),
        ("loan_amount", "50.01", "不能大于 50"),
        ("loan_months", "12.5", "应为整数"),
        ("loan_months", 37, "不能大于 36"),
        ("team", [{}] * 11, "0 至 10 行"),
        ("team", [{"name": "周小满"}], "第 1 行：请填写证件号码"),
        ("team", [{"nickname": "小满"}], "格式不对"),
        ("family_members", {"name": "周小满"}, "格式不对"),
        ("school", "", None),
    ],
)
def test_wrong_answer_of_a_person(
    catalogue: Catalogue, field: str, value: Any, told: str | None
) -> None:
    problems = problems_in(catalogue, PERSON_ITEMS, person_answers(**{field: value}), ON)

    if told is None:
        assert problems == {}  # a field that no item asks is nobody's problem
    else:
        assert list(problems) == [field]
        assert told in problems[field]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("e_established", "2020-09-02", "不能晚于今天"),
        ("e_capital", "0", "不能小于 0.01"),
        ("e_reg_division", "310101", "杭州市范围内"),
        ("e_biz_address", "杭州市西湖区文三路 2 号", "实际经营地址须与注册地址一致"),
        ("e_industry", "6510", "国民经济行业分类代码"),
        ("e_team_equity", "29.99", "不得低于 30%"),
        ("e_team_equity", "100.01", "不能大于 100"),
        ("e_staff", 4, "员工总数不能少于参保人数"),
        ("e_bank_account", "12345678", "9 至 30 位数字"),
        ("e_scope", "软" * 1001, "不能超过 1000 个字，现有 1001 个字"),
        ("deposit_ratio", "13", "不能大于 12"),
        ("first_month", "2020-13", "年份和月份"),
        ("hires", [], "请填写带动就业人员名单"),
        ("period", {"start": "2020-06", "end": "2020-01"}, "结束月份不能早于开始月份"),
        ("period", {"start": "2020-06"}, "起止年份和月份"),
    ],
)
def test_wrong_answer_of_an_enterprise(
    catalogue: Catalogue, field: str, value: Any, told: str
) -> None:
    answers = enterprise_answers(**{field: value})

    problems = problems_in(catalogue, ENTERPRISE_ITEMS, answers, ON)

    assert list(problems) == [field]
    assert told in problems[field]


def test_same_person_hired_twice_is_noticed(catalogue: Catalogue) -> None:
    answers = enterprise_answers()
    answers["hires"] = answers["hires"] * 2

    problems = problems_in(catalogue, ["E04"], answers, ON)

    assert list(problems) == ["hires"]
    assert "重复的证件号码" in problems["hires"]


def test_firm_founded_too_late_after_graduation_is_refused(catalogue: Catalogue) -> None:
    answers = enterprise_answers(e_legal_grad="2014-02-28")

    problems = problems_in(catalogue, ["E04"], answers, ON)

    assert list(problems) == ["e_established"]


def test_rules_bound_to_items_rest_without_them(catalogue: Catalogue) -> None:
    elsewhere = enterprise_answers(e_biz_address="杭州市西湖区文三路 2 号")

    assert "e_biz_address" in problems_in(catalogue, ["E02"], elsewhere, ON)
    assert "e_biz_address" not in problems_in(catalogue, ["E01"], elsewhere, ON)


def test_married_applicant_lists_the_spouse(catalogue: Catalogue) -> None:
    spouse = {"name": "周小满", "relation": "配偶", "id_no": resident_id("33019919950418602")}
    married = person_answers(p_marital="20")

    alone = problems_in(catalogue, ["P08"], married, ON)
    together = problems_in(catalogue, ["P08"], {**married, "family_members": [spouse]}, ON)

    assert list(alone) == ["family_members"]
    assert together == {}


def test_student_need_not_give_a_diploma_number(catalogue: Catalogue) -> None:
    student = person_answers(p_grad_date="2021-06-30", p_diploma_no="")

    assert problems_in(catalogue, ["P12"], student, ON) == {}


def test_rule_is_not_asked_about_a_field_that_is_wrong_by_itself(catalogue: Catalogue) -> None:
    answers = person_answers(p_id_no="33019919971203501", p_gender="2")

    assert list(problems_in(catalogue, ["P01"], answers, ON)) == ["p_id_no"]


def test_passport_holder_is_not_held_to_the_resident_id(catalogue: Catalogue) -> None:
    foreigner = person_answers(p_id_type="04", p_id_no="E12345678", p_name="Anna Smith")

    assert problems_in(catalogue, ["P01"], foreigner, ON) == {}


def test_canonical_answers_are_trimmed_and_identifiers_in_capitals(catalogue: Catalogue) -> None:
    elements = catalogue.elements

    assert canonical(elements["p_id_no"], " 11010519491231002x ") == "11010519491231002X"
    assert canonical(elements["p_id_no"], "３３０１９９ 19971203 5012") == "330199199712035012"
    assert canonical(elements["p_mobile"], "139 0000 0001") == "13900000001"
    assert canonical(elements["p_school"], "  浙江大学 ") == "浙江大学"
    assert canonical(elements["overseas"], False) is False
    assert canonical(
        elements["p_bank"], {"bank": " 杭州银行 ", "account": "6222 0219 9900", "holder": ""}
    ) == {"bank": "杭州银行", "account": "622202199900"}
    assert canonical(
        elements["dependants"], [{"name": " 周小满 ", "id_no": "1x"}, {"name": " "}, {}]
    ) == [{"name": "周小满", "id_no": "1X"}]


def test_optional_blank_is_no_problem(catalogue: Catalogue) -> None:
    assert problem_of(catalogue.elements["contract_end"], "") is None
    assert problem_of(catalogue.elements["overseas"], False) is None
    assert problem_of(catalogue.elements["overseas"], None) == "请选择是否国（境）外学历。"
