"""The words of a bulletin (通报文字) as its figures write them, for a supervisor to go over."""

from collections import Counter

from cases.supervision.bulletin_document import DepartmentLine, Document
from cases.supervision.tables import percent_words
from portal.core.chinese import listed, month_words


def heading(document: Document) -> str:
    """Return the sentence that says how the month went."""
    every = document.total
    if not every.decided:
        return f"{month_words(document.month)}没有办结的办件，红牌 {every.red:,} 张"
    return (
        f"{month_words(document.month)}办结 {every.decided:,} 件，"
        f"按时办结率 {percent_words(every.rate or 0)}，红牌 {every.red:,} 张"
    )


def generated(document: Document) -> str:
    """Return the whole text: one paragraph a line, headings begin with 一、."""
    parts = [
        "各有关部门：",
        f"现将{month_words(document.month)}“一件事”联办事项办理时限情况通报如下。",
        "一、总体情况",
        _overall(document),
        "二、各部门情况",
        _departments(document),
        "三、超时与红牌",
        _late(document),
        _explained(document),
        "四、督办情况",
        _urged(document),
        "五、工作要求",
        _asked(document),
    ]
    return "\n".join(part for part in parts if part)


def _overall(document: Document) -> str:
    every, before = document.total, document.previous
    words = f"本月收件 {every.received:,} 件，受理 {every.accepted:,} 件（以联办件计）；"
    if not every.decided:
        return f"{words}没有办结的办件。{_cards(document)}"
    words += f"办结 {every.decided:,} 件（以办件计），按时办结率 {percent_words(every.rate or 0)}"
    words += _rate_change(every.rate, before.rate) + "。" + _cards(document)
    if every.median is None:
        return words
    return words + (
        f"办结办件的用时（不含暂停计时），一半{_within(every.median)}，"
        f"九成{_within(every.p90)}，平均 {every.average:g} 个工作日，"
        f"承诺时限平均 {every.promised:g} 个工作日。"
    )


def _within(days: int | None) -> str:
    return f"不超过 {days} 个工作日" if days else "在起算当日办结"


def _cards(document: Document) -> str:
    every, change = document.total, document.total.red - document.previous.red
    words = f"亮黄牌 {every.yellow:,} 张、红牌 {every.red:,} 张"
    if change:
        words += f"，红牌比上月{'增加' if change > 0 else '减少'} {abs(change):,} 张"
    else:
        words += "，红牌数与上月持平"
    if every.red_at_window:
        words += f"；另有因窗口逾期答复计入窗口的红牌 {every.red_at_window:,} 张"
    return words + "。"


def _rate_change(rate: float | None, previous: float | None) -> str:
    if rate is None or previous is None:
        return ""
    change = round((rate - previous) * 100, 1)
    if not change:
        return "，与上月持平"
    return f"，比上月{'上升' if change > 0 else '下降'} {abs(change):.1f} 个百分点"


def _departments(document: Document) -> str:
    ranked = document.ranked
    words = ""
    if ranked:
        words = _placed(ranked)
    if document.unranked:
        names = listed(line.name for line in document.unranked)
        words += f"{names}本月没有办结的办件，不参加排名。"
    return words


def _placed(ranked: tuple[DepartmentLine, ...]) -> str:
    first = [line for line in ranked if line.rank == 1]
    last = [line for line in ranked if line.rank == ranked[-1].rank]
    if len(first) == len(ranked):
        together = "并列第一" if len(ranked) > 1 else "参加排名"
        return f"{_named(first)}{together}，按时办结率 {percent_words(first[0].rate or 0)}。"
    shared = "并列" if len(first) > 1 else ""
    words = f"按时办结率排名，{_named(first)}{shared}第一（{percent_words(first[0].rate or 0)}）；"
    shared = "并列" if len(last) > 1 else ""
    return words + (
        f"{_named(last)}{shared}居末位（{percent_words(last[0].rate or 0)}，"
        f"{'各有' if len(last) > 1 else ''}红牌 {last[0].red:,} 张）。"
    )


def _named(lines: list[DepartmentLine]) -> str:
    return listed(line.name for line in lines)


def _late(document: Document) -> str:
    every = document.total
    if not every.every_late:
        words = "本月窗口受理、部门办理、结果送达各环节均没有超时。"
    else:
        words = (
            f"本月环节超时 {every.every_late:,} 件次，其中窗口受理 {every.late_at_window:,} 件次、"
            f"部门办理 {every.late:,} 件次、结果送达 {every.late_delivery:,} 件次。"
        )
    if document.worst:
        names = listed(f"“{line.name}”（{line.department}）" for line in document.worst)
        words += f"需要改进的事项：{names}。"
    if document.best:
        names = listed(f"“{line.name}”（{line.department}）" for line in document.best)
        words += f"办理较好的事项：{names}。"
    return words


def _explained(document: Document) -> str:
    every = document.total
    red = every.red + every.red_at_window
    if not red:
        return ""
    if not every.unexplained:
        return f"{red:,} 张红牌均已说明原因。"
    missing = [
        f"{line.name} {line.unexplained:,} 张" for line in document.departments if line.unexplained
    ]
    return (
        f"{red:,} 张红牌中，已说明原因 {red - every.unexplained:,} 张，"
        f"尚未说明 {every.unexplained:,} 张：{listed(missing)}。"
    )


def _urged(document: Document) -> str:
    if not document.urgings:
        return "本月没有发出催办和督办。"
    answered = sum(1 for line in document.urgings if line.answered_at)
    overdue = Counter(
        line.department
        for line in document.urgings
        if line.answered_at is None and line.is_late(document.as_of)
    )
    words = f"本月发出催办和督办 {len(document.urgings):,} 件，已答复 {answered:,} 件"
    if overdue:
        names = listed(f"{name} {count:,} 件" for name, count in overdue.items())
        words += f"，逾期未答复 {overdue.total():,} 件：{names}"
    return words + "。"


def _asked(document: Document) -> str:
    parts = []
    if document.total.unexplained:
        parts.append("尚未说明红牌原因的部门，请尽快说明原因并提出整改措施。")
    if document.worst:
        parts.append("需要改进事项的主办部门，请查找耗时环节，在承诺时限内办结。")
    parts.append("各部门要严格执行承诺时限，黄牌办件优先办理，避免发生红牌。")
    return "".join(parts)
