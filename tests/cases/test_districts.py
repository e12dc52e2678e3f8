"""Under which district a case is counted."""

import pytest

from cases import districts

HANGZHOU = "330100"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("浙江省杭州市西湖区文新街道示例路 18 号", "330106"),
        ("杭州市余杭区仓前街道", "330110"),
        ("杭州西湖区文三路", "330106"),
        ("西湖区文三路 1 号", "330106"),
        ("浙江省建德市新安江街道", "330182"),
        ("杭州市建德市梅城镇", "330182"),
        ("桐庐县城南街道", "330122"),
        ("杭州市滨江区江南大道，近萧山区", "330108"),
        # A district of another city that bears the same name.
        ("江西省南昌市西湖区", ""),
        ("南昌市西湖区", ""),
        ("宁波市鄞州区", ""),
        ("示例路 1 号", ""),
        ("", ""),
    ],
)
def test_an_address_names_its_district(address: str, code: str) -> None:
    assert districts.named_in(address, HANGZHOU) == code


@pytest.mark.parametrize(
    ("kind", "answers", "code"),
    [
        ("enterprise", {"e_reg_division": "330108"}, "330108"),
        ("enterprise", {"e_reg_division": "330203"}, ""),
        ("enterprise", {"e_reg_division": "330100"}, ""),
        ("enterprise", {"e_reg_division": "330199"}, ""),
        ("enterprise", {}, ""),
        ("person", {"p_address": "杭州市上城区", "p_hukou": "330106"}, "330102"),
        ("person", {"p_address": "示例路 1 号", "p_hukou": "330106"}, "330106"),
        # A former district, as on papers of its day.
        ("person", {"p_hukou": "330103"}, "330103"),
        ("person", {"p_address": "南昌市西湖区", "p_hukou": "360103"}, ""),
        ("person", {"p_address": None, "p_hukou": None}, ""),
    ],
)
def test_where_an_applicant_counts(kind: str, answers: dict[str, str], code: str) -> None:
    assert districts.of_applicant(kind, answers, HANGZHOU) == code


def test_a_one_thing_without_a_city_has_no_districts() -> None:
    assert districts.of_applicant("person", {"p_address": "西湖区", "p_hukou": "330106"}, "") == ""
