"""A place is found by what people type, and never guessed where it could be several."""

import pytest

from cases import places


@pytest.mark.parametrize(
    "typed",
    [
        "浙江省杭州市西湖区",
        "杭州市西湖区",
        "杭州西湖",
        "浙江 西湖",
        "浙江西湖",
        "330106",
        "３３０１０６",
    ],
)
def test_every_usual_way_to_say_a_place_finds_it(typed: str) -> None:
    assert places.code_of(typed) == "330106"


def test_a_code_that_no_longer_exists_is_taken_with_its_old_name() -> None:
    assert places.find("330103") == (("330103", "浙江省杭州市下城区"),)


def test_a_name_borne_by_several_places_means_none_of_them() -> None:
    assert places.code_of("西湖区") is None
    assert {"330106", "360103"} <= {code for code, _ in places.find("西湖区")}


@pytest.mark.parametrize("typed", ["", "   ", "不存在的地方", "999999", "(.*", "杭州" * 10**6])
def test_what_is_no_place_finds_nothing(typed: str) -> None:
    assert places.find(typed) == ()


def test_a_vague_text_lists_only_a_dozen() -> None:
    assert len(places.find("江")) == places.SHOWN_AT_MOST
