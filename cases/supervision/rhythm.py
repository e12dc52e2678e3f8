"""The rhythm of a week (忙闲分布): on which weekday and at which hour things happen."""

from typing import Any, Literal

from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from cases.supervision import conditions
from cases.supervision.scope import Period, Scope
from cases.working_time import SHANGHAI

Act = Literal["received", "decided"]
ACTS: dict[str, str] = {"received": "提交", "decided": "办结"}


def heat_map(scope: Scope, period: Period, act: Act) -> list[list[int]]:
    """Return seven rows, from Monday, of 24 hours in Asia/Shanghai: how often it happened then.

    "received" counts cases handed in by applicants, "decided" work items decided by departments.
    """
    received = scope.cases().filter(conditions.received_in(period))
    decided = scope.work_items().filter(conditions.decided_in(period))
    rows: QuerySet[Any] = received if act == "received" else decided
    instant = "submitted_at" if act == "received" else "decided_at"
    counted = (
        rows.order_by()
        .annotate(
            weekday=ExtractIsoWeekDay(instant, tzinfo=SHANGHAI),
            hour=ExtractHour(instant, tzinfo=SHANGHAI),
        )
        .values_list("weekday", "hour")
        .annotate(count=Count("*"))
    )
    week = [[0] * 24 for _ in range(7)]
    for weekday, hour, count in counted:
        week[weekday - 1][hour] = count
    return week
