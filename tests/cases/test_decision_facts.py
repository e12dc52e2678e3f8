"""What a decision stores of its clock: net days, whose lateness it was, when the result arrived."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cases import deadlines, intake, review
from cases.dispatch import new_work_item
from cases.models import Case, Stage, WorkItem, WorkItemState
from cases.working_time import SHANGHAI, Calendar
from portal.accounts.models import Department
from portal.core import clock
from tests.cases.conftest import item
from tests.cases.steps import Officers, claimed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
CALENDAR = Calendar()


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant in November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def decided(work_item: WorkItem, officers: Officers, at: datetime) -> WorkItem:
    with clock.at(at):
        review.approve(
            work_item_id=work_item.pk,
            officer=officers[work_item.department.code],
            result_number="示例1",
        )
    return WorkItem.objects.get(pk=work_item.pk)


def test_a_decision_in_time(accepted: Make, officers: Officers) -> None:
    # One day from Monday 10:00: Tuesday 12:00 is 3 of its 7 hours.
    work_item = decided(claimed(accepted("P01"), "P01", officers), officers, on(24, 12))

    assert work_item.net_days == pytest.approx(3 / 7)
    assert work_item.late_stage == ""
    assert work_item.delivered_at == work_item.decided_at == on(24, 12)


def test_pauses_are_left_out_of_net_time_only(accepted: Make, officers: Officers) -> None:
    work_item = claimed(accepted("P01"), "P01", officers)
    hand = {"work_item_id": work_item.pk, "officer": officers["D01"]}
    with clock.at(on(23, 11)):
        review.pause(**hand, reason="testing", note="", expected_days=2)
    with clock.at(on(25, 10)):
        review.resume(**hand)

    # Tue and Wed are out; Thursday 17:30 is the whole of the one day.
    work_item = decided(work_item, officers, on(26, 17, 30))

    assert work_item.net_days == pytest.approx(1)
    assert work_item.late_stage == ""
    assert deadlines.used_days(work_item, on(30, 10), CALENDAR) == pytest.approx((1, 3))


def test_a_late_decision_is_the_departments(accepted: Make, officers: Officers) -> None:
    work_item = decided(claimed(accepted("P01"), "P01", officers), officers, on(25, 12))

    assert work_item.late_stage == Stage.DEPARTMENT
    assert work_item.net_days == pytest.approx(1 + 3 / 7)
    assert work_item.cards.filter(level="red").exists()


def test_a_refusal_stores_the_same(accepted: Make, officers: Officers) -> None:
    work_item = claimed(accepted("P01"), "P01", officers)
    with clock.at(on(24, 17, 31)):
        review.refuse(
            work_item_id=work_item.pk, officer=officers["D01"], reasons="不符。", legal_basis="指南"
        )

    work_item = item(work_item.case, "P01")
    assert work_item.net_days == pytest.approx(1)
    assert work_item.late_stage == Stage.DEPARTMENT
    assert work_item.delivered_at == on(24, 17, 31)


@pytest.mark.parametrize(
    ("decided_at", "stage"),
    [
        (on(24, 17, 30), ""),  # within the limit from the legal start
        (on(24, 17, 31), Stage.INTAKE),  # late, but within the department's own day
        (on(27, 17, 30), Stage.INTAKE),
        (on(27, 17, 31), Stage.DEPARTMENT),  # late by its own time too
    ],
)
def test_lateness_that_the_window_caused_is_booked_on_the_window(
    decided_at: datetime, stage: str
) -> None:
    work_item = WorkItem(state=WorkItemState.HANDLING, promised_days=1, desk_at=on(26, 17, 30))
    deadlines.start_clock(work_item, at=on(23, 10), calendar=CALENDAR)

    deadlines.end_clock(work_item, at=decided_at, calendar=CALENDAR, pauses=[])

    assert work_item.late_stage == stage
    assert work_item.due_at is None


def test_a_clock_moved_back_ends_with_nothing_used(accepted: Make, officers: Officers) -> None:
    work_item = claimed(accepted("P01"), "P01", officers)

    work_item = decided(work_item, officers, on(20, 10))

    assert work_item.net_days == 0
    assert deadlines.used_days(work_item, on(20, 10), CALENDAR) == (0, 0)


def test_used_days_run_on_until_the_end(accepted: Make, officers: Officers) -> None:
    work_item = item(accepted("P01", "P02"), "P01")
    waiting = item(work_item.case, "P02")

    assert deadlines.used_days(work_item, on(25, 12), CALENDAR) == pytest.approx((10 / 7, 10 / 7))
    assert deadlines.used_days(waiting, on(25, 12), CALENDAR) is None


def test_an_open_pause_counts_as_long_as_it_lasts(accepted: Make, officers: Officers) -> None:
    work_item = claimed(accepted("P01"), "P01", officers)
    with clock.at(on(24, 10)):
        review.pause(
            work_item_id=work_item.pk,
            officer=officers["D01"],
            reason="testing",
            note="",
            expected_days=2,
        )
    work_item = item(work_item.case, "P01")

    assert deadlines.used_days(work_item, on(26, 12), CALENDAR) == pytest.approx((1, 2 + 3 / 7))


def test_what_the_catalogue_says_of_warning_is_copied(
    accepted: Make,
) -> None:
    case = accepted("P01", "P04", "P08")
    offered = case.version.catalogue.items["P08"].model_copy(update={"warn_days": 5})

    departments = {one.code: one for one in Department.objects.all()}
    made = new_work_item(case, offered, departments, waiting=True)

    assert made.warn_days == 5
    assert item(case, "P08").warn_days is None


def test_nothing_is_used_after_a_withdrawal(accepted: Make) -> None:

    case = accepted("P01")
    with clock.at(on(24, 12)):
        intake.withdraw(case_id=case.pk, actor=case.applicant)

    used = deadlines.used_days(item(case, "P01"), on(30, 10) + timedelta(days=30), CALENDAR)

    assert used == pytest.approx((3 / 7, 3 / 7))
