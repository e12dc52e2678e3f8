"""The tables of a bulletin (通报附表), made from its document: the same for page, PDF and Excel."""

from collections.abc import Iterable

from cases.supervision.bulletin_document import (
    CardLine,
    Document,
    Done,
    ItemLine,
    UrgingLine,
)
from cases.supervision.tables import Cell, Column, Row, Table, Value
from portal.core.chinese import listed

IN_CASES = (
    "收件、受理以联办件计，其余以办件计；"
    "一个联办件涉及几个部门的，各部门分别计入，合计中只计一次，部门的收件不含未受理的联办件。"
    "黄牌、红牌为本月亮牌且未撤销的，计入窗口的不在部门数中。"
)
IN_WORKING_DAYS = (
    "单位为工作日，暂停计时不计入用时。用时中位数、九成位数为一半、九成办件不超过的天数，"
    "起算当日办结的为 0，不足一日的按一日计。"
)
STAGES = (
    "窗口受理：收件后 5 个工作日内未答复；部门办理：超过应办结时间才作出决定；"
    "结果送达：准予决定作出后 10 个工作日内未送达。"
    "窗口受理和结果送达按期限届满的月份计，部门办理按办结的月份计。"
)
RANKED_BY = "按时办结率高的在前，相同的红牌少的在前，仍相同的名次并列。"
BEST_OF = "没有超时和红牌，且用时占承诺时限比例最低的事项；即办事项不参加比较。"
WORST_OF = "有超时或红牌的事项，超时比例高的在前，相同的红牌多的在前。"
CARDS = "本月亮牌且未撤销的全部红牌，以及已作说明的黄牌。"


def tables(document: Document) -> list[Table]:
    """Return all tables of a bulletin in their order."""
    return [
        departments(document),
        ranking(document),
        stages(document),
        times(document),
        _items("best", "办理较好的事项", BEST_OF, document.best, "本月没有可列入的事项。"),
        _items("worst", "需要改进的事项", WORST_OF, document.worst, "本月没有超时或红牌的事项。"),
        cards(document),
        urgings(document),
    ]


def departments(document: Document) -> Table:
    titles = ("收件", "受理", "办结", "超时办结")
    columns = [
        Column("部门", "text"),
        *(Column(title) for title in titles),
        Column("按时办结率", "percent"),
        Column("比上月（百分点）", "days"),
        Column("黄牌"),
        Column("红牌"),
        Column("红牌比上月"),
        Column("名次"),
    ]
    rows = [
        _row(
            line.name,
            *_counts(line),
            Cell(line.rate),
            points(line.rate, line.previous_rate),
            line.yellow,
            line.red,
            signed(line.red - line.previous_red),
            line.rank or "不排名",
        )
        for line in document.departments
    ]
    every, before = document.total, document.previous
    total = _row(
        "合计",
        *_counts(every),
        Cell(every.rate),
        points(every.rate, before.rate),
        every.yellow,
        every.red,
        signed(every.red - before.red),
        None,
    )
    note = IN_CASES
    if every.red_at_window:
        note += f"另有计入窗口的红牌 {every.red_at_window:,} 张。"
    return Table("departments", "各部门办理情况", columns, rows, note=note, total=total)


def ranking(document: Document) -> Table:
    columns = [
        Column("名次"),
        Column("部门", "text"),
        Column("按时办结率", "percent"),
        Column("红牌"),
        Column("办结"),
    ]
    rows = [
        _row(line.rank, line.name, line.rate, line.red, line.decided) for line in document.ranked
    ]
    note = RANKED_BY
    if document.unranked:
        names = listed(line.name for line in document.unranked)
        note += f"{names}本月没有办结的办件，不参加排名。"
    empty = "本月各部门都没有办结的办件，不作排名。"
    return Table("ranking", "按时办结率排名", columns, rows, note=note, empty=empty)


def times(document: Document) -> Table:
    columns = [
        Column("部门", "text"),
        *(Column(title) for title in ("办结", "用时中位数", "用时九成位数")),
        *(Column(title, "days") for title in ("平均用时", "平均承诺")),
    ]
    rows = [_row(line.name, line.decided, *_days(line)) for line in document.departments]
    total = _row("合计", document.total.decided, *_days(document.total))
    return Table("times", "办理用时", columns, rows, note=IN_WORKING_DAYS, total=total)


def stages(document: Document) -> Table:
    titles = ("窗口受理", "部门办理", "结果送达", "合计")
    columns = [Column("部门", "text"), *(Column(title) for title in titles)]
    rows = [_row(line.name, *_late(line)) for line in document.departments]
    total = _row("合计", *_late(document.total))
    return Table("stages", "各环节超时", columns, rows, note=STAGES, total=total)


def _items(name: str, title: str, note: str, lines: Iterable[ItemLine], empty: str) -> Table:
    columns = [
        Column("事项", "text"),
        Column("部门", "text"),
        Column("办结"),
        Column("超时办结"),
        Column("按时办结率", "percent"),
        Column("红牌"),
        Column("平均用时", "days"),
        Column("平均承诺", "days"),
    ]
    rows = [
        _row(
            line.name,
            line.department,
            line.decided,
            line.late,
            line.rate,
            line.red,
            line.average,
            line.promised,
        )
        for line in lines
    ]
    return Table(name, title, columns, rows, note=note, empty=empty)


def cards(document: Document) -> Table:
    columns = [
        Column("级别", "text"),
        Column("受理码", "text"),
        Column("事项", "text"),
        Column("部门", "text"),
        Column("亮牌", "instant"),
        Column("办理情况", "text"),
        Column("原因及说明", "text"),
        Column("整改措施", "text"),
    ]
    note = CARDS
    if document.total.unexplained:
        note += f"其中红牌 {document.total.unexplained:,} 张尚未说明原因。"
    if document.cards_in_all > len(document.cards):
        note += f"共 {document.cards_in_all:,} 张，只列前 {len(document.cards):,} 张。"
    rows = [_card(line) for line in document.cards]
    empty = "本月没有红牌，也没有已作说明的黄牌。"
    return Table("cards", "红牌及原因说明", columns, rows, note=note, empty=empty)


def _card(line: CardLine) -> Row:
    level = "红牌" if line.level == "red" else "黄牌"
    return _row(
        Cell(level, card=line.level),
        line.number,
        line.item,
        f"{line.department}（计入窗口）" if line.at_window else line.department,
        line.issued_at,
        line.standing,
        "：".join(part for part in (line.cause, line.explanation) if part) or "未说明",
        line.measure or None,
    )


def urgings(document: Document) -> Table:
    columns = [
        Column("方式", "text"),
        Column("受理码", "text"),
        Column("事项", "text"),
        Column("部门", "text"),
        Column("督办内容", "text"),
        Column("发出", "instant"),
        Column("应答复", "instant"),
        Column("答复", "text"),
        Column("答复时间", "instant"),
    ]
    rows = [_urging(line, document) for line in document.urgings]
    empty = "本月没有发出催办和督办。"
    return Table("urgings", "督办及答复", columns, rows, note="本月发出的催办和督办。", empty=empty)


def _urging(line: UrgingLine, document: Document) -> Row:
    late = line.is_late(document.as_of)
    unanswered = "逾期未答复" if late else "未到答复期限"
    return _row(
        line.kind,
        line.number,
        line.item or None,
        line.department,
        line.words,
        line.sent_at,
        line.due_at,
        line.answer or unanswered,
        Cell(line.answered_at, note="逾期答复" if late and line.answered_at else ""),
    )


# ---- cells --------------------------------------------------------------------------------------


def signed(change: int) -> Cell:
    """Return a change against the month before: +3, -2, 0."""
    return Cell(change, words=f"{change:+,}" if change else "0")


def points(rate: float | None, previous: float | None) -> Cell:
    """Return the change of a rate in percentage points; none without both."""
    if rate is None or previous is None:
        return Cell()
    change = round((rate - previous) * 100, 1)
    return Cell(change, words=f"{change:+.1f}" if change else "0.0")


def _counts(done: Done) -> tuple[int, ...]:
    return (done.received, done.accepted, done.decided, done.late)


def _days(done: Done) -> tuple[float | None, ...]:
    return (done.median, done.p90, done.average, done.promised)


def _late(done: Done) -> tuple[int, ...]:
    return (done.late_at_window, done.late, done.late_delivery, done.every_late)


def _row(*values: Value | Cell) -> Row:
    return Row([value if isinstance(value, Cell) else Cell(value) for value in values])
