"""Figures in words: rates, days, headings (措辞)."""

from collections.abc import Mapping

from cases.supervision.figures import Compression, Figures
from cases.supervision.tables import NOTHING, percent_words


def heading(every: Figures, red: Mapping[str, int], where: str) -> str:
    """Return the sentence that says how things stand; red before yellow before none."""
    if not every.open:
        return f"{where}目前没有在办的办件"
    if every.red:
        return f"{where}今天 {every.red:,} 件亮红牌{spread(red)}"
    if every.yellow:
        return f"{where}没有红牌，{every.yellow:,} 件亮黄牌，请在到期前办结"
    return f"{where}在办 {every.open:,} 件，没有黄牌和红牌"


def spread(counts: Mapping[str, int]) -> str:
    """Return where something is concentrated; nothing where only one place was asked for."""
    worst = sorted(((count, name) for name, count in counts.items() if count), reverse=True)
    if not worst or len(counts) == 1:
        return ""
    if len(worst) == 1:
        return f"，都在{worst[0][1]}"
    if len(worst) <= 3:
        return "，" + "、".join(f"{name} {count:,} 件" for count, name in worst)
    return f"，分布在 {len(worst)} 个部门，{worst[0][1]}最多，有 {worst[0][0]:,} 件"


def rate(one: Figures) -> str:
    """Return 98.6%; never 100% while one was late, and a dash without any decision."""
    return NOTHING if one.on_time_rate is None else percent_words(one.on_time_rate)


def days(number: float | None) -> str:
    return NOTHING if number is None else f"{number:.1f}"


def whole_days(number: int | None) -> str:
    """Return whole working days; 当日 for what was done before a day had been counted."""
    if number is None:
        return NOTHING
    return f"{number}" if number else "当日"


def nine_in_ten(one: Figures) -> str:
    """Return how fast nine in ten were done, and the average promise beside it."""
    if one.p90_net is None:
        return "没有办结的办件"
    within = f"在 {one.p90_net} 个工作日内" if one.p90_net else "当日办结"
    return f"九成{within}，平均承诺 {promised(one)}"


def promised(one: Figures) -> str:
    """Return the average promise, 即办 where all were promised on the same day."""
    return "即办" if one.average_promised == 0 else days(one.average_promised)


def share(part: float | None) -> str:
    """Return a share that may be missing or, where something got longer, negative."""
    if part is None:
        return NOTHING
    return percent_words(part) if part >= 0 else f"增加 {percent_words(-part)}"


def before_after(one: Compression | None) -> str:
    """Return 改革前平均 12.4 个工作日，现 2.1 个工作日."""
    if one is None:
        return "没有办结的办件"
    return f"改革前平均 {one.before:.1f} 个工作日，现 {one.actual:.1f} 个"
