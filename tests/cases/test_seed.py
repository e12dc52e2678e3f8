import os
import re
import subprocess
import sys
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F, Q

from cases import calendar, deadlines, issuing, seeding, sweep
from cases.models import (
    Card,
    Case,
    CaseState,
    Document,
    Rung,
    Suspension,
    WorkItem,
    WorkItemState,
)
from cases.models.work_item import DECIDED, OPEN, RUNNING
from cases.numbering import next_numbers
from cases.seeding import SeedReport
from cases.sweep import SweepReport
from cases.working_time import civil_day, counted_from, net_days
from notifications.models import Message
from policies.answers import problems_in
from policies.models import OneThing
from portal.accounts.models import User
from portal.core.ledger import Event
from tests.cases.conftest import SHANGHAI
from tests.fixtures.stack import database_url

NOW = datetime(2026, 11, 24, 15, 20, tzinfo=SHANGHAI)
CASES = 300

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(one_thing: OneThing) -> SeedReport:
    calendar.load()
    return seeding.seed(cases=CASES, open_share=0.4, seed=7, now=NOW)


def closed_pauses(item: WorkItem) -> list[Any]:
    return [(s.began_at, s.ended_at) for s in item.suspensions.all() if s.ended_at]


def test_seeding_makes_what_it_reports(seeded: SeedReport) -> None:
    assert (seeded.cases, Case.objects.count()) == (CASES, CASES)
    assert seeded.work_items == WorkItem.objects.count() > CASES
    assert seeded.documents == Document.objects.count()
    assert seeded.events == Event.objects.exclude(stream=None).count()
    assert seeded.rate > 0


def test_every_state_and_the_asked_share_occur(seeded: SeedReport) -> None:
    states = {row["state"]: row["n"] for row in Case.objects.values("state").annotate(n=Count("*"))}

    # Tolerance is not seeded, so nothing is revoked.
    assert set(states) == set(CaseState.values) - {CaseState.REVOKED}
    open_cases = CASES - sum(states[s] for s in ("completed", "refused", "withdrawn"))
    assert open_cases == 0.4 * CASES
    assert set(WorkItem.objects.values_list("state", flat=True)) >= set(WorkItemState.values) - {
        "closed",
        "withdrawn",
    }


def test_figures_are_plausible(seeded: SeedReport) -> None:
    decided = WorkItem.objects.filter(state__in=DECIDED)
    late = decided.filter(cards__level="red").distinct()

    assert 0.03 < late.count() / decided.count() < 0.15
    assert 0.9 < decided.filter(state="approved").count() / decided.count() < 1
    assert User.objects.filter(cases__isnull=False).distinct().count() > CASES / 2
    assert Suspension.objects.exists() and Message.objects.exists()


def test_a_sweep_right_after_finds_nothing_to_do(seeded: SeedReport) -> None:
    before = Card.objects.count()

    report = sweep.sweep(now=NOW)

    assert report == SweepReport()
    assert Card.objects.count() == before > 0


def test_running_clocks_follow_from_the_stored_facts(seeded: SeedReport) -> None:
    running = WorkItem.objects.filter(state__in=RUNNING).prefetch_related("suspensions")

    for item in running:
        clock = deadlines.projected(item, calendar.current(), closed_pauses(item))
        assert item.due_at == clock.due_at
        ended = [end for _, end in closed_pauses(item)]
        assert item.yellow_at == max([clock.yellow_at, *ended])


def test_cards_are_those_that_the_clock_reached_before_the_decision(seeded: SeedReport) -> None:
    decided = WorkItem.objects.filter(state__in=DECIDED).prefetch_related("suspensions", "cards")

    for item in decided:
        clock = deadlines.projected(item, calendar.current(), closed_pauses(item))
        assert item.decided_at is not None and item.started_at is not None
        start = counted_from(calendar.current(), item.started_at, item.budget)
        assert item.net_days == net_days(
            calendar.current(),
            start=start,
            end=max(item.decided_at, start),
            pauses=closed_pauses(item),
        )
        levels = {card.level for card in item.cards.all()}
        assert ("red" in levels) == (clock.due_at < item.decided_at) == bool(item.late_stage)
        assert all(card.issued_at <= item.decided_at for card in item.cards.all())


def test_red_cards_have_climbed_the_rungs_that_fell_due(seeded: SeedReport) -> None:
    red = Card.objects.filter(level="red")

    assert Rung.objects.count() == sum(card.rungs for card in red) > 0
    for card in red.filter(work_item__decided_at=None):
        first = civil_day(card.issued_at)
        working_days = calendar.current()
        rungs = [
            working_days.opening(working_days.add(first, days)) for days in issuing.ESCALATION_DAYS
        ]
        assert card.rungs == sum(at <= NOW for at in rungs)
        assert card.check_at == next((at for at in rungs if at > NOW), None)


def test_cases_count_under_a_district_of_the_city(seeded: SeedReport) -> None:
    districts = set(Case.objects.exclude(number=None).values_list("district", flat=True))

    assert len(districts) > 3
    # Some items ask for no place; their cases count under none.
    assert all(code.startswith("3301") for code in districts - {""})


def test_nothing_lies_in_the_future_and_the_order_of_time_is_kept(seeded: SeedReport) -> None:
    assert not Event.objects.filter(at__gt=NOW, stream__isnull=False).exists()
    assert not WorkItem.objects.filter(
        Q(claimed_at__lt=F("started_at")) | Q(decided_at__lt=F("claimed_at"))
    ).exists()
    assert not Case.objects.filter(
        Q(accepted_at__lt=F("submitted_at")) | Q(closed_at__lt=F("accepted_at"))
    ).exists()
    # Within a case, events stand in the order of time.
    for case in Case.objects.all()[:50]:
        instants = list(Event.objects.of_stream(case.pk).values_list("at", flat=True))
        assert instants == sorted(instants)


def test_a_case_is_completed_exactly_when_none_of_its_items_is_open(seeded: SeedReport) -> None:
    has_open = Q(work_items__state__in=OPEN)
    accepted, completed = (Case.objects.filter(state=s) for s in ("accepted", "completed"))

    assert not completed.filter(has_open).exists()
    assert accepted.filter(has_open).distinct().count() == accepted.count()


def test_nobody_works_before_what_they_wait_for_is_decided(seeded: SeedReport) -> None:
    begun = WorkItem.objects.filter(needs__strength="hard", started_at__isnull=False).distinct()

    assert begun.exists()
    for item in begun:
        slots: dict[str, list[WorkItem]] = {}
        for need in item.needs.filter(strength="hard").select_related("predecessor"):
            slots.setdefault(need.slot, []).append(need.predecessor)
        for alternatives in slots.values():
            met = [p.decided_at for p in alternatives if p.state == WorkItemState.APPROVED]
            assert any(at and at <= item.started_at for at in met)


def test_numbers_are_unique_follow_the_day_and_leave_the_counter_ahead(seeded: SeedReport) -> None:
    filed = Case.objects.exclude(number=None).order_by("submitted_at")

    numbers = [case.number for case in filed]
    assert len(numbers) == len(set(numbers)) == CASES - Case.objects.filter(number=None).count()
    assert all(
        number[6:14] == f"{civil_day(case.submitted_at):%Y%m%d}"
        for number, case in zip(numbers, filed, strict=True)
        if number and case.submitted_at
    )
    assert next_numbers(1, civil_day(NOW))[0] not in numbers


def test_answers_pass_the_forms_own_checks(seeded: SeedReport) -> None:
    people = 0
    for case in Case.objects.exclude(submitted_at=None).select_related("version")[:60]:
        assert case.submitted_at is not None
        found = problems_in(
            case.version.catalogue, case.item_codes, case.all_answers, civil_day(case.submitted_at)
        )
        assert found == {}
        people += case.applicant_kind == "person"
    assert people


def test_sensitive_answers_are_sealed(seeded: SeedReport) -> None:
    case = Case.objects.filter(applicant_kind="person").first()
    assert case is not None
    number = case.sealed["p_id_no"]

    with connection.cursor() as cursor:
        cursor.execute("SELECT answers::text || sealed FROM cases_case WHERE id = %s", [case.pk])
        row = cursor.fetchone()

    assert number not in row[0]
    assert number.startswith("330199")


def test_documents_open(seeded: SeedReport) -> None:
    keys = set(Document.objects.values_list("storage_key", flat=True))

    assert len(keys) <= 2
    assert all(default_storage.open(key).read(4) for key in keys)


def test_the_same_seed_tells_the_same_stories(one_thing: OneThing) -> None:
    calendar.load()

    def figures() -> list[tuple[Any, ...]]:
        seeding.seed(cases=40, seed=3, now=NOW)
        return list(
            Case.objects.order_by("number", "created_at").values_list(
                "state", "item_codes", "submitted_at", "closed_at"
            )
        )

    first = figures()
    second = figures()

    assert sorted(map(str, second)) == sorted(map(str, first + first))


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_the_work_and_collide_in_nothing(one_thing: OneThing) -> None:
    # In a process of its own, as it runs for people: workers are forked, and a fork of this one
    # would take the threads of pytest and the browser along.
    command = [sys.executable, "manage.py", "seed", "--cases", "41", "--workers", "3"]
    env = os.environ | {"DATABASE_URL": database_url(), "PORTAL_MODE": "test"}

    done = subprocess.run(
        command, cwd=configured.BASE_DIR, env=env, timeout=120, check=True, capture_output=True
    )

    told = [int(number) for number in re.findall(r"\d+", done.stdout.decode())[:4]]
    rows = [model.objects.count() for model in (Case, WorkItem, Document, Event)]
    assert told == rows
    assert rows[0] == 41


def test_seeding_is_refused_in_production(one_thing: OneThing, settings: Any) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError, match="production"):
        call_command("seed", "--cases", "10")
    assert not Case.objects.exists()


def test_seeding_needs_a_catalogue() -> None:
    with pytest.raises(CommandError, match="load_catalogue"):
        call_command("seed", "--cases", "10")


@pytest.mark.parametrize("wrong", [["--cases", "0"], ["--cases", "5", "--open-share", "1.5"]])
def test_impossible_figures_are_refused(one_thing: OneThing, wrong: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("seed", *wrong)


def test_the_command_reports_the_rate(one_thing: OneThing) -> None:
    said = StringIO()

    call_command("seed", "--cases", "5", stdout=said)

    assert said.getvalue().startswith("已生成5个联办件")
    assert "每秒" in said.getvalue()
