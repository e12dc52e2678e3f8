"""What a change of the calendar does to open deadlines. The clock stands on Monday, 2026-11-23."""

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.utils import timezone

from cases import calendar, deadlines, projection, review
from cases.models import (
    CalendarOrdinal,
    CalendarRevision,
    Case,
    Suspension,
    WorkItem,
    WorkItemState,
)
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.desks import make_case, make_desk, make_work_item, on, told
from tests.cases.projecting import edit, settled

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


@pytest.fixture(autouse=True)
def loaded(monday: datetime, one_thing: OneThing) -> None:
    calendar.load()
    CalendarRevision.objects.all().delete()


@pytest.fixture
def case(one_thing: OneThing, talent: User) -> Case:
    return make_case(one_thing, talent, on(23, 10))


def again(item: WorkItem) -> WorkItem:
    return WorkItem.objects.get(pk=item.pk)


def projected(item: WorkItem) -> tuple[datetime, datetime]:
    """Due and yellow instants as the pure functions give them."""
    item = again(item)
    result = deadlines.projected(item, calendar.current(), deadlines.closed_pauses(item))
    return result.due_at, result.yellow_at


def test_a_new_day_off_moves_the_deadlines_behind_it_and_no_other(case: Case) -> None:
    near = make_work_item(case, days=1)
    far = make_work_item(case, code="P01", days=3)
    edit(WEDNESDAY)

    moved = projection.reproject()

    assert moved == 1
    assert again(near).due_at == on(24, 17, 30)
    assert (again(far).due_at, again(far).yellow_at) == (on(27, 17, 30), on(26, 9))
    assert again(far).check_at == again(far).yellow_at
    whole = deadlines.case_deadline(
        accepted_at=on(23, 10), promised_days=30, calendar=calendar.current()
    )
    assert Case.objects.get(pk=case.pk).due_at == whole != case.due_at


def test_a_day_off_taken_back_moves_deadlines_back(case: Case, clerk: User) -> None:
    edit(WEDNESDAY)
    item = make_work_item(case, days=3)
    assert item.due_at == on(27, 17, 30)
    revision = calendar.clear_days([WEDNESDAY], by=clerk)
    assert revision is not None
    settled(revision)

    projection.reproject()

    assert again(item).due_at == on(26, 17, 30)


def test_each_move_is_an_event_and_each_case_one_message(case: Case, talent: User) -> None:
    items = [make_work_item(case, code=code, days=3) for code in ("P01", "P05")]
    revision = edit(WEDNESDAY)

    projection.reproject()

    events = Event.objects.filter(kind="work_item.moved").order_by("subject")
    assert [event.subject for event in events] == sorted(item.subject for item in items)
    payload = events[0].payload
    assert datetime.fromisoformat(payload["was"]) == on(26, 17, 30)
    assert datetime.fromisoformat(payload["due_at"]) == on(27, 17, 30)
    assert payload["revision"] == revision.pk
    assert told("case.moved") == {("talent", "inbox")}
    body = Message.objects.get(kind="case.moved", channel="inbox").body
    assert body.count("由2026年11月26日改为2026年11月27日") == 2
    assert "全部办结的时间由" in body


def test_each_department_is_told_once_how_many_have_moved(case: Case, one_thing: OneThing) -> None:
    make_desk(one_thing)
    make_work_item(case, days=3)
    make_work_item(make_case(one_thing, case.applicant, on(23, 10)), days=3)
    edit(WEDNESDAY)

    projection.reproject()

    assert told("desk.moved") == {("o1", "inbox"), ("o2", "inbox"), ("l1", "inbox")}
    body = Message.objects.filter(kind="desk.moved")[0].body
    assert "2 件" in body and "提前的 0 件" in body


def test_a_second_run_changes_nothing(case: Case) -> None:
    make_work_item(case, days=3)
    edit(WEDNESDAY)
    projection.reproject()
    events, messages = Event.objects.count(), Message.objects.count()
    calendar._revised("没有变动", None)
    settled(CalendarRevision.objects.latest("pk"))

    assert projection.reproject() == 0

    # Only the change and its end are recorded.
    assert Event.objects.count() == events + 2
    assert Message.objects.count() == messages


def test_nothing_moves_while_some_process_may_still_count_by_the_old_calendar(case: Case) -> None:
    make_work_item(case, days=3)
    revision = edit(WEDNESDAY)
    revision.made_at = timezone.now() - timedelta(seconds=calendar.SEEN_FOR)
    revision.save()

    assert projection.reproject() == 0

    settled(revision)
    assert projection.reproject() == 1


def test_the_newest_revision_stands_for_the_older_ones(case: Case) -> None:
    item = make_work_item(case, days=3)
    older, newer = edit(TUESDAY), edit(WEDNESDAY)

    projection.reproject()

    assert again(item).due_at == on(30, 17, 30)
    assert Event.objects.filter(kind="work_item.moved").count() == 1
    finished = dict(CalendarRevision.objects.values_list("pk", "moved"))
    assert finished == {older.pk: 0, newer.pk: 1}
    assert not CalendarRevision.objects.filter(finished_at=None).exists()


def test_a_paused_item_and_its_case_follow_when_its_pauses_are_counted(
    case: Case, officer: User
) -> None:
    item = make_work_item(case, days=5)
    Suspension.objects.create(
        work_item=item,
        reason="hearing",
        expected_days=2,
        began_at=on(23, 11),
        ended_at=on(25, 11),
        ordered_by=officer,
    )
    edit(date(2026, 11, 26))

    with clock.at(on(25, 12)):
        projection.reproject()

    # Not counted: the 24th and 25th (paused), the 26th (off).
    assert again(item).due_at == on(27, 17, 30) + timedelta(days=6)
    assert (again(item).due_at, again(item).yellow_at) == projected(item)
    own = Case.objects.get(pk=case.pk)
    assert own.due_at == review.case_due(own) != case.due_at


def test_a_clock_that_stands_has_no_deadline_to_move(case: Case) -> None:
    item = make_work_item(case, days=3)
    WorkItem.objects.filter(pk=item.pk).update(
        state=WorkItemState.PAUSED, due_at=None, yellow_at=None, check_at=None
    )
    edit(WEDNESDAY)

    assert projection.reproject() == 0
    assert again(item).due_at is None


def test_a_same_day_item_moves_with_its_day(case: Case) -> None:
    item = make_work_item(case, days=0)
    assert item.due_at == on(23, 17, 30)
    edit(date(2026, 11, 23))

    projection.reproject()

    assert (again(item).due_at, again(item).yellow_at) == projected(item)
    assert again(item).due_at == on(24, 17, 30)


def test_without_ordinals_deadlines_follow_all_the_same(case: Case) -> None:
    item = make_work_item(case, days=3)
    edit(WEDNESDAY)
    CalendarOrdinal.objects.all().delete()

    projection.reproject()

    assert again(item).due_at == on(27, 17, 30)


def test_other_business_hours_move_the_hour_of_every_deadline(case: Case, settings: Any) -> None:
    item = make_work_item(case, days=3)
    settings.BUSINESS_HOURS = ("08:30", "12:00", "14:00", "18:00")
    call_command("load_calendar", "--anew", stdout=StringIO())
    settled(CalendarRevision.objects.get())

    projection.reproject()

    assert (again(item).due_at, again(item).yellow_at) == (on(26, 18), on(25, 8, 30))
    assert Case.objects.get(pk=case.pk).due_at == case.due_at + timedelta(minutes=30)


@pytest.mark.parametrize(
    "hours", ["9-12 13:30-17:30", "09:00-12:00", "09:00-12:00 11:30-17:30", "25:00-12:00 13-17", ""]
)
def test_impossible_business_hours_stop_the_start(hours: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=configured.BASE_DIR,
        env=os.environ | {"PORTAL_BUSINESS_HOURS": hours},
        capture_output=True,
        check=False,
    )

    assert done.returncode != 0
    assert b"PORTAL_BUSINESS_HOURS reads HH:MM-HH:MM" in done.stderr
