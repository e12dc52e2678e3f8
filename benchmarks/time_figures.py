"""The supervisor's figures: read from tallies against counting the rows, and the cost of keeping.

Floors in the same run: one GROUP BY over the rows for the same answer, and the same writers with
the triggers off. A write is the least that a verb does: lock a work item, move it, record it.
"""

import multiprocessing
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connection

from benchmarks import Result, at_most, timed, usual
from benchmarks.population import Population
from cases.models import TallyDelta
from cases.supervision import figures, live, tallies
from cases.supervision.figures import Figures
from cases.supervision.scope import Period, Scope
from cases.working_time import civil_day

FULL = 1_000_000
ROUNDS = 5
# All writers change over together, ten times a second: neighbours on the machine meet both alike.
WRITERS, SECONDS, TURN = 4, 20.0, 0.1
BACKLOGS = (2_000, 100_000)
BEAT = 20.0

# One pass over the rows, nothing else: what a page without tallies would have to ask at least.
COUNT_ROWS = """
SELECT department_id,
       count(*) FILTER (WHERE state IN ('waiting', 'ready', 'handling', 'paused')),
       count(*) FILTER (WHERE state IN ('ready', 'handling') AND yellow_at > %(now)s),
       count(*) FILTER (WHERE state IN ('ready', 'handling') AND yellow_at <= %(now)s
                        AND due_at >= %(now)s),
       count(*) FILTER (WHERE state IN ('ready', 'handling') AND due_at < %(now)s),
       count(*) FILTER (WHERE state = 'paused'),
       count(*) FILTER (WHERE state = 'waiting'),
       count(*) FILTER (WHERE started_at >= %(begin)s AND started_at < %(after)s),
       count(*) FILTER (WHERE {decided}),
       count(*) FILTER (WHERE {decided} AND late_stage = 'department')
FROM cases_workitem GROUP BY department_id
""".replace(
    "{decided}",
    "state IN ('approved', 'refused') AND decided_at >= %(begin)s AND decided_at < %(after)s",
)
COUNTED = (
    "open", "normal", "yellow", "red", "paused", "waiting", "started", "decided", "late",
)  # fmt: skip
# Between normal and yellow and back, so that each write moves a work item.
MOVE = """
UPDATE cases_workitem SET check_at = CASE WHEN check_at > due_at THEN yellow_at
    ELSE due_at + interval '1 microsecond' END
WHERE id = %s RETURNING case_id
"""
RECORD = """
INSERT INTO core_event (stream, subject, kind, actor_id, at, recorded_at, payload)
VALUES (%s, %s, 'bench.moved', NULL, now(), now(), '{}')
"""
# Running clocks before their warning, in an order of no meaning.
KEEP = """
CREATE TABLE bench_moved AS
    SELECT row_number() OVER (ORDER BY md5(id::text)) AS place, id, yellow_at, check_at
    FROM cases_workitem WHERE check_at = yellow_at ORDER BY 1 LIMIT 102000;
CREATE INDEX ON bench_moved (place)
"""
WARN = """
UPDATE cases_workitem SET yellow_at = %(now)s, check_at = due_at + interval '1 microsecond'
FROM bench_moved
WHERE bench_moved.id = cases_workitem.id AND place > %(after)s AND place <= %(upto)s
"""
PUT_BACK = """
UPDATE cases_workitem SET yellow_at = bench_moved.yellow_at, check_at = bench_moved.check_at
FROM bench_moved
WHERE bench_moved.id = cases_workitem.id AND place > %(after)s AND place <= %(upto)s
"""


def rows(n: int, population: Population) -> Iterator[Result]:
    """Measure at a population of `n` open work items and a quarter as many decided ones."""
    population.grow(decided=n // 4)
    tallies.fold()
    vacuum()
    yield from reading(n, population)
    execute(KEEP)
    try:
        yield from folding(n, population)
        yield upkeep(n)
    finally:
        in_chunks(PUT_BACK, 0, sum(BACKLOGS))
        execute("DROP TABLE bench_moved")
        tallies.rebuild()
        vacuum()


# ---- reading ------------------------------------------------------------------------------------


def reading(n: int, population: Population) -> Iterator[Result]:
    now, period = population.now, month(population)
    assert same(overview(now, period), counted(now, period))

    ours, floor = [], []
    for _ in range(ROUNDS):
        ours.append(usual(lambda: overview(now, period), 3))
        floor.append(usual(lambda: counted(now, period), 1))
    yield faster("figures: departments, this month (ms)", n, median(ours), median(floor))

    by_district = usual(lambda: figures.by("district", Scope(), now=now, period=period))
    joined = usual(lambda: live_by_district(now, period), 3)
    assert {key: one.decided for key, one in live_by_district(now, period).items()} == {
        key: one.decided
        for key, one in figures.by("district", Scope(), now=now, period=period).items()
    }
    yield faster("figures: districts, this month (ms)", n, by_district, joined)

    year = Period(period.end - timedelta(days=365), period.end)
    steps = usual(lambda: figures.trend(Scope(), year, "month"), 3)
    yield faster("figures: trend of twelve months (ms)", n, steps, live_trend(year), must=False)


def overview(now: Any, period: Period) -> dict[Any, Figures]:
    return figures.by("department", Scope(), now=now, period=period)


def counted(now: Any, period: Period) -> dict[int, tuple[int, ...]]:
    begin, after = period.instants
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ROWS, {"now": now, "begin": begin, "after": after})
        return {key: tuple(counts) for key, *counts in cursor.fetchall()}


def live_by_district(now: Any, period: Period) -> dict[Any, Figures]:
    """Count districts from the rows, as the officers' figures are."""
    days = live.histogram(Scope(), "district", period)
    standing = live.standing(Scope(), "district", now=now)
    done = live.daily(Scope(), "district", period)
    return {key: Figures(**done.get(key, {}), days=days.get(key, {})) for key in {*standing, *done}}


def live_trend(period: Period) -> float:
    return timed(lambda: live.daily(Scope(), "month", period))[0]


def same(ours: dict[Any, Figures], theirs: dict[int, tuple[int, ...]]) -> bool:
    return theirs == {
        key: tuple(getattr(one, name) for name in COUNTED) for key, one in ours.items()
    }


def faster(name: str, n: int, ours: float, floor: float, *, must: bool = True) -> Result:
    """Return milliseconds that must be a twentieth of the floor's, once there is much to count."""
    if n >= FULL and must:
        return at_most(name, n, ours * 1000, floor * 1000, 1 / 20)
    return Result(name, n, ours * 1000, floor * 1000, ours / floor, "-", True)


def month(population: Population) -> Period:
    today: date = civil_day(population.now)
    return Period(today.replace(day=1), today)


# ---- staleness ----------------------------------------------------------------------------------


def folding(n: int, population: Population) -> Iterator[Result]:
    """Nothing is ever stale to a reader; this is how long a fold takes, which runs every 20 s."""
    now, period = population.now, month(population)
    upto = 0
    for backlog in BACKLOGS:
        in_chunks(WARN, upto, upto + backlog, now=now)
        upto += backlog
        waiting = TallyDelta.objects.count()
        assert same(overview(now, period), counted(now, period))
        read = usual(lambda: overview(now, period), 3)
        taken, folded = timed(tallies.fold)
        assert folded == waiting and not TallyDelta.objects.exists()
        assert same(overview(now, period), counted(now, period))
        yield at_most(f"figures: folding {waiting} moves (s) vs beat", n, taken, BEAT, 1)
        floor = usual(lambda: counted(now, period), 3)
        name = f"figures: departments, {waiting} not folded (ms)"
        yield faster(name, n, read, floor, must=False)
        vacuum()


def in_chunks(statement: str, begin: int, end: int, **params: Any) -> None:
    """Write a part of `bench_moved` at a time: no statement may take longer than half a minute."""
    for after in range(begin, end, 5_000):
        with connection.cursor() as cursor:
            upto = min(after + 5_000, end)
            cursor.execute(statement, {"after": after, "upto": upto, **params})


# ---- upkeep -------------------------------------------------------------------------------------


def upkeep(n: int) -> Result:
    """Four writers with and without the triggers, in short turns; their rates, and deadlocks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM bench_moved")
        ids = [pk for (pk,) in cursor.fetchall()]
    connection.close()  # a connection does not survive the fork
    with multiprocessing.get_context("fork").Pool(WRITERS) as pool:
        found = pool.starmap(write, [(ids[place::WRITERS], place) for place in range(WRITERS)])
    kept, plain = (
        sum(one.written[turn] for one in found) / sum(one.spent[turn] for one in found) * WRITERS
        for turn in (True, False)
    )
    deadlocks = sum(one.deadlocks for one in found)
    ratio = kept / plain
    return Result(
        f"figures: upkeep, writes/s of {WRITERS}, {deadlocks} deadlocks",
        n, kept, plain, ratio, ">= 0.85", ratio >= 0.85 and not deadlocks,
    )  # fmt: skip


@dataclass
class Writer:
    """What one writer has done, by whether the triggers were on."""

    written: Counter[bool] = field(default_factory=Counter)
    spent: defaultdict[bool, float] = field(default_factory=partial(defaultdict, float))
    deadlocks: int = 0


def write(own: list[int], seed: int) -> Writer:
    dice, writer = random.Random(seed), Writer()
    turn: bool | None = None
    mine = connected()
    end = perf_counter() + SECONDS
    with mine.cursor() as cursor:
        while (begun := perf_counter()) < end:
            if turn is not (is_kept := int(begun / TURN) % 2 == 0):
                turn = is_kept
                # As a replica does, the session leaves triggers alone.
                cursor.execute(f"SET session_replication_role = {'origin' if turn else 'replica'}")
                mine.commit()
                begun = perf_counter()
            try:
                move(cursor, dice.choice(own))
                mine.commit()
                writer.written[turn] += 1
            except psycopg2.errors.DeadlockDetected:
                mine.rollback()
                writer.deadlocks += 1
            writer.spent[turn] += perf_counter() - begun
    mine.close()
    return writer


def move(cursor: Any, pk: int) -> None:
    cursor.execute("SELECT state FROM cases_workitem WHERE id = %s FOR NO KEY UPDATE", [pk])
    cursor.execute(MOVE, [pk])
    cursor.execute(RECORD, [cursor.fetchone()[0], f"work_item:{pk}"])


def connected() -> Any:
    entry: dict[str, Any] = settings.DATABASES["default"]
    return psycopg2.connect(
        dbname=entry["NAME"],
        user=entry["USER"],
        password=entry.get("PASSWORD") or None,
        host=entry["HOST"],
        port=entry.get("PORT") or None,
    )


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def vacuum() -> None:
    for table in ("standingtally", "dailytally", "nettally", "tallydelta", "workitem"):
        execute(f"VACUUM ANALYZE cases_{table}")
