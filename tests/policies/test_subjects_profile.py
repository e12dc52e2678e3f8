"""The wide row agrees with what counts, however facts come together, and whoever writes at once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from policies import subjects
from policies.dictionary import FactDefinition, stated
from policies.eligibility import Count
from policies.models import Fact, Profile, Subject
from policies.subjects import Statement, known, record, subject_for
from portal.core import clock
from tests.policies.factories import resident_id

TODAY = date(2026, 11, 23)
DAYS = st.dates(date(2020, 1, 1), TODAY)
UNTIL = st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 27))


def values(definition: FactDefinition) -> st.SearchStrategy[Any]:
    """Return values of a fact as JSON holds them."""
    return {
        "bool": st.booleans(),
        "int": st.integers(0, 600),
        "decimal": st.decimals(0, 10**6, places=2).map(lambda number: f"{number:f}"),
        "enum": st.sampled_from([option.value for option in definition.options] or [""]),
        "date": st.dates(date(1990, 1, 1), TODAY).map(date.isoformat),
        "division": st.sampled_from(["330106", "330110"]),
    }[definition.kind]


@st.composite
def statements(draw: st.DrawFn) -> list[Fact]:
    """Return rows of a subject, of each fact one per source at most."""
    found = []
    for definition in draw(st.lists(st.sampled_from(stated()), max_size=8, unique=True)):
        for source in draw(st.lists(st.sampled_from(definition.sources), unique=True)):
            value = draw(st.none() | values(definition))
            secret = definition.sensitive
            found.append(
                Fact(
                    code=definition.code,
                    source=source,
                    value=None if secret else value,
                    sealed=value if secret else None,
                    as_of=draw(st.none() | DAYS) if definition.grows else None,
                    valid_until=draw(UNTIL),
                )
            )
    return found


def row_of(subject: Subject) -> dict[str, Any]:
    """Return what the wide row holds, by code, as `known` would say it."""
    row: Any = Profile.objects.get(subject=subject)
    found: dict[str, Any] = dict(subjects.sealed_facts(row.sealed))
    for definition in stated():
        value = None if definition.sensitive else getattr(row, f"f_{definition.code}")
        if value is not None:
            as_of = getattr(row, f"f_{definition.code}_as_of", None)
            found[definition.code] = Count(value, as_of) if definition.grows else value
    return found


class TestAgreement(TestCase):
    @settings(max_examples=60)
    @given(statements())
    def test_sql_picks_what_python_picks(self, rows: list[Fact]) -> None:
        with clock.at(clock.now().replace(2026, 11, 23)):
            person = subject_for("person", resident_id())
            for row in rows:
                row.subject = person
            Fact.objects.bulk_create(rows)

            subjects.refresh([person.pk])

            valid = [
                row.valid_until
                for row in rows
                if row.valid_until
                and row.valid_until >= TODAY
                and (row.value is not None or row.sealed is not None)
            ]
            assert row_of(person) == known(person, TODAY)
            assert Profile.objects.get().stale_on == (
                date.fromordinal(min(valid).toordinal() + 1) if valid else None
            )


@pytest.mark.django_db
def test_refreshing_many_takes_as_many_statements_as_one(monday: None) -> None:
    people = [subject_for("person", f"P{number:07d}") for number in range(30)]
    for person in people:
        record(person, {"edu": Statement("21"), "income_pc": Statement(48000)}, "manual")

    with CaptureQueriesContext(connection) as one:
        subjects.refresh([people[0].pk])
    with CaptureQueriesContext(connection) as many:
        subjects.refresh([person.pk for person in people])

    assert len(one) == len(many)
    assert Profile.objects.filter(f_edu="21").count() == 30
    assert {row.sealed["income_pc"] for row in Profile.objects.all()} == {"48000"}


@pytest.mark.django_db(transaction=True)
def test_two_sources_that_answer_at_once_are_both_in_the_wide_row(monday: None) -> None:
    people = [subject_for("person", f"P{number:07d}") for number in range(8)]
    together = Barrier(2)
    said = {
        "D04": {"fund_months_cont": Statement(7)},
        "X01": {"income_pc": Statement(Decimal("48000.50"))},
        "X02": {"edu": Statement("21"), "enrolled": Statement(False)},
        "X04": {"house_family": Statement(0)},
    }

    def state(*sources: str) -> Callable[[], None]:
        def work() -> None:
            for person in people:
                together.wait()
                for source in sources:
                    record(person, said[source], source)
            connection.close()

        return work

    workers = [Thread(target=state("D04", "X01")), Thread(target=state("X02", "X04"))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [len(row_of(person)) for person in people] == [5] * 8
    assert [row_of(person) for person in people] == [known(person, TODAY) for person in people]


@pytest.mark.django_db
def test_a_subject_without_facts_has_an_empty_row(monday: None) -> None:
    person = subject_for("person", resident_id())

    subjects.refresh([person.pk])

    assert row_of(person) == {}
    assert Profile.objects.get().sealed == {}


@pytest.mark.django_db
@pytest.mark.parametrize("rent", ["2999.99996", "3000.00004", "999999999999.99999999"])
def test_a_number_finer_than_its_column_is_the_same_in_both(monday: None, rent: str) -> None:
    person = subject_for("person", resident_id())

    record(person, {"monthly_rent": Statement(rent)}, "D03")

    assert row_of(person) == known(person, TODAY)
