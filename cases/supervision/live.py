"""Figures counted from the rows themselves: for what no tally knows (officers, percentiles of a
district), and for comparing tallies with.

The three readings have the same names and answers as in cases.supervision.tallies.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, DateField, F, Sum, Value
from django.db.models.functions import Ceil, Coalesce, Trunc

from cases.supervision import conditions
from cases.supervision.scope import Grouping, Items, Key, Period, Scope, Step
from cases.working_time import SHANGHAI

PATHS: Mapping[str, tuple[str, ...]] = {
    "department": ("department",),
    "item": ("case__one_thing", "item_code"),
    "one_thing": ("case__one_thing",),
    "district": ("case__district",),
    "officer": ("claimed_by",),
}
STEPS = ("day", "week", "month")


def standing(scope: Scope, by: Grouping, *, now: datetime) -> dict[Key, dict[str, int]]:
    """Return how many work items stand where at an instant."""
    keyed = _keyed(scope.work_items().filter(conditions.is_open()), by)
    return _by_key(
        keyed.annotate(
            waiting=Count("pk", filter=conditions.waits_for_predecessor()),
            normal=Count("pk", filter=conditions.is_normal(now)),
            yellow=Count("pk", filter=conditions.is_yellow(now)),
            red=Count("pk", filter=conditions.is_red(now)),
            paused=Count("pk", filter=conditions.is_paused()),
            applicant=Count("pk", filter=conditions.waits_for_applicant()),
        )
    )


def daily(scope: Scope, by: Grouping | Step, period: Period) -> dict[Key, dict[str, Any]]:
    """Return what was begun and decided in a period."""
    items = scope.work_items()
    begun = _keyed(items.filter(conditions.started_in(period)), by, "started_at")
    done = _keyed(items.filter(conditions.decided_in(period)), by, "decided_at")
    found = _by_key(begun.annotate(started=Count("pk")))
    decided = done.annotate(
        decided=Count("pk"),
        late=Count("pk", filter=conditions.was_late()),
        late_at_window=Count("pk", filter=conditions.was_late_at_window()),
        promised=Sum("promised_days"),
        net=Coalesce(Sum("net_days"), Value(0.0)),
    )
    for key, row in _by_key(decided).items():
        found.setdefault(key, {}).update(row)
    return found


def histogram(scope: Scope, by: Grouping | Step, period: Period) -> dict[Key, dict[int, int]]:
    """Return how many decided work items took how many net working days, rounded up."""
    done = scope.work_items().filter(conditions.decided_in(period), net_days__isnull=False)
    rows = _keyed(done.annotate(days=Ceil("net_days")), by, "decided_at", "days")
    found: dict[Key, dict[int, int]] = {}
    for row in rows.annotate(count=Count("pk")):
        days, count = int(row.pop("days")), row.pop("count")
        found.setdefault(_key(row), {})[days] = count
    return found


def _keyed(items: Items, by: Grouping | Step, instant: str = "", *more: str) -> Any:
    """Return the rows by what they are grouped by; the columns of the key are key0, key1."""
    columns: dict[str, Any] = {}
    if by in STEPS:
        columns["key0"] = Trunc(instant, by, output_field=DateField(), tzinfo=SHANGHAI)
    else:
        columns |= {f"key{place}": F(path) for place, path in enumerate(PATHS[by])}
    return items.order_by().annotate(**columns).values(*columns, *more)


def _by_key(rows: Iterable[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    found: dict[Key, dict[str, Any]] = {}
    for row in rows:
        key = _key(row)
        found[key] = {name: value for name, value in row.items() if not name.startswith("key")}
    return found


def _key(row: Mapping[str, Any]) -> Key:
    return (row["key0"], row["key1"]) if "key1" in row else row["key0"]
