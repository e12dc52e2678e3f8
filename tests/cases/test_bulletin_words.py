"""The words that figures write, as an official would read them."""

from datetime import datetime
from typing import Any

import pytest

from cases.supervision.bulletin_document import DepartmentLine, Document, Done, ItemLine, UrgingLine
from cases.supervision.bulletin_words import generated, heading
from tests.cases.bulletins import DECEMBER, NOVEMBER
from tests.cases.conftest import SHANGHAI


def document(**changes: Any) -> Document:
    done = Done(
        received=1284, accepted=1240, decided=400, late=6, yellow=30, red=7, rate=0.985,
        median=2, p90=10, average=3.4, promised=6.0,
    )  # fmt: skip
    before = Done(decided=380, rate=0.973, red=9)
    values = {"total": done, "previous": before, "departments": (), **changes}
    return Document(month=NOVEMBER, as_of=DECEMBER, **values)


def line(name: str, rank: int | None, rate: float | None = 1.0, **more: Any) -> DepartmentLine:
    return DepartmentLine(code=name, name=name, rank=rank, rate=rate, **more)


def urging(**changes: Any) -> UrgingLine:
    values = {
        "number": "1", "item": "", "department": "市公安局", "kind": "督办", "words": "x",
        "sent_at": DECEMBER, "due_at": datetime(2026, 11, 24, 17, 30, tzinfo=SHANGHAI),
    }  # fmt: skip
    return UrgingLine(**(values | changes))


def test_the_heading_is_the_answer() -> None:
    assert heading(document()) == "2026年11月办结 400 件，按时办结率 98.5%，红牌 7 张"


def test_the_month_as_a_whole() -> None:
    assert (
        "本月收件 1,284 件，受理 1,240 件（以联办件计）；办结 400 件（以办件计），"
        "按时办结率 98.5%，比上月上升 1.2 个百分点。亮黄牌 30 张、红牌 7 张，红牌比上月减少 2 张。"
        "办结办件的用时（不含暂停计时），一半不超过 2 个工作日，九成不超过 10 个工作日，"
        "平均 3.4 个工作日，承诺时限平均 6 个工作日。"
    ) in generated(document())


@pytest.mark.parametrize(
    ("previous", "said"),
    [
        (Done(decided=1, rate=0.985, red=7), "98.5%，与上月持平。"),
        (Done(decided=1, rate=0.985, red=7), "亮黄牌 30 张、红牌 7 张，红牌数与上月持平。"),
        (Done(decided=1, rate=0.99, red=3), "98.5%，比上月下降 0.5 个百分点。"),
        (Done(), "98.5%。亮黄牌 30 张、红牌 7 张，红牌比上月增加 7 张。"),
    ],
)  # fmt: skip
def test_the_change_against_the_month_before(previous: Done, said: str) -> None:
    assert said in generated(document(previous=previous))


def test_what_was_done_on_the_day_it_began() -> None:
    total = document().total.model_copy(update={"median": 0, "p90": 0})

    assert "一半在起算当日办结，九成在起算当日办结，" in generated(document(total=total))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [line("甲局", 1), line("乙局", 1), line("丙局", 3, 0.9, red=2)],
            "按时办结率排名，甲局、乙局并列第一（100%）；丙局居末位（90%，红牌 2 张）。",
        ),
        (
            [line("甲局", 1), line("乙局", 2, 0.5, red=1), line("丙局", 2, 0.5, red=1)],
            "甲局第一（100%）；乙局、丙局并列居末位（50%，各有红牌 1 张）。",
        ),
        ([line("甲局", 1), line("乙局", 1)], "甲局、乙局并列第一，按时办结率 100%。"),
        ([line("甲局", 1, 0.9)], "甲局参加排名，按时办结率 90%。"),
        ([line("甲局", None, None)], "甲局本月没有办结的办件，不参加排名。"),
    ],
)
def test_first_last_and_who_is_not_ranked(lines: list[DepartmentLine], said: str) -> None:
    assert said in generated(document(departments=tuple(lines)))


def test_who_has_not_explained_is_named() -> None:
    total = document().total.model_copy(update={"unexplained": 3, "red_at_window": 1})
    lines = (line("甲局", 1, unexplained=2), line("乙局", 1), line("丙局", 1, unexplained=1))

    told = generated(document(total=total, departments=lines))

    assert "8 张红牌中，已说明原因 5 张，尚未说明 3 张：甲局 2 张、丙局 1 张。" in told
    assert "另有因窗口逾期答复计入窗口的红牌 1 张" in told
    assert "尚未说明红牌原因的部门，请尽快说明原因" in told
    assert "7 张红牌均已说明原因。" in generated(document())


def test_stages_and_items() -> None:
    total = document().total.model_copy(update={"late_at_window": 2, "late_delivery": 1})
    worst = (ItemLine(code="P08", name="公租房货币补贴", department="市住保房管局"),)

    told = generated(document(total=total, worst=worst))

    assert "环节超时 9 件次，其中窗口受理 2 件次、部门办理 6 件次、结果送达 1 件次。" in told
    assert "需要改进的事项：“公租房货币补贴”（市住保房管局）。" in told
    none = document(total=Done(decided=1, rate=1.0, median=1, p90=1, average=1, promised=1))
    assert "各环节均没有超时" in generated(none)


def test_urgings_and_who_has_not_answered() -> None:
    answered = urging(answer="已办结。", answered_at=DECEMBER)
    waiting = urging(due_at=datetime(2026, 12, 3, 17, 30, tzinfo=SHANGHAI))

    told = generated(document(urgings=(answered, urging(), waiting)))

    assert "发出催办和督办 3 件，已答复 1 件，逾期未答复 1 件：市公安局 1 件。" in told
    assert "本月没有发出催办和督办。" in generated(document())
