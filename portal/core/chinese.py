"""How dates, instants and lists are written for people, as official Chinese texts set them."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone


def day_words(day: date) -> str:
    """Return 2026年11月23日; an instant is read in Asia/Shanghai."""
    if isinstance(day, datetime):
        day = timezone.localdate(day)
    return f"{day.year}年{day.month}月{day.day}日"


def month_words(day: date) -> str:
    """Return 2026年11月 for any day of it."""
    return f"{day.year}年{day.month}月"


def instant_words(instant: datetime) -> str:
    """Return 2026年11月23日 17:30 in Asia/Shanghai."""
    return f"{day_words(instant)} {timezone.localtime(instant):%H:%M}"


def listed(words: Iterable[str], most: int | None = None) -> str:
    """Return 甲、乙、丙; beyond `most` entries 甲、乙等 5 项."""
    every = list(words)
    if most is None or len(every) <= most:
        return "、".join(every)
    return f"{'、'.join(every[:most])}等 {len(every)} 项"
