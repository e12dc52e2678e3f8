"""How dates, instants and lists are written for people, as official Chinese texts set them."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

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


def money_words(amount: Decimal) -> str:
    """Return 30,000 元; with 角 and 分 only where there are any: 0.50 元."""
    whole = amount == amount.to_integral_value()
    return f"{amount:,.0f} 元" if whole else f"{amount:,.2f} 元"


def listed(words: Iterable[str], most: int | None = None) -> str:
    """Return 甲、乙、丙; beyond `most` entries 甲、乙等 5 项."""
    every = list(words)
    if most is None or len(every) <= most:
        return "、".join(every)
    return f"{'、'.join(every[:most])}等 {len(every)} 项"


def masked_name(name: str) -> str:
    """Return 张* for 张三, 欧阳** for longer names with more stars."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""
