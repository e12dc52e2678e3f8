"""Ladders of reminders (逐级提醒): who hears next of what stays undone, each rung once.

A red card and an overdue urging climb to the leaders and then to the supervisors; an applicant is
reminded before a term ends. A rung bears the instant at which it fell due. What is over by the
time the sweep comes by is not reminded of any more.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from cases import calendar, issuing
from notifications import bulk

# Working days after the due instant of an urging: the leaders at once, then the supervisors.
URGING_DAYS = (0, 2)

# `due` are the claimed rows, `reached` the rungs of those that fire: subject, step, at, case_id,
# item_name, about (what the event is about), kind, payload, term (the instant told), more (further
# values), and to whom. ON CONFLICT: a rung that was climbed is not recorded or told again.
CLIMB = """
WITH {reached},
climbed AS (
    INSERT INTO cases_rung (subject, step, at)
    SELECT subject, step, at FROM reached
    ON CONFLICT (subject, step) DO NOTHING
    RETURNING subject, step
),
noted AS MATERIALIZED (
    SELECT nextval('core_event_id_seq') AS event_id, rungs.*,
           jsonb_build_object('number', number, 'item', {item_words}, 'due', {term_words})
               || more AS params
    FROM (
        SELECT reached.*, number, applicant_id
        FROM reached JOIN climbed USING (subject, step)
        JOIN cases_case ON cases_case.id = case_id
        ORDER BY at
    ) AS rungs
),
recorded AS (
    INSERT INTO core_event (id, stream, subject, kind, at, recorded_at, payload)
    SELECT event_id, case_id, about, kind, at, now(), payload || jsonb_build_object('step', step)
    FROM noted
),
told AS ({told}),
messages AS ({messages})
SELECT (SELECT count(*) FROM due), (SELECT count(*) FROM noted)
"""
# Leaders read the item on their desk, supervisors the case on their page.
SUPERIORS = """
    SELECT event_id, id AS recipient_id, kind, params, desk_link AS link
    FROM noted JOIN accounts_user
      ON accounts_user.department_id = noted.department_id AND role = 'leader' AND is_active
    WHERE step = 1
    UNION ALL
    SELECT event_id, id, kind, params, format(%(case_link)s, case_id)
    FROM noted JOIN accounts_user ON role = 'supervisor' AND is_active
    WHERE step = 2
"""
APPLICANTS = """
    SELECT event_id, applicant_id AS recipient_id, kind, params,
           format(%(own_link)s, case_id) AS link
    FROM noted
"""

# A rung falls due while its item runs, so one that fell into a pause does so at the end of it. The
# ladder stops (check_at empty) where the item is decided, has left the warning, or stands still:
# `issuing.resume_ladder` sets it going again. Beyond the known calendar it looks again next day.
CARDS = """
due AS MATERIALIZED (
    SELECT id, work_item_id, cycle, rungs, issued_at, due_at, revoked_at
    FROM cases_card
    WHERE check_at <= %(now)s
    ORDER BY check_at
    LIMIT %(chunk)s
    FOR NO KEY UPDATE SKIP LOCKED
),
planned AS (
    SELECT due.*, item.case_id, item.item_code, item.item_name, item.department_id,
           item.due_at IS NOT NULL AND item.cycle = due.cycle AND due.revoked_at IS NULL
               AND rungs < cardinality(%(days)s) AS runs,
           {opening} AS opens
    FROM due JOIN cases_workitem AS item ON item.id = due.work_item_id
),
stood AS MATERIALIZED (
    SELECT planned.*, greatest(opens, (
               SELECT max(ended_at) FROM cases_suspension AS pause
               WHERE pause.work_item_id = planned.work_item_id
                 AND began_at <= opens AND ended_at > opens
           )) AS at
    FROM planned
),
moved AS (
    UPDATE cases_card
    SET rungs = stood.rungs + (runs AND at <= %(now)s IS TRUE)::int,
        check_at = CASE
            WHEN NOT runs THEN NULL
            WHEN at > %(now)s THEN at
            WHEN at IS NULL THEN %(now)s + interval '1 day'
            WHEN stood.rungs + 1 < cardinality(%(days)s) THEN at
        END
    FROM stood WHERE cases_card.id = stood.id
),
reached AS MATERIALIZED (
    SELECT 'card:' || id AS subject, rungs + 1 AS step, at, case_id, item_name,
           'work_item:' || work_item_id AS about, 'card.escalated' AS kind,
           jsonb_build_object('card', id, 'item', item_code, 'cycle', cycle) AS payload,
           due_at AS term,
           jsonb_build_object('days', ((%(days)s)[rungs + 1])::text) AS more,
           department_id, format(%(desk_link)s, work_item_id) AS desk_link
    FROM stood WHERE runs AND at <= %(now)s
)
"""
URGINGS = """
due AS MATERIALIZED (
    SELECT id, case_id, work_item_id, department_id, rungs, due_at
    FROM cases_urging
    WHERE check_at <= %(now)s AND answered_at IS NULL
    ORDER BY check_at
    LIMIT %(chunk)s
    FOR NO KEY UPDATE SKIP LOCKED
),
stood AS MATERIALIZED (
    SELECT due.*, CASE rungs WHEN 0 THEN due_at ELSE {opening} END AS at FROM due
),
moved AS (
    UPDATE cases_urging
    SET rungs = stood.rungs + (at <= %(now)s IS TRUE)::int,
        check_at = CASE
            WHEN at > %(now)s THEN at
            WHEN at IS NULL THEN %(now)s + interval '1 day'
            WHEN stood.rungs + 1 < cardinality(%(days)s) THEN at
        END
    FROM stood WHERE cases_urging.id = stood.id
),
reached AS MATERIALIZED (
    SELECT 'urging:' || stood.id AS subject, rungs + 1 AS step, at, stood.case_id,
           coalesce(item_name, '') AS item_name,
           'urging:' || stood.id AS about, 'urging.overdue' AS kind,
           jsonb_build_object('urging', stood.id) AS payload, stood.due_at AS term,
           '{{}}'::jsonb AS more, stood.department_id,
           CASE WHEN item.id IS NULL THEN '' ELSE format(%(desk_link)s, item.id) END AS desk_link
    FROM stood LEFT JOIN cases_workitem AS item ON item.id = work_item_id
    WHERE at <= %(now)s
)
"""
# A reminder's instant stands in the row from the asking on; the later of two follows from the term.
SUPPLEMENTS = """
due AS MATERIALIZED (
    SELECT id, case_id, work_item_id, remind_at, lapses_at
    FROM cases_supplement
    WHERE remind_at <= %(now)s AND answered_at IS NULL
    ORDER BY remind_at
    LIMIT %(chunk)s
    FOR NO KEY UPDATE SKIP LOCKED
),
stood AS MATERIALIZED (
    SELECT due.*, cases_case.state, item_code, item_name, {last} AS last,
           lapses_at > %(now)s AND CASE WHEN work_item_id IS NULL
               THEN cases_case.state = 'returned'
               ELSE EXISTS (SELECT FROM cases_suspension AS pause
                            WHERE pause.work_item_id = item.id AND ended_at IS NULL
                              AND reason = 'supplement')
           END AS waits
    FROM due
    JOIN cases_case ON cases_case.id = due.case_id
    LEFT JOIN cases_workitem AS item ON item.id = due.work_item_id
),
moved AS (
    UPDATE cases_supplement SET remind_at = CASE WHEN waits AND last > stood.remind_at THEN last END
    FROM stood WHERE cases_supplement.id = stood.id
),
reached AS MATERIALIZED (
    SELECT 'supplement:' || id AS subject, CASE WHEN last > remind_at THEN 1 ELSE 2 END AS step,
           remind_at AS at, case_id, coalesce(item_name, '') AS item_name,
           'supplement:' || id AS about,
           CASE WHEN work_item_id IS NULL THEN 'case' ELSE 'work_item' END
               || '.supplement_reminder' AS kind,
           jsonb_build_object('supplement', id) AS payload, lapses_at AS term, '{{}}'::jsonb AS more
    FROM stood WHERE waits
)
"""
TOLERANCES = """
due AS MATERIALIZED (
    SELECT id, case_id, remind_at, lapses_at, materials
    FROM cases_tolerance
    WHERE remind_at <= %(now)s AND met_at IS NULL AND ended_at IS NULL
    ORDER BY remind_at
    LIMIT %(chunk)s
    FOR NO KEY UPDATE SKIP LOCKED
),
stood AS MATERIALIZED (
    SELECT due.*, {last} AS last, lapses_at > %(now)s AND state = 'accepted' AS waits
    FROM due JOIN cases_case ON cases_case.id = due.case_id
),
moved AS (
    UPDATE cases_tolerance SET remind_at = CASE WHEN waits AND last > stood.remind_at THEN last END
    FROM stood WHERE cases_tolerance.id = stood.id
),
reached AS MATERIALIZED (
    SELECT 'tolerance:' || id AS subject, CASE WHEN last > remind_at THEN 1 ELSE 2 END AS step,
           remind_at AS at, case_id, '' AS item_name,
           'tolerance:' || id AS about, 'case.tolerance_reminder' AS kind,
           jsonb_build_object('tolerance', id) AS payload, lapses_at AS term,
           jsonb_build_object('materials', (
               SELECT string_agg(material ->> 'name', '、')
               FROM jsonb_array_elements(materials) AS material
           )) AS more
    FROM stood WHERE waits
)
"""
# The opening of the last working day before the day on which a term ends; no holiday lasts 30 days.
LAST_REMINDER = """(
    SELECT (max(day.date) + %(opens)s::time) AT TIME ZONE 'Asia/Shanghai'
    FROM cases_calendarordinal AS day
    WHERE day.working AND day.date < (lapses_at AT TIME ZONE 'Asia/Shanghai')::date
      AND day.date > (lapses_at AT TIME ZONE 'Asia/Shanghai')::date - 30
)"""


class Ladder(NamedTuple):
    """One kind of ladder: which rows are looked at, who is told, in which kinds of message."""

    reached: str
    told: str
    kinds: tuple[str, ...]
    days: tuple[int, ...] = ()


class Climbed(NamedTuple):
    """How many rows a statement looked at, and the rungs that were climbed."""

    rows: int
    rungs: int


def _openings(instant: str) -> dict[str, str]:
    return {"opening": issuing.OPENING.format(days="(%(days)s)[rungs + 1]", instant=instant)}


ESCALATION = Ladder(
    CARDS.format(**_openings(issuing.LADDER_BEGINS)),
    SUPERIORS,
    ("card.escalated",),
    issuing.ESCALATION_DAYS,
)
URGING = Ladder(URGINGS.format(**_openings("due_at")), SUPERIORS, ("urging.overdue",), URGING_DAYS)
SUPPLEMENT = Ladder(
    SUPPLEMENTS.format(last=LAST_REMINDER),
    APPLICANTS,
    ("case.supplement_reminder", "work_item.supplement_reminder"),
)
TOLERANCE = Ladder(TOLERANCES.format(last=LAST_REMINDER), APPLICANTS, ("case.tolerance_reminder",))


def climb(ladder: Ladder, *, now: datetime, chunk: int) -> int:
    """Climb every rung of a ladder that has fallen due and return how many there were.

    A row climbs one rung at a time, so what an outage has piled up comes in order.
    """
    rungs = 0
    while (climbed := _climb(ladder, now, chunk)).rows:
        rungs += climbed.rungs
    return rungs


@transaction.atomic
def _climb(ladder: Ladder, now: datetime, chunk: int) -> Climbed:
    statement = CLIMB.format(
        reached=ladder.reached,
        told=ladder.told,
        item_words=bulk.TEXT_WORDS.format("item_name"),
        term_words=bulk.INSTANT_WORDS.format("term"),
        messages=bulk.INSERT,
    )
    params: dict[str, Any] = {
        "now": now,
        "chunk": chunk,
        "days": list(ladder.days),
        "desk_link": issuing.desk_link(),
        "case_link": issuing.case_link("cases:supervision-case"),
        "own_link": issuing.case_link("cases:case"),
    }
    params |= calendar.hours_of_statements()
    with connection.cursor() as cursor:
        cursor.execute(statement, params | bulk.params(ladder.kinds, at=now))
        return Climbed(*cursor.fetchone())
