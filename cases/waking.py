"""Statements over parked items, by the thousand: what is due, and what is written and told of it.

What is due is found by an index each; events and messages of a chunk are written with the change,
in one statement. Texts hold nothing personal.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from cases import issuing
from cases.ripening import Stay, remind_on
from cases.working_time import civil_day
from notifications import bulk

# Where a run has come to: the day and the key of the row it took last.
Place = tuple[date, int]
BEGINNING: Place = (date.min, 0)


class Due(StrEnum):
    """What the day brings to parked items; `ENDING` first, so that nothing ripens too late."""

    ENDING = "ending"
    RIPENING = "ripening"
    CLOSING = "closing"


# Each by the index over its column; a row stays due until something has been written to it.
ROWS = {
    Due.ENDING: ("closes_on", "state IN ('waiting', 'ripe') AND closes_on < %(on)s"),
    Due.RIPENING: ("expected_on", "state = 'waiting' AND expected_on <= %(on)s"),
    Due.CLOSING: (
        "remind_on",
        "state IN ('waiting', 'ripe') AND remind_on IS NOT NULL AND remind_on <= %(on)s",
    ),
}
LOOKS = (f"EXISTS (SELECT FROM cases_parkeditem WHERE {rows})" for _, rows in ROWS.values())
LOOK = f"SELECT {', '.join(LOOKS)}"
CLAIM = """
SELECT id, {day} FROM cases_parkeditem
WHERE {rows} AND ({day}, id) > (%(day)s, %(after)s)
ORDER BY {day}, id
LIMIT %(chunk)s
FOR NO KEY UPDATE SKIP LOCKED
"""

# `changed` are rows with id, case_id, item_code, item_name, more (further values of the texts) and
# is_told; each is an event, and told in the kinds of `told`.
TELL = """
WITH {changed},
noted AS MATERIALIZED (
    SELECT nextval('core_event_id_seq') AS event_id, changed.*, number, applicant_id,
           accepted_by_id,
           jsonb_build_object('number', number, 'item', {item_words}) || more AS params
    FROM changed JOIN cases_case ON cases_case.id = case_id
),
recorded AS (
    INSERT INTO core_event (id, stream, subject, kind, actor_id, at, recorded_at, payload)
    SELECT event_id, case_id, 'parked:' || id, %(kind)s, %(actor)s, %(now)s, now(),
           jsonb_build_object('item', item_code)
    FROM noted
),
told AS ({told}),
messages AS ({messages})
SELECT count(*) FROM noted
"""
APPLICANT = """
    SELECT event_id, applicant_id AS recipient_id, %(kind)s AS kind, params,
           format(%(own_link)s, case_id) AS link
    FROM noted WHERE is_told
"""
# The clerk who accepted the case, as long as there is one; else all clerks.
WINDOW = """
    UNION ALL
    SELECT event_id, clerk.id, %(window_kind)s, params, format(%(window_link)s, case_id)
    FROM noted JOIN accounts_user AS clerk ON clerk.id = accepted_by_id
    WHERE clerk.is_active AND clerk.role = 'clerk'
    UNION ALL
    SELECT event_id, clerk.id, %(window_kind)s, params, format(%(window_link)s, case_id)
    FROM noted JOIN accounts_user AS clerk ON clerk.is_active AND clerk.role = 'clerk'
    WHERE NOT EXISTS (
        SELECT FROM accounts_user AS own
        WHERE own.id = accepted_by_id AND own.is_active AND own.role = 'clerk'
    )
"""
RIPEN = """
changed AS (
    UPDATE cases_parkeditem
    SET state = 'ripe', ripe_at = %(now)s
    WHERE id = ANY(%(ids)s) AND state = 'waiting'
    RETURNING id, case_id, item_code, item_name, '{{}}'::jsonb AS more, true AS is_told
)
"""
MOVE = """
wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(days)s::date[], %(closes)s::date[],
                         %(reminds)s::date[], %(missing)s::text[], %(changes)s::text[])
        AS wanted (id, day, closes, reminds, missing, change)
),
changed AS (
    UPDATE cases_parkeditem
    SET state = 'waiting', ripe_at = NULL, expected_on = day, closes_on = closes,
        remind_on = CASE WHEN closes_on IS DISTINCT FROM closes THEN reminds ELSE remind_on END,
        missing = wanted.missing::jsonb
    FROM wanted
    WHERE cases_parkeditem.id = wanted.id AND state IN ('waiting', 'ripe')
    RETURNING cases_parkeditem.id, case_id, item_code, item_name,
              jsonb_build_object('change', change) AS more, change <> '' AS is_told
)
"""
END = """
wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS wanted (id, reasons)
),
changed AS (
    UPDATE cases_parkeditem
    SET state = 'ended', ended_at = %(now)s, reasons = wanted.reasons, remind_on = NULL
    FROM wanted
    WHERE cases_parkeditem.id = wanted.id AND state IN ('waiting', 'ripe')
    RETURNING cases_parkeditem.id, case_id, item_code, item_name,
              jsonb_build_object('reasons', rtrim(wanted.reasons, '。')) AS more, true AS is_told
)
"""
REMIND = """
changed AS (
    UPDATE cases_parkeditem SET remind_on = NULL
    WHERE id = ANY(%(ids)s) AND state IN ('waiting', 'ripe') AND remind_on IS NOT NULL
    RETURNING id, case_id, item_code, item_name, true AS is_told,
              jsonb_build_object('day', {day_words}) AS more
)
"""
RENEW = """
UPDATE cases_parkeditem SET closes_on = wanted.closes, remind_on = wanted.reminds
FROM unnest(%(ids)s::bigint[], %(closes)s::date[], %(reminds)s::date[])
    AS wanted (id, closes, reminds)
WHERE cases_parkeditem.id = wanted.id
"""
DAY_WORDS = 'to_char({}, \'FMYYYY"年"FMMM"月"FMDD"日"\')'


def due(on: date) -> list[Due]:
    """Return what there is to do on a day; a look into one partial index each."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK, {"on": on})
        return [what for what, is_due in zip(ROWS, cursor.fetchone(), strict=True) if is_due]


def claim(what: Due, on: date, after: Place, chunk: int) -> list[tuple[int, date]]:
    """Return the next rows that are due and free, locked for this transaction, with their day."""
    day, rows = ROWS[what]
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM.format(day=day, rows=rows),
            {"on": on, "day": after[0], "after": after[1], "chunk": chunk},
        )
        return cursor.fetchall()


def ripen(ids: Sequence[int], now: datetime) -> int:
    """Make rows ripe and tell applicant and window; return how many there were."""
    window = {"window_kind": "parked.ripe_at_window"}
    return _tell(RIPEN, "parked.ripe", {"ids": list(ids)} | window, now, told=APPLICANT + WINDOW)


def move(stays: Sequence[Stay], now: datetime) -> int:
    """Give rows another day and other conditions; tell whoever has to wait longer."""
    on = civil_day(now)
    rows = {
        "ids": [stay.item.pk for stay in stays],
        "days": [stay.expected_on for stay in stays],
        "closes": [stay.closes_on for stay in stays],
        "reminds": [remind_on(stay.closes_on, on) for stay in stays],
        "missing": [json.dumps(list(stay.missing), ensure_ascii=False) for stay in stays],
        "changes": [stay.change for stay in stays],
    }
    return _tell(MOVE, "parked.moved", rows, now)


def end(ended: Collection[tuple[int, str]], now: datetime, *, actor_id: int | None = None) -> int:
    """End rows, each with its reasons, and tell the applicants."""
    rows = {"ids": [pk for pk, _ in ended], "reasons": [reasons for _, reasons in ended]}
    return _tell(END, "parked.ended", rows, now, actor_id=actor_id)


def remind(ids: Sequence[int], now: datetime) -> int:
    """Remind the applicants that the last day is near, once."""
    statement = REMIND.format(day_words=DAY_WORDS.format("closes_on"))
    return _tell(statement, "parked.closing", {"ids": list(ids)}, now)


def renew(rows: Iterable[tuple[int, date | None, date | None]]) -> None:
    """Give ripe rows the last day that a later version of their policy has."""
    every = list(rows)
    if every:
        ids, closes, reminds = (list(column) for column in zip(*every, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(RENEW, {"ids": ids, "closes": closes, "reminds": reminds})


def _tell(
    changed: str,
    kind: str,
    params: dict[str, Any],
    now: datetime,
    *,
    told: str = APPLICANT,
    actor_id: int | None = None,
) -> int:
    if not params["ids"]:
        return 0
    kinds = [kind, *([params["window_kind"]] if "window_kind" in params else [])]
    statement = TELL.format(
        changed=changed.replace("{{}}", "{}"),
        told=told,
        item_words=bulk.TEXT_WORDS.format("item_name"),
        messages=bulk.INSERT,
    )
    links = {
        "own_link": issuing.case_link("cases:case"),
        "window_link": issuing.case_link("cases:window-case"),
    }
    more = {"kind": kind, "actor": actor_id, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(statement, params | links | more | bulk.params(kinds, at=now))
        return int(cursor.fetchone()[0])
