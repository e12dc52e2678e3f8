"""A database of the first release, upgraded: nothing told, counted or issued is lost or invented.

That release is made by migrating back, which forgets what it did not store. All of it happens in
the test's own transaction.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from cases import calendar, sweep
from cases.models import CalendarOrdinal, Card, Case, WorkItem
from cases.supervision import tallies
from cases.supervision.scope import Scope
from notifications.models import Message
from portal.core import clock
from tests.cases.desks import on
from tests.cases.steps import Officers, approved, claimed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday"), pytest.mark.slow]

FIRST_RELEASE = [("cases", "0002_case_number_sequence"), ("notifications", "0001_initial")]
CARD_FIELDS = ("level", "budget", "limit", "owner", "stage", "issued_at", "due_at", "cycle")
DECISION_FIELDS = ("item_code", "net_days", "late_stage", "delivered_at", "due_at", "check_at")
# Behind the end of P05, before its red card climbs to the leaders.
SWEPT_AT = on(24, 18)


@pytest.fixture
def past(accepted: Callable[..., Case], officers: Officers) -> Case:
    """P01 decided in time, P05 in somebody's hands and red."""
    calendar.load()
    case = accepted("P01", "P05")
    with clock.at(on(23, 14)):
        approved(case, "P01", officers)
        claimed(case, "P05", officers)
    with clock.at(SWEPT_AT):
        sweep.sweep()
    return case


def upgrade() -> None:
    graph = MigrationExecutor(connection).loader.graph
    latest = [key for key in graph.leaf_nodes() if key[0] in {"cases", "notifications"}]
    with connection.cursor() as cursor:
        # What the test has written would hold back the changes of its tables.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    MigrationExecutor(connection).migrate(FIRST_RELEASE)
    MigrationExecutor(connection).migrate(latest)


def kept() -> dict[str, list[Any]]:
    messages = Message.objects.order_by("pk")
    return {
        "messages": [(message.pk, message.title, message.body) for message in messages],
        "cards": list(Card.objects.order_by("pk").values_list(*CARD_FIELDS)),
        "decisions": list(WorkItem.objects.order_by("pk").values_list(*DECISION_FIELDS)),
        "districts": list(Case.objects.values_list("district", flat=True)),
        "days": list(CalendarOrdinal.objects.order_by("pk").values_list()),
    }


def test_an_upgraded_database_holds_what_it_would_have_held(past: Case) -> None:
    before = kept()

    upgrade()

    after = kept()
    assert {name: after[name] == before[name] for name in before} == dict.fromkeys(before, True)
    assert all(before.values()) and past.district
    with clock.at(SWEPT_AT):
        assert tallies.differences() == []
    in_district = Scope(district=past.district)
    standing = tallies.standing(in_district, "district", now=SWEPT_AT)
    assert {key: +counts["red"] for key, counts in standing.items()} == {past.district: 1}
    # Leaders were told of a card with the officers then: only the supervisors are left to be.
    red = Card.objects.get(level="red")
    assert (red.rungs, red.check_at) == (1, red.issued_at)
