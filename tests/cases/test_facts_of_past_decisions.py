"""The migration that stores what decisions of before came to finds the same as the decisions do."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from cases import review
from cases.models import Case, WorkItem
from cases.working_time import SHANGHAI
from portal.core import clock
from tests.cases.conftest import item
from tests.cases.steps import Officers, claimed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
migration = import_module("cases.migrations.0005_facts_of_past_decisions")


def on(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI)


def facts() -> list[tuple[object, ...]]:
    fields = ("item_code", "net_days", "late_stage", "delivered_at")
    return list(WorkItem.objects.order_by("pk").values_list(*fields))


def forget_facts() -> None:
    WorkItem.objects.update(net_days=None, late_stage="", delivered_at=None)


def run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "CHUNK", 1)
    migration.fill(apps, SimpleNamespace(connection=connection))


def decide(work_item: WorkItem, officers: Officers, at: datetime) -> None:
    with clock.at(at):
        review.approve(
            work_item_id=work_item.pk,
            officer=officers[work_item.department.code],
            result_number="示例1",
        )


def test_net_days_lateness_and_delivery_are_found_again(
    accepted: Make, officers: Officers, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = accepted("P01", "P02", "P05", "P12")
    late, paused = claimed(case, "P05", officers), claimed(case, "P01", officers)
    hand = {"work_item_id": paused.pk, "officer": officers["D01"]}
    with clock.at(on(23, 11)):
        review.pause(**hand, reason="testing", note="", expected_days=2)
    with clock.at(on(25, 10)):
        review.resume(**hand)
    decide(late, officers, on(25, 15))
    decide(paused, officers, on(26, 12))
    stored = facts()
    forget_facts()

    run(monkeypatch)

    assert facts() == stored
    assert item(case, "P05").late_stage == "department"
    assert item(case, "P12").net_days is None


def test_a_red_card_that_no_sweep_had_issued_counts_as_late(
    accepted: Make, officers: Officers, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_item = claimed(accepted("P01"), "P01", officers)
    decide(work_item, officers, on(25, 15))
    forget_facts()
    work_item.cards.all().delete()
    WorkItem.objects.update(check_at=on(24, 13))

    run(monkeypatch)

    work_item = item(work_item.case, "P01")
    assert (work_item.late_stage, work_item.check_at) == ("department", None)


def test_a_second_run_changes_nothing(
    accepted: Make, officers: Officers, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(claimed(accepted("P01"), "P01", officers), officers, on(24, 12))
    WorkItem.objects.update(net_days=9)

    run(monkeypatch)

    assert [net for _, net, *_ in facts()] == [9]
