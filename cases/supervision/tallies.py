"""Figures read from tallies (汇总): never a count over all work items, and yet exact.

Triggers append a delta for each move of a work item; `fold` adds them to the tables every 20
seconds. A reading is one statement over the tables, the deltas that are not folded yet, and the
clocks that no sweep has come by since they ran into warning; so it is what counting every row at
that instant would say. Triggers lock nothing, and only one `fold` or `rebuild` at a time writes the
tables: user transactions never wait for a tally (docs/adr/0011).
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from cases.supervision.scope import Grouping, Key, Period, Scope, Step

CHUNK = 50_000
# Of all numbers the one that keeps folds apart.
LOCK = 0x7A111E5
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"
WAIT_FOR_LOCK = "SELECT true FROM pg_advisory_xact_lock(%s)"
DIMENSIONS = "one_thing_id, department_id, item_code, district"
FACTS = f"{DIMENSIONS}, was, status, count, started_on, decided_on, days, late, promised, net"

# What a move means for each table; `{source}` are rows with the columns of FACTS.
STANDING = f"""
    SELECT {DIMENSIONS}, status, count FROM {{source}} WHERE status <> ''
    UNION ALL
    SELECT {DIMENSIONS}, was, -count FROM {{source}} WHERE was <> ''
"""
DAILY = f"""
    SELECT {DIMENSIONS}, started_on AS day, count AS started, 0 AS decided, 0 AS late,
           0 AS late_at_window, 0 AS promised, 0::float AS net
    FROM {{source}} WHERE started_on IS NOT NULL
    UNION ALL
    SELECT {DIMENSIONS}, decided_on, 0, count, CASE late WHEN 'department' THEN count ELSE 0 END,
           CASE late WHEN 'intake' THEN count ELSE 0 END, promised, net
    FROM {{source}} WHERE decided_on IS NOT NULL
"""
NET = f"""
    SELECT {DIMENSIONS}, decided_on AS day, days, count
    FROM {{source}} WHERE decided_on IS NOT NULL AND days IS NOT NULL
"""
ADD = f"""
standing AS (
    INSERT INTO cases_standingtally ({DIMENSIONS}, status, count)
    SELECT {DIMENSIONS}, status, sum(count) FROM ({STANDING}) AS moves
    GROUP BY {DIMENSIONS}, status HAVING sum(count) <> 0
    ON CONFLICT ({DIMENSIONS}, status)
    DO UPDATE SET count = cases_standingtally.count + excluded.count
),
daily AS (
    INSERT INTO cases_dailytally AS held
        ({DIMENSIONS}, day, started, decided, late, late_at_window, promised, net)
    SELECT {DIMENSIONS}, day, sum(started), sum(decided), sum(late), sum(late_at_window),
           sum(promised), sum(net)
    FROM ({DAILY}) AS moves GROUP BY {DIMENSIONS}, day
    ON CONFLICT ({DIMENSIONS}, day) DO UPDATE SET
        started = held.started + excluded.started, decided = held.decided + excluded.decided,
        late = held.late + excluded.late,
        late_at_window = held.late_at_window + excluded.late_at_window,
        promised = held.promised + excluded.promised, net = held.net + excluded.net
),
net AS (
    INSERT INTO cases_nettally AS held
        (one_thing_id, department_id, item_code, day, days, count)
    SELECT one_thing_id, department_id, item_code, day, days, sum(count)
    FROM ({NET}) AS moves GROUP BY one_thing_id, department_id, item_code, day, days
    HAVING sum(count) <> 0
    ON CONFLICT (day, one_thing_id, department_id, item_code, days)
    DO UPDATE SET count = held.count + excluded.count
)
"""
TAKE = """
    DELETE FROM cases_tallydelta
    WHERE id IN (SELECT id FROM cases_tallydelta ORDER BY id LIMIT %(chunk)s)
    RETURNING *
"""
# One statement: what it takes away is exactly what it adds.
FOLD = f"""
WITH taken AS ({TAKE}),
{ADD.replace("{source}", "taken")}
SELECT count(*) FROM taken
"""
# Every work item as if it had just moved to where it stands.
ROWS = f"""
    SELECT {DIMENSIONS}, ''::text AS was,
           cases_standing(item.state, item.due_at, item.check_at) AS status, 1 AS count,
           cases_day(item.started_at) AS started_on,
           cases_decided_on(item.state, item.decided_at) AS decided_on,
           ceil(item.net_days)::smallint AS days, late_stage AS late,
           item.promised_days AS promised, coalesce(item.net_days, 0) AS net
    FROM cases_workitem AS item JOIN cases_case AS own ON own.id = item.case_id
    UNION ALL
    SELECT {DIMENSIONS}, '', 'applicant', 1, NULL, NULL, NULL, '', 0, 0
    FROM cases_suspension
    JOIN cases_workitem AS item ON item.id = work_item_id
    JOIN cases_case AS own ON own.id = item.case_id
    WHERE reason = 'supplement' AND ended_at IS NULL
"""
# Deltas that this statement cannot see belong to moves that it cannot see either.
REBUILD = f"""
WITH folded AS (DELETE FROM cases_tallydelta), rows AS MATERIALIZED ({ROWS}),
{ADD.replace("{source}", "rows")}
SELECT count(*) FROM rows
"""
# Each number that a table holds, by name; where both sides agree nothing is left.
CELLS = f"""
    SELECT {DIMENSIONS}, NULL::date AS day, NULL::int AS days, status AS name, count::float AS value
    FROM ({{standing}}) AS standing
    UNION ALL
    SELECT {DIMENSIONS}, day, NULL, cell.name, cell.value
    FROM ({{daily}}) AS daily
    CROSS JOIN LATERAL (VALUES
        ('started', started::float), ('decided', decided), ('late', late),
        ('late_at_window', late_at_window), ('promised', promised), ('net', net)
    ) AS cell (name, value)
    UNION ALL
    SELECT one_thing_id, department_id, item_code, '', day, days, 'days', count::float
    FROM ({{net}}) AS net
"""
STANDING_HELD = f"""
    SELECT {DIMENSIONS}, status, count FROM cases_standingtally
    UNION ALL {STANDING.format(source="cases_tallydelta")}
"""
DAILY_HELD = f"""
    SELECT {DIMENSIONS}, day, started, decided, late, late_at_window, promised, net
    FROM cases_dailytally
    UNION ALL {DAILY.format(source="cases_tallydelta")}
"""
NET_HELD = f"""
    SELECT one_thing_id, department_id, item_code, '' AS district, day, days, count
    FROM cases_nettally
    UNION ALL {NET.format(source="cases_tallydelta")}
"""
HELD = CELLS.format(standing=STANDING_HELD, daily=DAILY_HELD, net=NET_HELD)
COUNTED = CELLS.format(
    standing=STANDING.format(source="rows"),
    daily=DAILY.format(source="rows"),
    net=NET.format(source="rows"),
)
COMPARE = f"""
WITH rows AS MATERIALIZED ({ROWS}), held AS ({HELD}), counted AS ({COUNTED})
SELECT {DIMENSIONS}, day, days, name, sum(held), sum(counted) FROM (
    SELECT *, value AS held, 0 AS counted FROM held
    UNION ALL
    SELECT *, 0, value FROM counted
) AS cells
GROUP BY {DIMENSIONS}, day, days, name
HAVING abs(sum(held) - sum(counted)) > 1e-6
ORDER BY name, day, {DIMENSIONS}, days
"""
# Clocks whose next instant has come count where they stand now, not where the last sweep saw them.
NOT_SWEPT = f"""
    SELECT {DIMENSIONS}, stand.status, stand.count
    FROM cases_workitem AS item JOIN cases_case AS own ON own.id = item.case_id
    CROSS JOIN LATERAL (VALUES
        (cases_standing(item.state, item.due_at, item.check_at), -1),
        (CASE WHEN item.due_at < %(now)s THEN 'red'
              WHEN item.yellow_at <= %(now)s THEN 'yellow' ELSE 'normal' END, 1)
    ) AS stand (status, count)
    WHERE item.check_at <= %(now)s AND item.due_at IS NOT NULL
"""
KEYS: Mapping[str, str] = {
    "department": "department_id",
    "item": "one_thing_id, item_code",
    "one_thing": "one_thing_id",
    "district": "district",
    "day": "day",
    "week": "date_trunc('week', day)::date",
    "month": "date_trunc('month', day)::date",
}
FILTERS: Mapping[str, str] = {
    "one_thing": "one_thing_id",
    "department": "department_id",
    "item": "item_code",
    "district": "district",
}
DONE = ("started", "decided", "late", "late_at_window", "promised", "net")


class Difference(NamedTuple):
    """A number of the tallies that is not what the rows say."""

    one_thing: int
    department: int
    item: str
    district: str
    day: date | None
    days: int | None
    name: str
    held: float
    counted: float


# ---- keeping ------------------------------------------------------------------------------------


def fold(*, chunk: int = CHUNK) -> int:
    """Add all deltas to the tables and return how many they were; 0 while another one does it."""
    folded = 0
    while (taken := _fold(chunk)) == chunk:
        folded += taken
    return folded + taken


@transaction.atomic
def _fold(chunk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(FOLD, {"chunk": chunk})
        return int(cursor.fetchone()[0])


@transaction.atomic
def rebuild() -> int:
    """Count every row anew and return how many there are; nobody waits for it but `fold`."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute(WAIT_FOR_LOCK, [LOCK])
        for table in ("standing", "daily", "net"):
            cursor.execute(f"DELETE FROM cases_{table}tally")
        cursor.execute(REBUILD)
        return int(cursor.fetchone()[0])


@transaction.atomic
def differences() -> list[Difference]:
    """Return what the tallies hold otherwise than the rows, both seen at one instant."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(COMPARE)
        return [Difference(*row) for row in cursor.fetchall()]


# ---- reading ------------------------------------------------------------------------------------


def standing(scope: Scope, by: Grouping, *, now: datetime) -> dict[Key, dict[str, int]]:
    """Return how many work items stand where at an instant, not before the last sweep's."""
    rows = _grouped(f"{STANDING_HELD} UNION ALL {NOT_SWEPT}", by, scope, ("status",), {"now": now})
    found: dict[Key, dict[str, int]] = {}
    for key, status, count in rows:
        if count:
            found.setdefault(key, {})[status] = count
    return found


def daily(scope: Scope, by: Grouping | Step, period: Period) -> dict[Key, dict[str, Any]]:
    """Return what was begun and decided in a period."""
    rows = _grouped(DAILY_HELD, by, scope, (), _days(period), sums=DONE)
    return {key: dict(zip(DONE, sums, strict=True)) for key, *sums in rows if any(sums[:2])}


def histogram(scope: Scope, by: Grouping | Step, period: Period) -> dict[Key, dict[int, int]]:
    """Return how many decided work items took how many net working days, rounded up.

    Not kept by district.
    """
    found: dict[Key, dict[int, int]] = {}
    for key, days, count in _grouped(NET_HELD, by, scope, ("days",), _days(period)):
        if count:
            found.setdefault(key, {})[days] = count
    return found


def knows(scope: Scope, by: Grouping | Step) -> bool:
    """Tell whether the tallies can answer; officers stand in no tally."""
    return scope.officer is None and by != "officer"


def knows_days(scope: Scope, by: Grouping | Step) -> bool:
    """Tell the same of histograms."""
    return knows(scope, by) and not scope.district and by != "district"


def _days(period: Period) -> dict[str, date]:
    return {"begin": period.begin, "end": period.end}


def _grouped(
    source: str,
    by: Grouping | Step,
    scope: Scope,
    more: Iterable[str],
    params: Mapping[str, Any],
    sums: Iterable[str] = ("count",),
) -> list[tuple[Any, ...]]:
    """Return one row for each key: the key, further columns, sums."""
    wanted = {name: value for name in FILTERS if (value := getattr(scope, name))}
    conditions = [f"{FILTERS[name]} = %({name})s" for name in wanted]
    if "district" in wanted:
        wanted["district"] = scope.district_code
    if "begin" in params:
        conditions.append("day BETWEEN %(begin)s AND %(end)s")
    keys = ", ".join([KEYS[by], *more])
    sql = (
        f"SELECT {keys}, {', '.join(f'sum({name})' for name in sums)} FROM ({source}) AS moves"
        f" WHERE {' AND '.join(conditions) or 'true'} GROUP BY {keys}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, **wanted})
        rows = cursor.fetchall()
    if by == "item":
        return [((one_thing, code), *rest) for one_thing, code, *rest in rows]
    return rows
