"""Step overtime (环节超时): work items late in one stage, even where the whole case is in time.

- intake: the window let its term of 5 working days pass (accepted by silence, or late);
- department: decided after the due instant by the department's own time;
- delivery: granted, and not delivered within 10 working days of it (行政许可法 art. 44).

Each counts in the period in which its term ended, the department's in that of the decision.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Q
from django.db.models.expressions import RawSQL

from cases.models import Case
from cases.models.work_item import Stage
from cases.supervision import conditions
from cases.supervision.scope import Items, Period, Scope
from cases.working_time import Calendar

DELIVERY_DAYS = 10
STAGES: dict[str, str] = {stage.value: stage.label for stage in Stage}
# The term of each day of decision; an item that is not delivered yet is late from its end on.
UNDELIVERED = """
    SELECT granted.id
    FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
      AS term (begin, after, until)
    JOIN cases_workitem AS granted
      ON granted.decided_at >= term.begin AND granted.decided_at < term.after
    WHERE granted.state = 'approved' AND coalesce(granted.delivered_at, %s) > term.until
"""


@dataclass(frozen=True, slots=True)
class Overtime:
    """Work items late in one stage; of these, those whose case was or still is in time."""

    late: int
    case_in_time: int


def overtime(
    scope: Scope, period: Period, *, now: datetime, calendar: Calendar
) -> dict[Stage, Overtime]:
    """Return how many work items were late in each stage."""
    return {
        stage: Overtime(
            **listed(scope.work_items(), stage, period, now=now, calendar=calendar)
            .order_by()
            .aggregate(late=Count("pk"), case_in_time=Count("pk", filter=case_in_time(now)))
        )
        for stage in Stage
    }


def listed(items: Items, stage: str, period: Period, *, now: datetime, calendar: Calendar) -> Items:
    """Return the work items that were late in a stage, those late last first."""
    if stage == Stage.INTAKE:
        # Cases first: there are few, and an index that holds no others.
        late = Case.objects.filter(
            conditions.answered_late(), conditions.window_term_in(period)
        ).values("pk")
        return items.filter(case__in=late).order_by("-case__deemed_at", "pk")
    if stage == Stage.DEPARTMENT:
        condition = conditions.decided_in(period) & conditions.was_late()
    else:
        condition = _delivered_late(period, now, calendar)
    return items.filter(condition).order_by("-decided_at", "pk")


def case_in_time(now: datetime) -> Q:
    """The work item's whole case ended within its promise, or still may."""
    return Q(case__closed_at__lte=F("case__due_at")) | Q(
        case__closed_at=None, case__due_at__gte=now
    )


def _delivered_late(period: Period, now: datetime, calendar: Calendar) -> Q:
    terms = list(_terms(period, calendar))
    columns = [[term[place] for term in terms] for place in range(3)]
    return Q(pk__in=RawSQL(UNDELIVERED, [*columns, now]))  # noqa: S611 – nothing in it is given


def _terms(period: Period, calendar: Calendar) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Yield each day of decision whose term of delivery ends in the period, with that end."""
    day = calendar.add(period.begin, -DELIVERY_DAYS) - timedelta(days=1)
    while day <= period.end:
        ends_on: date = calendar.add(day, DELIVERY_DAYS)
        if period.begin <= ends_on <= period.end:
            begin, after = Period(day, day).instants
            yield begin, after, calendar.closing(ends_on)
        day += timedelta(days=1)
