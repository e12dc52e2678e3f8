"""Dates, instants and lists in words."""

from datetime import UTC, date, datetime

import pytest

from portal.core.chinese import day_words, instant_words, listed


def test_days_and_instants_are_read_in_shanghai() -> None:
    evening = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)

    assert day_words(date(2026, 1, 2)) == "2026年1月2日"
    assert day_words(evening) == "2026年11月24日"
    assert instant_words(evening) == "2026年11月24日 00:05"


@pytest.mark.parametrize(
    ("words", "most", "expected"),
    [
        ([], None, ""),
        (["甲", "乙"], None, "甲、乙"),
        (["甲", "乙"], 2, "甲、乙"),
        (["甲", "乙", "丙"], 2, "甲、乙等 3 项"),
    ],
)
def test_lists(words: list[str], most: int | None, expected: str) -> None:
    assert listed(words, most) == expected
