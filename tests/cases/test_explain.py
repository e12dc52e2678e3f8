"""When is it due, and why: for the applicant, the officer and the supervisor."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases import explain, intake, review
from cases.explain import Origin, Reader
from cases.models import Case, Extension, ExtensionState, Limit, WorkItem
from cases.working_time import SHANGHAI
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import item
from tests.cases.steps import Officers, approved, claimed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant in November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def texts(told: explain.Explanation, kind: str) -> list[str]:
    return [step.text for step in told.steps if step.kind == kind]


def steps(told: explain.Explanation) -> list[str]:
    return [step.kind for step in told.steps]


def pause(work_item: WorkItem, officers: Officers, at: datetime) -> dict[str, Any]:
    hand = {"work_item_id": work_item.pk, "officer": officers[work_item.department.code]}
    with clock.at(at):
        review.pause(**hand, reason="testing", note="", expected_days=2)
    return hand


def at(instant: datetime, work_item: WorkItem) -> explain.Explanation:
    with clock.at(instant):
        return explain.explain_deadline(WorkItem.objects.get(pk=work_item.pk))


def test_a_parallel_item_begins_at_acceptance(accepted: Make) -> None:
    work_item = item(accepted("P01"), "P01")

    told = at(on(23, 12), work_item)

    assert told.started_by == Origin.ACCEPTANCE
    assert (told.binding, told.budget, told.statutory_days) == (Limit.PROMISED, 1, None)
    assert (told.due_at, told.yellow_at) == (work_item.due_at, work_item.yellow_at)
    assert steps(told) == ["start", "limit", "rule", "counted", "due", "yellow"]
    assert texts(told, "start") == ["2026年11月23日 10:00 受理，各并联事项同时起算。"]
    assert told.steps[0].source == explain.STARTING
    assert texts(told, "limit") == ["承诺时限 1 个工作日。"]


def test_a_serial_item_begins_at_its_predecessors_decision(
    accepted: Make, officers: Officers
) -> None:
    case = accepted("P01", "P04")
    waiting = at(on(23, 12), item(case, "P04"))
    with clock.at(on(24, 9, 30)):
        approved(case, "P01", officers)

    told = at(on(24, 12), item(case, "P04"))

    assert (waiting.started_by, waiting.due_at, waiting.used) == (None, None, None)
    assert steps(waiting) == ["waiting", "limit"]
    assert told.started_by == Origin.PREDECESSOR
    assert texts(told, "start") == [
        "前置的“职工参保登记（养老、工伤、失业）”于 2026年11月24日 09:30 作出决定，本事项同时起算。"
    ]


def test_after_silence_it_begins_on_the_day_of_receipt(accepted: Make) -> None:
    work_item = item(accepted("P01"), "P01")
    WorkItem.objects.update(desk_at=on(30, 17, 30))

    told = at(on(23, 12), work_item)

    assert told.started_by == Origin.RECEIPT
    assert "视为受理" in texts(told, "start")[0]
    assert told.steps[0].source == explain.DEEMED


def test_the_shorter_limit_is_named(accepted: Make) -> None:
    work_item = item(accepted("P12"), "P12")
    WorkItem.objects.update(statutory_days=20)

    told = at(on(23, 12), work_item)

    assert told.binding == Limit.PROMISED
    assert told.promised_due_at == told.due_at == work_item.due_at
    assert told.statutory_due_at == on(23, 17, 30) + timedelta(days=28)
    assert texts(told, "limit") == [
        "承诺时限 1 个工作日，法定时限 20 个工作日（到 2026年12月21日 17:30），"
        "以较短的承诺时限为准。"
    ]


def test_a_standing_clock_says_since_when_why_and_what_resuming_would_mean(
    accepted: Make, officers: Officers
) -> None:
    work_item = claimed(accepted("P01"), "P01", officers)
    pause(work_item, officers, on(23, 16))

    told = at(on(25, 10), work_item)

    assert (told.due_at, told.paused_at) == (None, on(23, 16))
    assert told.if_resumed_now and told.if_resumed_now.due_at == on(26, 17, 30)
    assert told.used == (0, pytest.approx(1 + 1 / 7))
    assert steps(told) == ["start", "limit", "rule", "paused", "if_resumed"]
    assert texts(told, "paused") == [
        "2026年11月23日 16:00 起因检测暂停计时，已停 2 个工作日，预计共 2 个工作日，不计入时限。"
    ]
    assert "第四十五条" in told.steps[3].source


def test_days_before_a_lasting_pause_stay_counted(accepted: Make, officers: Officers) -> None:
    work_item = claimed(accepted("P12"), "P12", officers)
    WorkItem.objects.update(promised_days=5)
    hand = pause(work_item, officers, on(24, 10))
    with clock.at(on(25, 10)):
        review.resume(**hand)
    pause(work_item, officers, on(26, 10))

    told = at(on(27, 10), work_item)

    # Tue; Wed out; Thu; standing since.
    kinds = ["start", "limit", "rule", "counted", "paused", "counted", "paused", "if_resumed"]
    assert steps(told) == kinds
    assert [step.days for step in told.steps if step.kind == "counted"] == [1, 1]


def test_an_extension_is_told_with_its_reasons(
    accepted: Make, officers: Officers, officer: User
) -> None:
    work_item = item(accepted("P12"), "P12")
    WorkItem.objects.update(extended_days=5)
    Extension.objects.create(
        work_item=work_item,
        days=5,
        reasons="须实地核查。",
        state=ExtensionState.GRANTED,
        asked_by=officer,
        asked_at=on(23, 11),
        decided_by=officer,
        decided_at=on(23, 12),
    )

    told = at(on(23, 14), work_item)

    assert (told.budget, told.extended_days) == (6, 5)
    assert texts(told, "extended") == ["经本部门负责人批准延长 5 个工作日，理由：须实地核查。"]


def test_a_decided_item_says_what_held_and_what_it_took(accepted: Make, officers: Officers) -> None:
    case = accepted("P01")
    with clock.at(on(24, 12)):
        approved(case, "P01", officers)

    told = at(on(30, 10), item(case, "P01"))

    assert (told.due_at, told.decided_at, told.late_stage) == (on(24, 17, 30), on(24, 12), "")
    assert steps(told)[-1] == "ended"
    assert texts(told, "ended") == [
        "2026年11月24日 12:00 准予办结，净用时 0.4 个工作日，总用时 0.4 个工作日。"
    ]


def test_each_reader_sees_what_concerns_them(accepted: Make) -> None:
    work_item = item(accepted("P01"), "P01")

    talent = explain.words(work_item)
    officer = explain.words(work_item, reader=Reader.OFFICER)

    assert talent.title == "应于 2026年11月24日 17:30 前办结"
    assert [step["title"] for step in talent.steps] == [
        "起算", "时限", "计算方法", "计入", "应办结",
    ]  # fmt: skip
    assert [step["title"] for step in officer.steps][-1] == "黄牌提醒"
    assert [fact["term"] for fact in talent.facts] == ["净用时", "总用时"]


def test_a_supervisor_reads_whose_lateness_it_was(accepted: Make, officers: Officers) -> None:
    work_item = claimed(accepted("P01"), "P01", officers)
    WorkItem.objects.update(desk_at=on(30, 17, 30))
    with clock.at(on(26, 12)):
        approve = {"officer": officers["D01"], "result_number": "示例1"}
        review.approve(work_item_id=work_item.pk, **approve)

    facts = explain.words(item(work_item.case, "P01"), reader=Reader.SUPERVISOR).facts

    assert {"term": "超时环节", "value": "窗口受理"} in facts
    assert {"term": "到达部门", "value": "2026年11月30日 17:30"} in facts


def test_the_applicants_page_explains_each_item(
    client: Client, talent: User, accepted: Make, officers: Officers
) -> None:
    case = accepted("P01", "P04")
    client.force_login(talent)

    page = client.get(reverse("cases:case", args=[case.pk])).content.decode()

    assert "每个事项的时限怎样计算" in page
    assert "浙江省引进人才居住证申领：等前置事项的结果，时限尚未起算" in page
    assert explain.STARTING in page
    assert "黄牌提醒" not in page


def test_a_withdrawn_item_no_longer_counts(accepted: Make) -> None:
    case = accepted("P01", "P04")
    with clock.at(on(24, 12)):
        intake.withdraw(case_id=case.pk, actor=case.applicant)

    told = at(on(24, 12) + timedelta(days=30), item(case, "P01"))
    never = at(on(30, 10), item(case, "P04"))

    assert told.due_at is None
    assert told.used == pytest.approx((3 / 7, 3 / 7))
    assert steps(never)[0] == "ended"
    assert explain.words(item(case, "P04")).title == "已撤回，时限不再计算"
