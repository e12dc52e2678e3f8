from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import checks
from policies.checks import CHECKS, RULES, SEES_BLANKS, arguments_of

ON = date(2020, 9, 1)
ID_BODIES = st.builds(
    lambda area, birth, order: f"{area}{birth:%Y%m%d}{order:03d}",
    st.integers(100000, 999999),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
)
USCC_BODIES = st.from_regex(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resident_id", "11010519491231002X"),  # the example of GB 11643
        ("resident_id", "330199199712035012"),
        ("resident_id", "810000199408230021"),  # residence permit of a Hong Kong resident
        ("resident_id", "830000199201300022"),  # residence permit of a Taiwan resident
        ("identity_number", "330199199712035012"),
        ("identity_number", "H12345678"),
        ("identity_number", "E12345678"),
        ("uscc", "91350100M000100Y43"),  # the example of GB 32100
        ("uscc", "91330199MA2HTEXT00"),
        ("mobile", "13900000001"),
        ("mobile", "19900000001"),
        ("bank_card", "6222021999000000010"),
        ("bank_card", "4111111111111111"),
        ("diploma_number", "103351202005000001"),
        ("diploma_number", "1234567A90"),
        ("person_name", "沈一舟"),
        ("person_name", "阿依古丽·买买提"),
        ("person_name", "陈𬭚𫖮"),
        ("person_name", "Anna-Maria O'Neill"),
        ("address", "杭州市西湖区文三路 1 号"),
    ],
)
def test_right_value_passes(name: str, value: str) -> None:
    assert CHECKS[name](value) is None


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("resident_id", "440524188001010014", "18 位"),  # well-formed, but born in 1880
        ("resident_id", "110105194912310021", "校验不通过"),
        ("resident_id", "11010519491231002x", "18 位"),
        ("resident_id", "110105199902300020", "出生日期不存在"),
        ("resident_id", "1101051949123100", "18 位"),
        ("resident_id", "０10105194912310021", "18 位"),
        ("identity_number", "110105194912310021", "校验不通过"),
        ("identity_number", "11010519491231002", "18 位"),
        ("identity_number", "A1", "6 至 18 位"),
        ("uscc", "91350100M000100Y44", "校验不通过"),
        ("uscc", "91350100I000100Y43", "18 位"),
        ("uscc", "", "18 位"),
        ("mobile", "12900000001", "11 位"),
        ("mobile", "1390000000", "11 位"),
        ("bank_card", "6222021999000000011", "校验不通过"),
        ("bank_card", "622202199900", "16 至 19 位"),
        ("diploma_number", "1033", "学历证书编号"),
        ("person_name", "沈", "2 至 30"),
        ("person_name", "沈一舟3", "2 至 30"),
        ("address", "某个很远很远的地方", "街道"),
    ],
)
def test_wrong_value_is_told_what_is_wrong(name: str, value: str, told: str) -> None:
    sentence = CHECKS[name](value)

    assert sentence is not None
    assert told in sentence
    assert sentence.endswith("。")


@given(ID_BODIES)
def test_exactly_one_check_character_completes_a_resident_id(body: str) -> None:
    passing = [c for c in "0123456789X" if checks.resident_id(body + c) is None]

    assert passing == [checks.id_check_character(body)]


@given(ID_BODIES, st.integers(0, 15))
def test_swapped_neighbours_in_a_resident_id_are_noticed(body: str, place: int) -> None:
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    character = checks.id_check_character(body)

    assert (swapped == body) == (checks.id_check_character(swapped) == character)


@given(USCC_BODIES)
def test_exactly_one_check_character_completes_a_uscc(body: str) -> None:
    passing = [c for c in "0123456789ABCDEFGHJKLMNPQRTUWXY" if checks.uscc(body + c) is None]

    assert passing == [checks.uscc_check_character(body)]


@given(st.from_regex(r"[0-9]{15,18}", fullmatch=True))
def test_exactly_one_check_digit_completes_a_bank_card(body: str) -> None:
    assert sum(checks.bank_card(body + digit) is None for digit in "0123456789") == 1


@given(ID_BODIES)
def test_birth_and_gender_are_read_out_of_a_resident_id(body: str) -> None:
    number = body + checks.id_check_character(body)

    assert f"{checks.id_birth(number):%Y%m%d}" == body[6:14]
    assert checks.id_gender(number) == ("1" if int(body[16]) % 2 else "2")


DIPLOMA = "103351202005000001"
MAN = {"id_type": "01", "id_no": "330199199712035012"}


@pytest.mark.parametrize(
    ("name", "arguments", "passes"),
    [
        ("id_number_fits_type", {"id_type": "01", "id_no": "H12345678"}, False),
        ("id_number_fits_type", {"id_type": "02", "id_no": "H12345678"}, True),
        ("gender_matches_id", {**MAN, "gender": "1"}, True),
        ("gender_matches_id", {**MAN, "gender": "2"}, False),
        ("gender_matches_id", {"id_type": "04", "id_no": "E12345678", "gender": "2"}, True),
        ("birth_matches_id", {**MAN, "birth": "1997-12-03"}, True),
        ("birth_matches_id", {**MAN, "birth": date(1997, 12, 3)}, True),
        ("birth_matches_id", {**MAN, "birth": "1997-12-04"}, False),
        ("age_between", {"birth": "2004-09-01", "minimum": 16, "maximum": 60}, True),
        ("age_between", {"birth": "2004-09-02", "minimum": 16, "maximum": 60}, False),
        ("age_between", {"birth": "1959-09-02", "minimum": 16, "maximum": 60}, True),
        ("age_between", {"birth": "1959-09-01", "minimum": 16, "maximum": 60}, False),
        ("degree_fits_education", {"education": "11", "degree": "2"}, True),
        ("degree_fits_education", {"education": "14", "degree": "4"}, False),
        ("degree_fits_education", {"education": "21", "degree": "0"}, True),
        ("degree_fits_education", {"education": "21", "degree": "3"}, False),
        ("at_most_years_ahead", {"day": "2021-09-01", "years": 1}, True),
        ("at_most_years_ahead", {"day": "2021-09-02", "years": 1}, False),
        ("diploma_given_after_graduation", {"diploma_no": "", "graduated": "2020-09-01"}, False),
        ("diploma_given_after_graduation", {"diploma_no": None, "graduated": "2020-09-02"}, True),
        ("diploma_year_matches", {"diploma_no": DIPLOMA, "graduated": "2020-06-30"}, True),
        (
            "diploma_year_matches",
            {"diploma_no": "103351201905000001", "graduated": "2020-06-30"},
            False,
        ),
        ("diploma_year_matches", {"diploma_no": "LF20190001", "graduated": "2020-06-30"}, True),
        ("holder_is_applicant", {"account": {"holder": "沈一舟"}, "name": "沈一舟"}, True),
        ("holder_is_applicant", {"account": {"bank": "某银行"}, "name": "沈一舟"}, True),
        ("holder_is_applicant", {"account": {"holder": "周小满"}, "name": "沈一舟"}, False),
        ("spouse_listed", {"marital": "20", "family": None}, False),
        ("spouse_listed", {"marital": "20", "family": [{"relation": "未成年子女"}]}, False),
        ("spouse_listed", {"marital": "20", "family": [{"relation": "配偶"}]}, True),
        ("spouse_listed", {"marital": "10", "family": []}, True),
        ("in_order", {"start": "2020-07-01", "end": "2020-07-01"}, True),
        ("in_order", {"start": "2020-07-01", "end": "2020-06-30"}, False),
        ("not_in_future", {"day": "2020-09-01"}, True),
        ("not_in_future", {"day": "2020-09-02"}, False),
        (
            "founded_within_years",
            {"established": "2022-06-30", "graduated": "2017-06-30", "years": 5},
            True,
        ),
        (
            "founded_within_years",
            {"established": "2022-07-01", "graduated": "2017-06-30", "years": 5},
            False,
        ),
        (
            "founded_within_years",
            {"established": "2021-02-28", "graduated": "2016-02-29", "years": 5},
            True,
        ),
        (
            "founded_within_years",
            {"established": "2021-02-28", "graduated": "9999-12-31", "years": 5},
            True,
        ),
        ("staff_covers_insured", {"staff": 5, "insured": 5}, True),
        ("staff_covers_insured", {"staff": 4, "insured": "5"}, False),
        ("share_at_least", {"share": "30", "minimum": 30}, True),
        ("share_at_least", {"share": "29.99", "minimum": 30}, False),
        ("same_address", {"registered": "文三路 1 号", "actual": "文三路1号"}, True),
        ("same_address", {"registered": "文三路 1 号", "actual": "文三路 2 号"}, False),
        (
            "different_people",
            {"rows": [{"id_no": "1"}, {"id_no": "2"}, {}], "column": "id_no"},
            True,
        ),
        ("different_people", {"rows": [{"id_no": "1"}, {"id_no": "1"}], "column": "id_no"}, False),
    ],
)
def test_cross_field_rule(name: str, arguments: dict[str, Any], passes: bool) -> None:
    sentence = RULES[name](**arguments, on=ON)

    assert (sentence is None) is passes
    assert passes or str(sentence).endswith("。")


def test_every_rule_is_told_the_day_and_names_what_it_needs() -> None:
    assert arguments_of("age_between") == {"birth", "minimum", "maximum"}
    assert SEES_BLANKS <= RULES.keys()
