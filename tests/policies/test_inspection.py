"""The inspection finds what a recount one by one finds, and writes only what differs."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies import inspection, subjects
from policies.eligibility import Count
from policies.inspection import Changes, inspect, inspect_changed
from policies.models import ChangedSubject, Inspection, Match, Profile
from policies.subjects import Statement
from portal.core import clock
from portal.core.ledger import Event
from tests.policies.inspecting import (
    MONDAY,
    TREES,
    draw,
    matches,
    person,
    publish,
    recount,
    say,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
INSURED = {"conditions": {"fact": "insured", "op": "==", "value": True}}


def run(**options: Any) -> tuple[int, int, int]:
    found = inspect(clock.today(), **options)
    return found.gained, found.lost, found.unchanged


@pytest.mark.parametrize("seed", range(3))
def test_under_any_changes_it_keeps_what_a_recount_finds(seed: int) -> None:
    dice, moment = Random(seed), MONDAY
    with clock.at(moment):
        for code in TREES:
            publish(code)
        people = [person(number) for number in range(8)]
    for turn in range(9):
        moment += timedelta(days=dice.choice([0, 0, 1, 30]))
        with clock.at(moment):
            for subject in dice.sample(people, 4):
                say(subject, **draw(dice, 8))
            if turn == 3:
                publish("SETTLED", {"closed": True}, effective_from=clock.today())
            if turn == 6:
                district = {"conditions": TREES["MATURE"], "judged_on": "grad_date"}
                publish("YOUNG", district, division="330106", effective_from=date(2025, 1, 1))
            before = len(matches())
            gained, lost, _ = run(full=turn % 5 == 4)

            assert matches() == recount(clock.today())
            assert before + gained - lost == len(matches())
            assert run()[:2] == (0, 0)


class TestWhatIsLookedAt:
    def test_nothing_is_looked_at_twice(self, monday: None) -> None:
        publish("SETTLED")
        person(insured=True, edu="21")

        assert inspect(TODAY).subjects == 1
        assert inspect(TODAY).subjects == 0

    def test_time_moves_only_the_policies_that_ask_for_it(self, monday: None) -> None:
        publish("SETTLED")
        publish("MATURE")
        person(insured=True, edu="21", ss_months_cont=Count(5, date(2026, 10, 25)))
        inspect(TODAY)

        with clock.at(MONDAY + timedelta(days=1)):
            still = inspect(clock.today())
        with clock.at(MONDAY + timedelta(days=2)):
            ripe = inspect(clock.today())

        assert (still.subjects, still.gained) == (1, 0)
        assert still.by_policy["SETTLED"]["unchanged"] == 0  # not looked at
        assert (ripe.gained, ripe.by_policy["MATURE"]["gained"]) == (1, 1)
        assert Match.objects.get(policy__code="MATURE").since == date(2026, 11, 25)

    def test_a_new_version_is_looked_for_at_once(self, monday: None) -> None:
        publish("SETTLED", INSURED, effective_to=TODAY)
        subject = person(insured=True)
        inspect(TODAY)

        newer = publish("SETTLED", {"open": True}, effective_from=date(2026, 11, 24))

        assert run() == (0, 0, 0)
        with clock.at(MONDAY + timedelta(days=1)):
            assert run() == (0, 0, 1)
        assert matches() == {(subject.pk, "SETTLED", newer.versions.get(number=2).pk)}

    def test_a_lost_match_ends_and_comes_back_as_another(self, monday: None) -> None:
        publish("SETTLED", INSURED)
        subject = person(insured=True)
        inspect(TODAY)

        say(subject, insured=False)
        assert run() == (0, 1, 0)
        say(subject, insured=True)
        assert run() == (1, 0, 0)

        assert list(Match.objects.order_by("pk").values_list("since", "until")) == [
            (TODAY, TODAY),
            (TODAY, None),
        ]

    def test_what_is_no_longer_valid_counts_no_more(self, monday: None) -> None:
        publish("SETTLED", INSURED)
        subject = person()
        said = {"insured": Statement(True, valid_until=TODAY)}
        subjects.record(subject, said, "D01")
        assert run() == (1, 0, 0)

        with clock.at(MONDAY + timedelta(days=1)):
            assert run() == (0, 1, 0)
        assert Profile.objects.get().f_insured is None

    def test_a_sealed_fact_is_read_only_where_it_decides(
        self, monday: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish("POOR")
        poor = person(1, income_pc=3, house_family=0)
        person(2, income_pc=3, house_family=2)
        rich = person(3, income_pc=9, house_family=0)
        person(4, income_pc=3)
        read = list[int]()
        facts_of = inspection.facts_of
        monkeypatch.setattr(
            inspection, "facts_of", lambda row: read.append(row.pk) or facts_of(row)
        )

        assert run() == (1, 0, 0)
        assert {subject for subject, *_ in matches()} == {poor.pk}
        assert set(read) == {poor.pk, rich.pk}


class TestTheQueue:
    def test_it_is_taken_in_parts_and_told(self, monday: None) -> None:
        policy = publish("SETTLED", INSURED)
        people = [person(number, insured=number > 0) for number in range(3)]

        parts = [inspect_changed(2) for _ in range(3)]

        assert [len(part.subject_ids) for part in parts] == [2, 1, 0]
        gained = {pair for part in parts for pair in part.gained}
        assert gained == {(one.pk, policy.pk) for one in people[1:]}
        assert Inspection.objects.count() == 2  # nothing is written where there was nothing to do

    def test_a_run_tells_what_came_of_changed_facts(self, monday: None) -> None:
        policy = publish("SETTLED", INSURED)
        subject, told = person(insured=True), list[Changes]()

        inspect(TODAY, tell=told.append)

        assert told == [Changes((subject.pk,), ((subject.pk, policy.pk),), ())]

    def test_who_hears_and_fails_leaves_the_queue_as_it_was(self, monday: None) -> None:
        publish("SETTLED", INSURED)
        person(insured=True)

        def fail(changes: Changes) -> None:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            inspect(TODAY, tell=fail)

        assert (ChangedSubject.objects.count(), matches()) == (1, set())
        assert Inspection.objects.get().ended_at is None
        assert run() == (1, 0, 0)


def test_a_run_leaves_its_figures_and_an_event(monday: None) -> None:
    publish("SETTLED", INSURED)
    person(insured=True)

    found = inspect(TODAY, full=True)

    assert found.by_policy["SETTLED"] | {"form": ""} == {
        "gained": 1, "lost": 0, "unchanged": 0, "form": "",
    }  # fmt: skip
    event = Event.objects.get(kind="inspection.ended")
    assert event.payload == {"full": True, "subjects": 1, "gained": 1, "lost": 0}


def test_statements_do_not_grow_with_people_or_policies(monday: None) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            inspect(TODAY, full=True)
        return len(captured)

    for code in TREES:
        publish(code)
    for number in range(3):
        person(number, insured=True, income_pc=3, house_family=0)
    inspect(TODAY)
    for number in range(3):
        say(person(number), insured=False)
    few = statements()
    for number in range(3, 12):
        publish(f"MORE{number}", INSURED)
        person(number, insured=True, income_pc=3, house_family=0)
    inspect(TODAY)
    for number in range(12):
        say(person(number), insured=number % 2 == 0)

    assert statements() <= few
