"""Issuing cards (发牌): what stands behind a clock that has run into warning, in one statement.

A card bears the instant at which the clock reached it, however late that was noticed. The sweep
issues what has fallen due; a verb that is about to stop or move a clock first issues what that
clock still owes, so that only running clocks are ever looked at.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse

from cases import calendar
from cases.models import Level, WorkItem
from notifications import bulk

# Working days after a red card until the next in line hears of it: the leaders, the supervisors.
ESCALATION_DAYS = (1, 3)
KINDS = tuple(f"card.{level}" for level in Level)
# From when on a red card's ladder counts: not before the item lay on the desk at all.
LADDER_BEGINS = "greatest(issued_at, desk_at)"
BOOKED_ON_WINDOW = "该件因窗口逾期未答复而视为受理，由此造成的超时计入窗口受理环节。"

_CLOCKS = """
    SELECT id, case_id, item_code, item_name, department_id, claimed_by_id, cycle,
           promised_days, statutory_days, extended_days, desk_at, yellow_at, due_at
    FROM cases_workitem
"""
# Work items whose next instant has come, claimed for this transaction.
CLOCKS_DUE = (
    _CLOCKS
    + """
    WHERE check_at <= %(now)s
    ORDER BY check_at
    LIMIT %(chunk)s
    FOR NO KEY UPDATE SKIP LOCKED
"""
)
# Work items that a verb has locked already.
CLOCKS_HELD = _CLOCKS + "WHERE id = ANY(%(ids)s)"

# When the office opens on the n-th working day after a day; empty beyond the known calendar.
OPENING = """(
    SELECT (later.date + %(opens)s::time) AT TIME ZONE 'Asia/Shanghai'
    FROM cases_calendarordinal AS day
    JOIN cases_calendarordinal AS later ON later.working AND later.ordinal = day.ordinal + {days}
    WHERE day.date = ({instant} AT TIME ZONE 'Asia/Shanghai')::date
)"""

# Next instants, cards, events and messages of a chunk. Rows are carried along rather than looked up
# again: the database cannot estimate what a statement has just made, and would join by loops.
# ON CONFLICT: a card that exists already is not issued, recorded or told again.
# Whose lateness: a case deemed accepted reaches the desks five working days after the start of its
# clocks, so the department's own instants always come later than those of the card.
ISSUE = """
WITH due AS MATERIALIZED ({clocks}),
moved AS (
    UPDATE cases_workitem
    SET check_at = CASE
        WHEN due.yellow_at > %(now)s THEN due.yellow_at
        WHEN due.due_at >= %(now)s THEN due.due_at + interval '1 microsecond'
    END
    FROM due WHERE cases_workitem.id = due.id
),
reached AS MATERIALIZED (
    SELECT due.*, level, issued_at
    FROM due CROSS JOIN LATERAL (
        VALUES ('yellow', yellow_at, yellow_at <= %(now)s), ('red', due_at, due_at < %(now)s)
    ) AS card (level, issued_at, has_come)
    WHERE has_come
),
issued AS (
    INSERT INTO cases_card (work_item_id, level, cycle, issued_at, due_at, "limit", budget, stage,
                            owner_id, check_at)
    SELECT id, level, cycle, issued_at, due_at,
           CASE WHEN statutory_days < promised_days THEN 'statutory' ELSE 'promised' END,
           least(promised_days, statutory_days) + extended_days,
           CASE WHEN desk_at IS NULL THEN 'department' ELSE 'intake' END,
           claimed_by_id,
           CASE level WHEN 'red' THEN coalesce({escalation}, {begins} + interval '1 day') END
    FROM reached
    ON CONFLICT (work_item_id, level, cycle) DO NOTHING
    RETURNING id, work_item_id, level
),
noted AS MATERIALIZED (
    SELECT nextval('core_event_id_seq') AS event_id, 'card.' || cards.level AS kind, cards.*,
           format(%(desk_link)s, cards.id) AS link,
           jsonb_build_object('number', number, 'item', {item_words}, 'due', {due_words},
               'booked', CASE WHEN desk_at IS NULL THEN '' ELSE %(booked)s END) AS params
    FROM (
        SELECT issued.id AS card_id, reached.*, number
        FROM issued JOIN reached
          ON reached.id = issued.work_item_id AND reached.level = issued.level
        JOIN cases_case ON cases_case.id = case_id
        ORDER BY issued_at, reached.level DESC
    ) AS cards
),
recorded AS (
    INSERT INTO core_event (id, stream, subject, kind, at, recorded_at, payload)
    SELECT event_id, case_id, 'work_item:' || id, kind, issued_at, now(),
           jsonb_build_object('card', card_id, 'item', item_code, 'cycle', cycle, 'due_at', due_at)
    FROM noted
),
desk AS MATERIALIZED (
    SELECT id, department_id, role, bool_or(role = 'officer') OVER (PARTITION BY department_id)
               AS is_manned
    FROM accounts_user
    WHERE is_active AND role IN ('officer', 'leader')
      AND department_id IN (SELECT department_id FROM due)
),
told AS (
    SELECT event_id, claimer.id AS recipient_id, kind, params, link
    FROM noted JOIN desk AS claimer
      ON claimer.id = claimed_by_id AND claimer.department_id = noted.department_id
    UNION ALL
    SELECT event_id, desk.id, kind, params, link
    FROM noted JOIN desk ON desk.department_id = noted.department_id
    WHERE desk.role = CASE WHEN desk.is_manned THEN 'officer' ELSE 'leader' END
      AND NOT EXISTS (
          SELECT FROM desk AS claimer
          WHERE claimer.id = claimed_by_id AND claimer.department_id = noted.department_id
      )
),
messages AS ({messages})
SELECT (SELECT count(*) FROM due),
       count(*) FILTER (WHERE level = 'yellow'), count(*) FILTER (WHERE level = 'red')
FROM issued
"""


class Issued(NamedTuple):
    """How many clocks a statement looked at, and the new cards that it issued."""

    clocks: int
    yellow: int
    red: int


@transaction.atomic
def issue_due(*, now: datetime, chunk: int) -> Issued:
    """Issue what has fallen due on up to `chunk` work items and return how much it was."""
    return _issue(CLOCKS_DUE, {"now": now, "chunk": chunk})


def settle(work_items: Iterable[int], *, at: datetime) -> Issued:
    """Issue what the clocks of locked work items owe up to `at`, before a verb stops or moves them.

    Reads the instants that stand in the database; call it before they are overwritten.
    """
    return _issue(CLOCKS_HELD, {"now": at, "ids": list(work_items)})


def resume_ladder(work_item: WorkItem) -> None:
    """Let the ladder of a red card go on after the pause in which its rungs waited."""
    work_item.cards.filter(
        level=Level.RED,
        cycle=work_item.cycle,
        check_at=None,
        revoked_at=None,
        rungs__lt=len(ESCALATION_DAYS),
    ).update(check_at=F("issued_at"))


def desk_link() -> str:
    """Return the address of a work item on its desk, for format()."""
    return reverse("admin:cases_workitem_change", args=[0]).replace("/0/", "/%s/")


@cache
def case_link(name: str) -> str:
    """Return the address of a page of a case, for format()."""
    return reverse(name, args=[UUID(int=0)]).replace(str(UUID(int=0)), "%s")


def _issue(clocks: str, params: dict[str, Any]) -> Issued:
    statement = ISSUE.format(
        clocks=clocks,
        escalation=OPENING.format(days="%(escalation)s", instant=LADDER_BEGINS),
        begins=LADDER_BEGINS,
        item_words=bulk.TEXT_WORDS.format("item_name"),
        due_words=bulk.INSTANT_WORDS.format("cards.due_at"),
        messages=bulk.INSERT,
    )
    told = bulk.params(KINDS, at=params["now"])
    more = {
        "escalation": ESCALATION_DAYS[0],
        "desk_link": desk_link(),
        "booked": BOOKED_ON_WINDOW,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, params | calendar.hours_of_statements() | told | more)
        return Issued(*cursor.fetchone())
