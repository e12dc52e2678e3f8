"""The fact seam (数据源): what departments know of a subject is asked of them and kept as facts.

Each question to one source about one subject is a leased row. A worker asks outside any transaction
and keeps the answer in one. A source that does not answer is asked again later; until then what it
would say stays unknown, which is never taken for a no.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from policies.dictionary import stated
from policies.models import FactRequest, Profile, Subject
from policies.subjects import OWN_SOURCES, Statement, record, refresh
from portal.core import clock

logger = logging.getLogger("portal.facts")

LEASE = timedelta(seconds=60)
# So many questions are leased at a time: few enough to be put to a slow source within the lease.
BATCH = 20
# Seconds until the next attempt after the first, second … that got no answer: about a day in all.
BACK_OFF = (5, 30, 120, 600, 3600, 6 * 3600, 16 * 3600)
MOST_ATTEMPTS = len(BACK_OFF) + 1
# A subject that turns up again is asked about anew after a day, on a person's own wish sooner.
FRESH = timedelta(days=1)
AGAIN = timedelta(hours=6)

Outcome = FactRequest.Outcome
Answer = Mapping[str, Statement]


class Unavailable(Exception):
    """The source does not answer now; asking again later may help. Its text names nobody."""


class FactProvider(Protocol):
    """Whoever answers for the sources; a real platform takes the place of `FileProvider`."""

    def fetch(self, source: str, kind: str, identity: Mapping[str, str]) -> Answer | None:
        """Return what a source states of a subject, None where it has no record of it.

        `source` is the code of a department or outside source, `kind` person or enterprise;
        `identity` holds id_number or uscc and, as far as known, name and phone. Raises Unavailable.
        """
        ...


class FileProvider:
    """Synthetic records from a YAML file (`settings.FACTS_FILE`); demonstration and tests.

    A record stands under an ID number or a social credit number. For numbers of an unassigned
    division, which no living person has, `anyone` answers where no record of their own stands.
    """

    def fetch(self, source: str, kind: str, identity: Mapping[str, str]) -> Answer | None:
        book = _book(settings.FACTS_FILE)
        number = identity.get("id_number") or identity.get("uscc") or ""
        own = book["records"].get(number, {})
        if source in own:
            return _answer(own[source])
        anyone = book["anyone"].get(kind)
        if anyone is None or not number.startswith(tuple(anyone["prefixes"])):
            return None
        return _answer(anyone["records"].get(source))


@cache
def _book(path: Path) -> Mapping[str, Any]:
    """Return the file of synthetic records. Raises Unavailable where it cannot be read."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Unavailable(f"{path.name} cannot be read") from error


def _answer(entries: Mapping[str, Any] | None) -> Answer | None:
    """Return what a record says: `code: value`, or `code: {value, as_of, valid_until}`."""
    if not entries:
        return None
    return {
        code: Statement(**said) if isinstance(said, dict) else Statement(said)
        for code, said in entries.items()
    }


def provider() -> FactProvider | None:
    """Return the provider that the settings name; none where no source is connected."""
    return import_string(settings.FACT_PROVIDER)() if settings.FACT_PROVIDER else None


def sources_for(kind: str) -> tuple[str, ...]:
    """Return the departments and outside sources that know something of subjects of a kind."""
    applicable = (one for one in stated() if one.applicant in (None, kind))
    every = {source for one in applicable for source in one.sources}
    return tuple(sorted(every - set(OWN_SOURCES)))


ASK = """
INSERT INTO policies_factrequest
    (subject_id, source, outcome, asked_at, due_at, attempts)
SELECT %(subject)s, source, 'pending', %(asked_at)s, %(due_at)s, 0
FROM unnest(%(sources)s::text[]) AS source
ON CONFLICT (subject_id, source) DO UPDATE SET
    outcome = 'pending',
    asked_at = EXCLUDED.asked_at,
    due_at = EXCLUDED.due_at,
    leased_until = NULL,
    attempts = 0
WHERE policies_factrequest.outcome = 'unavailable'
   OR policies_factrequest.outcome <> 'pending' AND policies_factrequest.asked_at <= %(before)s
"""


def ask(subject: Subject, *, unless_within: timedelta = FRESH) -> int:
    """Put a question to every source about a subject; return to how many.

    Left alone are sources that still owe an answer and those that gave one a short while ago. Works
    in the caller's transaction; a worker does the asking.
    """
    if not settings.FACT_PROVIDER:
        return 0
    moment = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            ASK,
            {
                "subject": subject.pk,
                "sources": list(sources_for(subject.kind)),
                "asked_at": moment,
                "due_at": timezone.now(),
                "before": moment - unless_within,
            },
        )
        return cursor.rowcount


def drain(limit: int = BATCH) -> int:
    """Ask what is due and keep the answers; return how many questions were taken up."""
    asked = provider()
    rows = FactRequest.objects.claim(limit=limit, lease=LEASE)
    silent: set[str] = set()
    for row in rows:
        _work_on(row, asked, silent)
    return len(rows)


def _work_on(row: FactRequest, asked: FactProvider | None, silent: set[str]) -> None:
    """Ask one question; a source that has just been silent is not tried again in this round."""
    if asked is None or row.attempts > MOST_ATTEMPTS:
        # Nobody is connected any more, or it took a worker down with it each time.
        _settle(row, Outcome.UNAVAILABLE)
        return
    if row.source in silent:
        _try_again(row)
        return
    subject = Subject.objects.get(pk=row.subject_id)
    try:
        answer = asked.fetch(row.source, subject.kind, subject.identity)
        _settle(row, Outcome.NOTHING if answer is None else Outcome.FOUND, subject, answer or {})
    except Unavailable as error:
        logger.warning("Source %s: attempt %s failed: %s", row.source, row.attempts, error)
        silent.add(row.source)
        _try_again(row)
        return
    except Exception as error:
        # Whatever breaks in an answer may quote it, so only its kind is logged.
        logger.error("Source %s: answer broke with %s", row.source, type(error).__name__)
        _try_again(row)


def _try_again(row: FactRequest) -> None:
    if row.attempts >= MOST_ATTEMPTS:
        _settle(row, Outcome.UNAVAILABLE)
        return
    row.release(after=timedelta(seconds=BACK_OFF[row.attempts - 1]))
    _ours(row).update(leased_until=row.leased_until, due_at=row.due_at)


@transaction.atomic
def _settle(
    row: FactRequest, outcome: str, subject: Subject | None = None, answer: Answer | None = None
) -> None:
    """Keep outcome and answer once; a worker whose lease another has taken over changes nothing."""
    settled = _ours(row).update(
        outcome=outcome,
        answered_at=None if outcome == Outcome.UNAVAILABLE else clock.now(),
        leased_until=None,
        due_at=None,
    )
    if settled and subject and answer:
        record(subject, answer, row.source)


def _ours(row: FactRequest) -> Any:
    return FactRequest.objects.filter(
        pk=row.pk, attempts=row.attempts, outcome=Outcome.PENDING, leased_until__isnull=False
    )


def expire(limit: int = 1000) -> int:
    """Let facts go whose validity is over: rewrite those wide rows, have them inspected again.

    Return how many subjects that were.
    """
    with transaction.atomic():
        ids = list(
            Profile.objects.filter(stale_on__lte=clock.today())
            .order_by("stale_on", "pk")
            .values_list("pk", flat=True)[:limit]
        )
        if ids:
            refresh(ids, mark=True)
    return len(ids)


def requests_of(subject: Subject) -> list[FactRequest]:
    """Return the latest question to each source about a subject."""
    return list(FactRequest.objects.filter(subject=subject).order_by("source"))


def may_ask_from(requests: Iterable[FactRequest]) -> Any:
    """Return the instant from which a person may have the sources asked again; none for now."""
    last = max((one.asked_at for one in requests), default=None)
    free = last + AGAIN if last else None
    return free if free and free > clock.now() else None
