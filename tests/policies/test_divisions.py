import pytest

from policies import divisions


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("330106", "浙江省杭州市西湖区"),
        ("330103", "浙江省杭州市下城区"),
        ("330104", "浙江省杭州市江干区"),
        ("330113", "浙江省杭州市临平区"),
        ("330114", "浙江省杭州市钱塘区"),
        ("330182", "浙江省杭州市建德市"),
        ("330000", "浙江省"),
        ("110105", "北京市朝阳区"),
        ("441900", "广东省东莞市"),
        ("429004", "湖北省仙桃市"),
        ("653228", "新疆维吾尔自治区和田地区和康县"),
        ("710000", "台湾省"),
        ("810000", "香港特别行政区"),
        ("820000", "澳门特别行政区"),
    ],
)
def test_present_and_historic_divisions_have_their_full_name(code: str, name: str) -> None:
    assert divisions.known(code)
    assert divisions.name_of(code) == name


@pytest.mark.parametrize("code", ["330199", "000000", "33010", "", "杭州市"])
def test_unknown_code_has_no_name(code: str) -> None:
    assert not divisions.known(code)
    assert divisions.name_of(code) is None


def test_picker_offers_the_whole_country_in_present_divisions_only() -> None:
    provinces = divisions.provinces()
    hangzhou = dict(divisions.children("330100"))

    assert len(provinces) == 34
    assert ("330000", "浙江省") in provinces
    assert ("330100", "杭州市") in divisions.children("330000")
    assert hangzhou["330114"] == "钱塘区"
    assert "330103" not in hangzhou
    assert divisions.children("330106") == ()
