"""The supervisor's figures recounted in plain Python, from all rows and nothing but the rows."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from math import ceil
from typing import Any

import pytest

from cases.models import WorkItem
from cases.supervision.figures import Figures
from cases.supervision.scope import Period, Scope
from tests.cases.conftest import SHANGHAI

OPEN = {"waiting", "ready", "handling", "paused"}
GROUPINGS = ("department", "item", "one_thing", "district", "officer")


def rows() -> list[WorkItem]:
    return list(WorkItem.objects.select_related("case").prefetch_related("suspensions"))


def key_of(item: WorkItem, grouping: str) -> Any:
    return {
        "department": item.department_id,
        "item": (item.case.one_thing_id, item.item_code),
        "one_thing": item.case.one_thing_id,
        "district": item.case.district,
        "officer": item.claimed_by_id,
    }[grouping]


def in_scope(item: WorkItem, scope: Scope) -> bool:
    return (
        scope.one_thing in (None, item.case.one_thing_id)
        and scope.department in (None, item.department_id)
        and scope.item in ("", item.item_code)
        and scope.district in ("", item.case.district)
        and scope.officer in (None, item.claimed_by_id)
    )


def on(instant: datetime | None, period: Period) -> bool:
    return bool(instant) and period.begin <= day(instant) <= period.end


def day(instant: datetime | None) -> date:
    assert instant
    return instant.astimezone(SHANGHAI).date()


def belongs(item: WorkItem, figure: str, now: datetime, period: Period) -> bool:
    """Say whether a figure counts a row, from the row alone."""
    red = item.due_at is not None and now > item.due_at
    yellow = item.yellow_at is not None and now >= item.yellow_at and not red
    asked = any(s.ended_at is None and s.reason == "supplement" for s in item.suspensions.all())
    decided = item.state in {"approved", "refused"} and on(item.decided_at, period)
    return {
        "open": item.state in OPEN,
        "red": red,
        "yellow": yellow,
        "normal": item.state in {"ready", "handling"} and not red and not yellow,
        "paused": item.state == "paused",
        "applicant": item.state == "paused" and asked,
        "waiting": item.state == "waiting",
        "started": on(item.started_at, period),
        "decided": decided,
        "late": decided and item.late_stage == "department",
        "late_at_window": decided and item.late_stage == "intake",
    }[figure]


def recounted(items: Iterable[WorkItem], now: datetime, period: Period) -> Figures:
    every = list(items)
    names = [name for name in Figures.__dataclass_fields__ if name not in NOT_COUNTS]
    decided = [item for item in every if belongs(item, "decided", now, period)]
    net = [item.net_days for item in decided if item.net_days is not None]
    return Figures(
        **{name: sum(belongs(item, name, now, period) for item in every) for name in names},
        promised=sum(item.promised_days for item in decided),
        net=pytest.approx(sum(net), abs=1e-6),  # type: ignore[arg-type]
        days=dict(Counter(ceil(taken) for taken in net)),
    )


NOT_COUNTS = ("promised", "net", "days")


def grouped(
    items: Iterable[WorkItem], grouping: str, scope: Scope, now: datetime, period: Period
) -> dict[Any, Figures]:
    """Return what `figures.by` should, groups without anything left out."""
    groups: dict[Any, list[WorkItem]] = {}
    for item in items:
        if in_scope(item, scope):
            groups.setdefault(key_of(item, grouping), []).append(item)
    counted = {key: recounted(group, now, period) for key, group in groups.items()}
    return {key: one for key, one in counted.items() if one.open or one.started or one.decided}
