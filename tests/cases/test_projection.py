from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cases import calendar, deadlines, projection
from cases.models import CalendarRevision, Case, Card, WorkItem
from cases.sweep import sweep
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.desks import make_case, make_desk, make_work_item, on
from tests.cases.projecting import edit, settled

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


@pytest.fixture(autouse=True)
def loaded(monday: datetime, one_thing: OneThing) -> None:
    calendar.load()
    CalendarRevision.objects.all().delete()
    Event.objects.all()


def at(item: WorkItem) -> WorkItem:
    return WorkItem.objects.get(pk=item.pk)


def test_a_new_day_off_moves_the_deadlines_behind_it_and_no_other(
    one_thing: OneThing, talent: User
) -> None:
    case = make_case(one_thing, talent, on(23, 10))
    near = make_work_item(case, days=1)
    far = make_work_item(case, code="P01", days=3)
    edit(WEDNESDAY)

    moved = projection.reproject()

    assert moved == 1
    assert at(near).due_at == on(24, 17, 30)
    assert (at(far).due_at, at(far).yellow_at) == (on(27, 17, 30), on(26, 9))
    assert at(far).check_at == at(far).yellow_at
    assert Case.objects.get(pk=case.pk).due_at == deadlines.case_deadline(
        accepted_at=on(23, 10), promised_days=30, calendar=calendar.current()
    )
    assert Case.objects.get(pk=case.pk).due_at != case.due_at
