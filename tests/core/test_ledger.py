"""The event ledger: written once, never changed."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from portal.core import clock
from portal.core.ledger import Entry, Event, record, record_many

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_events_of_a_stream_come_back_in_order() -> None:
    stream = uuid4()

    record_many([Entry("a", stream), Entry("b", uuid4()), Entry("c", stream)])

    assert [event.kind for event in Event.objects.of_stream(stream)] == ["a", "c"]


def test_an_event_carries_the_business_instant() -> None:
    with clock.at(MOMENT):
        event = record(Entry("a"))

    assert event.at == MOMENT
    assert event.recorded_at > MOMENT


def test_many_events_are_one_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        record_many([Entry("a")] * 20)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_event SET kind = 'forged'",
        "DELETE FROM core_event",
        "TRUNCATE core_event CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_ledger(statement: str) -> None:
    event = record(Entry("a"))

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)

    assert Event.objects.get(pk=event.pk).kind == "a"
