"""Waking parked items: a thousand due among a million, and the tick on which nothing is due.

Floor in the same run: the raw writes in one statement (state, events, messages to applicant and
window; nothing judged, nothing guarded, no wording looked up). Most parked items wait for years and
are made by the database; the due ones have subjects of their own, whose facts are judged anew.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.db import connection

from benchmarks import Result, at_most, timed
from benchmarks.population import Population
from benchmarks.time_sweep import database_ms
from cases import maturity, waking
from cases.models import ParkedItem
from cases.working_time import civil_day
from notifications import wording
from notifications.models import Message
from policies.models import Profile, Subject
from policies.shelf import shelf

PARKED, DUE, ROUNDS = 1_000_000, 1000, 5
AT_ONCE = 50_000
# A thousand within a second, as promised; and no more than so many times the raw writes.
LONGEST_S, TIMES = 1.0, 5.0
# Three indexes are looked into where the raw look takes one.
EMPTY_TIMES = 4.0
KINDS = ("parked.ripe", "parked.ripe_at_window")
TABLES = ("cases_parkeditem", "policies_subject", "policies_profile", "notifications_message")

SUBJECTS = """
INSERT INTO policies_subject (kind, identity_index, identity, employer_index, created_at)
SELECT 'person', md5('waking' || j) || md5(j || 'waking'), %(sealed)s, 'bench-waking', %(now)s
FROM generate_series(1, %(due)s) AS j
"""
PROFILES = """
INSERT INTO policies_profile (subject_id, kind, sealed, refreshed_at, f_edu, f_grad_date,
                              f_ss_months_cont, f_ss_months_cont_as_of, f_got_living_subsidy)
SELECT id, 'person', %(nothing)s, %(now)s, '21', %(on)s - 150, 1, %(counted)s, false
FROM policies_subject WHERE employer_index = 'bench-waking'
"""
WAITING = """
INSERT INTO cases_parkeditem
    (case_id, subject_id, item_code, item_name, policy_code, state, snapshot, missing, expected_on,
     closes_on, parked_at, reasons)
SELECT own.id, (SELECT min(id) FROM policies_subject WHERE employer_index = 'bench-waking'),
       'W' || k, '应届高学历毕业生生活补贴申领', 'POL_P07', 'waiting', %(sealed)s, '[]',
       %(on)s + 1 + ((place * 7 + k) %% 1500)::int, %(on)s + 3000, %(now)s, ''
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM cases_case) AS own
CROSS JOIN generate_series(%(first)s, %(last)s) AS k
WHERE place > %(due)s
"""
RIPENING = """
INSERT INTO cases_parkeditem
    (case_id, subject_id, item_code, item_name, policy_code, state, snapshot, missing, expected_on,
     closes_on, parked_at, reasons)
SELECT own.id, subject.id, 'P07', '应届高学历毕业生生活补贴申领', 'POL_P07', 'waiting', %(sealed)s,
       '[{"label": "连续参保满6个月", "fact": "ss_months_cont", "need": "", "actual": ""}]', %(on)s,
       %(on)s + 300, %(now)s, ''
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM policies_subject
      WHERE employer_index = 'bench-waking') AS subject
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM cases_case) AS own USING (place)
"""
RAW = """
WITH due AS MATERIALIZED (
    SELECT id, case_id FROM cases_parkeditem WHERE state = 'waiting' AND expected_on <= %(on)s
),
woken AS (
    UPDATE cases_parkeditem SET state = 'ripe', ripe_at = %(now)s
    FROM due WHERE cases_parkeditem.id = due.id
),
numbered AS MATERIALIZED (
    SELECT nextval('core_event_id_seq') AS event_id, due.*, applicant_id, accepted_by_id
    FROM due JOIN cases_case ON cases_case.id = case_id
),
recorded AS (
    INSERT INTO core_event (id, stream, subject, kind, at, recorded_at, payload)
    SELECT event_id, case_id, 'parked:' || id, 'parked.ripe', %(now)s, now(), '{}' FROM numbered
)
INSERT INTO notifications_message
    (id, event_id, recipient_id, channel, kind, address, title, template, params, link, state,
     error, provider, provider_ref, created_at, due_at, attempts)
SELECT gen_random_uuid(), event_id, person, channel, 'parked.ripe', '', '搁置的事项可以办理了',
       '受理码 {number} 中的“{item}”已符合条件，请在办件页面点“恢复办理”，不用重新填写和提交材料。',
       jsonb_build_object('number', '33010020261124000001', 'item', '生活补贴'), '',
       CASE channel WHEN 'sms' THEN 'queued' ELSE 'delivered' END, '', '', '', now(),
       CASE channel WHEN 'sms' THEN now() END, 0
FROM numbered CROSS JOIN LATERAL (VALUES (applicant_id), (accepted_by_id)) AS people (person)
CROSS JOIN (VALUES ('inbox'), ('sms')) AS channels (channel)
"""
RAW_LOOK = """
SELECT id FROM cases_parkeditem
WHERE state = 'waiting' AND expected_on < %(on)s ORDER BY expected_on LIMIT 1
"""
SLEEP = """
UPDATE cases_parkeditem SET state = 'waiting', ripe_at = NULL WHERE state = 'ripe'
"""


def rows(n: int, population: Population) -> Iterator[Result]:
    """Measure at a population of `n` open work items; it is left as it was."""
    params = park(population)
    try:
        now = params["now"]
        wording.texts()
        shelf()
        before = now - timedelta(days=1)
        empty = median(database_ms(lambda: maturity.wake(before)) for _ in range(31))
        look = median(database_ms(lambda: execute(RAW_LOOK, params)) for _ in range(31))
        yield at_most("waking: nothing due vs one raw look (ms)", n, empty, look, EMPTY_TIMES)
        raw = [measured(lambda: execute(RAW, params)) for _ in range(ROUNDS)]
        ours = [measured(lambda: maturity.wake(now)) for _ in range(ROUNDS)]
        name = f"waking: {DUE} due among {PARKED} parked (s)"
        yield at_most(name, n, median(ours), LONGEST_S, 1)
        yield at_most("waking: vs raw statement (s)", n, median(ours), median(raw), TIMES)
    finally:
        forget()


def park(population: Population) -> dict[str, Any]:
    """Make a million parked items, a thousand of them due today."""
    now = population.now
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_case")
        cases = cursor.fetchone()[0]
    on = civil_day(now)
    assert cases > DUE, "population too small"
    params = {
        "now": now,
        "on": on,
        "counted": on - timedelta(days=190),
        "due": DUE,
        "sealed": Subject._meta.get_field("identity").get_prep_value({}),
        "nothing": Profile._meta.get_field("sealed").get_prep_value({}),
    }
    for statement in (SUBJECTS, PROFILES, RIPENING):
        execute(statement, params)
    each, step = -(-PARKED // (cases - DUE)), max(1, AT_ONCE // cases)
    for first in range(1, each + 1, step):
        execute(WAITING, params | {"first": first, "last": min(first + step - 1, each)})
    for table in TABLES:
        execute(f"VACUUM ANALYZE {table}", {})
    return params


def measured(work: Callable[[], object]) -> float:
    """Return the seconds of some work on items that have all just fallen due."""
    Message.objects.filter(kind__in=KINDS).delete()
    execute(SLEEP, {})
    for table in TABLES:
        execute(f"VACUUM ANALYZE {table}", {})
    seconds, _ = timed(work)
    assert ParkedItem.objects.filter(state="ripe").count() == DUE
    assert Message.objects.filter(kind__in=KINDS).count() == 4 * DUE
    return seconds


def forget() -> None:
    """Drop what was made; events stay for ever."""
    Message.objects.filter(kind__in=KINDS).delete()
    execute("TRUNCATE cases_parkeditem", {})
    execute(
        "DELETE FROM policies_profile WHERE subject_id IN "
        "(SELECT id FROM policies_subject WHERE employer_index = 'bench-waking')",
        {},
    )
    execute("DELETE FROM policies_subject WHERE employer_index = 'bench-waking'", {})
    assert waking.due(date.max) == []


def execute(statement: str, params: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
