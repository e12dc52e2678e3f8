"""What of an answer stands on a page."""

from typing import Any

import pytest

from cases import masking
from policies.schema import Catalogue
from tests.cases.people import ENTERPRISE, GRADUATE, GRADUATE_ID


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("p_name", "陈**"),
        ("p_id_no", "330199********5012"),
        ("p_mobile", "138****0001"),
        ("p_bank", "工商银行杭州分行 6222***********0010"),
        ("monthly_wage", "****"),
        ("p_gender", "男"),
        ("p_birth", "1997年12月3日"),
        ("p_hukou", "江西省南昌市东湖区"),
        ("first_startup", "是"),
        ("p_employer_uscc", "91330199MA2HTEXT00"),
    ],
)
def test_a_page_shows_sensitive_answers_masked_and_others_in_words(
    catalogue: Catalogue, code: str, shown: str
) -> None:
    assert masking.lines(catalogue.elements[code], GRADUATE[code]) == (shown,)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("e_legal_id", "330199********1045"),
        ("e_bank_account", "3301*********0001"),
        ("period", "2026年7月至2026年10月"),
    ],
)
def test_an_enterprise_has_people_and_accounts_too(
    catalogue: Catalogue, code: str, shown: str
) -> None:
    assert masking.lines(catalogue.elements[code], ENTERPRISE[code]) == (shown,)


def test_each_row_of_a_list_is_a_line_with_its_people_masked(catalogue: Catalogue) -> None:
    (line,) = masking.lines(catalogue.elements["graduates"], ENTERPRISE["graduates"])

    assert line.startswith("陈**，330199********5012")
    assert GRADUATE_ID not in line


def test_in_clear_nothing_is_hidden(catalogue: Catalogue) -> None:
    element = catalogue.elements["p_id_no"]

    assert masking.lines(element, GRADUATE_ID, clear=True) == (GRADUATE_ID,)


@pytest.mark.parametrize(
    ("code", "value", "hidden"),
    [("p_id_no", GRADUATE_ID, True), ("p_id_no", "", False), ("p_school", "示例大学", False)],
)
def test_only_an_answer_with_something_hidden_can_be_revealed(
    catalogue: Catalogue, code: str, value: Any, hidden: bool
) -> None:
    assert masking.is_masked(catalogue.elements[code], value) is hidden


def test_no_sensitive_answer_of_the_catalogue_stands_on_a_page_in_clear(
    catalogue: Catalogue,
) -> None:
    for code, value in (GRADUATE | ENTERPRISE).items():
        element = catalogue.elements[code]
        if element.sensitive and isinstance(value, str):
            assert value not in masking.lines(element, value), code


def test_a_name_keeps_its_first_character_and_its_length() -> None:
    assert masking.masked_name("张三") == "张*"
    assert masking.masked_name("欧阳修远") == "欧***"
    assert masking.masked_name("张") == "张*"


def test_a_number_too_short_to_mask_is_hidden_whole(catalogue: Catalogue) -> None:
    assert masking.masked(catalogue.elements["p_id_no"], "E1234567") == "****"
