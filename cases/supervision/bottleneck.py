"""Bottlenecks (堵点): which edge of the route costs the days, from cases that are completed.

A dependant waits for the predecessor whose decision set its clock going; that edge is charged with
the working days from the predecessor's start (or the dependant's own acceptance, if later) to its
decision. So the edges of a chain add up to the time its last item waited, and no day counts twice.
An item or edge is critical in a case where the case would have ended earlier without its days: it
lies on the chain that leads to the last decision.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from cases.models import CaseState
from cases.supervision.scope import Period, Scope
from cases.working_time import Calendar

COSTS = """
WITH RECURSIVE completed AS MATERIALIZED ({cases}),
item AS MATERIALIZED (
    SELECT own.id, own.case_id, own.item_code, own.started_at, own.decided_at, own.net_days,
           completed.accepted_at, completed.one_thing_id
    FROM completed JOIN cases_workitem AS own ON own.case_id = completed.id
),
waited AS MATERIALIZED (
    SELECT DISTINCT ON (item.id) item.id, item.one_thing_id, item.item_code,
           needed.id AS predecessor, needed.item_code AS predecessor_code,
           greatest(needed.started_at, item.accepted_at) AS since, needed.decided_at AS until
    FROM item
    JOIN cases_edge AS edge ON edge.dependant_id = item.id
    JOIN cases_workitem AS needed ON needed.id = edge.predecessor_id
    WHERE needed.decided_at BETWEEN item.accepted_at AND item.started_at
    ORDER BY item.id, needed.decided_at DESC, needed.id
),
critical AS (
    (SELECT DISTINCT ON (case_id) id FROM item WHERE decided_at IS NOT NULL
     ORDER BY case_id, decided_at DESC, id)
    UNION
    SELECT waited.predecessor FROM critical JOIN waited ON waited.id = critical.id
)
SELECT one_thing_id, predecessor_code, item_code, critical.id IS NOT NULL AS critical,
       (since AT TIME ZONE 'Asia/Shanghai')::date, (until AT TIME ZONE 'Asia/Shanghai')::date,
       count(*), NULL::float
FROM waited LEFT JOIN critical USING (id)
GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT one_thing_id, '', item_code, critical.id IS NOT NULL, NULL, NULL, count(*), sum(net_days)
FROM item LEFT JOIN critical USING (id)
WHERE decided_at IS NOT NULL
GROUP BY 1, 3, 4
UNION ALL
SELECT NULL, '', '', false, NULL, NULL, count(*), NULL FROM completed
"""


@dataclass(slots=True)
class EdgeCost:
    """What waiting for one predecessor has cost the dependants of completed cases."""

    one_thing: int
    predecessor: str
    dependant: str
    waits: int = 0
    days: int = 0
    critical_waits: int = 0
    critical_days: int = 0

    @property
    def average(self) -> float:
        return self.days / self.waits


@dataclass(slots=True)
class ItemCost:
    """Net working days of one item in completed cases, and in how many it was critical."""

    one_thing: int
    item: str
    decided: int = 0
    net: float = 0.0
    critical: int = 0

    @property
    def average(self) -> float:
        return self.net / self.decided


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Edges and items of the route, the costliest first; `cases` were completed in the period."""

    cases: int
    edges: list[EdgeCost]
    items: list[ItemCost]

    @property
    def worst(self) -> EdgeCost | None:
        """The edge that has held up whole cases longest."""
        return self.edges[0] if self.edges and self.edges[0].critical_days else None


def bottleneck(scope: Scope, period: Period, *, calendar: Calendar) -> Bottleneck:
    """Return what each edge and item cost the cases of a scope that were completed in a period."""
    edges: dict[tuple[Any, ...], EdgeCost] = {}
    items: dict[tuple[Any, ...], ItemCost] = {}
    cases = 0
    for one_thing, before, code, critical, since, until, count, net in _rows(scope, period):
        if one_thing is None:
            cases = count
        elif not before:
            item = items.setdefault((one_thing, code), ItemCost(one_thing, code))
            item.decided += count
            item.net += net or 0.0
            item.critical += count * critical
        else:
            key = (one_thing, before, code)
            edge = edges.setdefault(key, EdgeCost(one_thing, before, code))
            days = calendar.between(since, until) * count
            edge.waits += count
            edge.days += days
            edge.critical_waits += count * critical
            edge.critical_days += days * critical
    return Bottleneck(
        cases,
        sorted(edges.values(), key=lambda edge: (-edge.critical_days, -edge.days, edge.dependant)),
        sorted(items.values(), key=lambda item: (-item.average, item.item)),
    )


def _rows(scope: Scope, period: Period) -> list[tuple[Any, ...]]:
    begin, after = period.instants
    completed = scope.cases().filter(
        state=CaseState.COMPLETED, closed_at__gte=begin, closed_at__lt=after
    )
    chosen = completed.order_by().values("id", "accepted_at", "one_thing_id")
    sql, params = chosen.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(COSTS.replace("{cases}", sql), params)
        return cursor.fetchall()
