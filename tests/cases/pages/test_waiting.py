"""How long something has waited, by tables."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cases.pages.waiting import waited_days, waiting_words
from cases.working_time import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        (at(23, 10), at(23, 10), "刚刚收到"),
        (at(23, 10), at(23, 10, 20), "已等 20 分钟"),
        (at(23, 9), at(23, 11), "已等 2 小时"),
        (at(23, 11), at(23, 14, 30), "已等 2 小时"),
        (at(23, 17), at(24, 9, 10), "已等 40 分钟"),
        (at(20, 17), at(23, 9, 30), "已等 1 小时"),
        (at(21, 12), at(22, 12), "刚刚收到"),
        (at(23, 10), at(24, 10), "已等 1 个工作日"),
        (at(20, 16), at(25, 17), "已等 3 个工作日"),
        (at(24, 10), at(23, 10), "刚刚收到"),
    ],
)
def test_nights_lunch_and_weekends_are_no_waiting(
    since: datetime, until: datetime, words: str
) -> None:
    assert waiting_words(Calendar(), since=since, until=until) == words


def test_from_opening_to_closing_is_one_day() -> None:
    assert waited_days(Calendar(), since=at(23, 9), until=at(23, 17, 30)) == pytest.approx(1)
