"""The navigator (政策导航): answers in the session, and packages under an address of their own.

Answers stand in the sealed session alone and are forgotten half an hour after the last one, in real
time. A shared package (政策套餐) holds policies, days and amounts, never the answers.
"""

import time
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from cases.models import Package
from cases.questions import Answer, Answers, Question, branches
from portal.core import clock
from portal.core.ledger import Entry, Event, record

# The session, or a part of one.
Kept = MutableMapping[str, Any]

ANSWERS = "navigator"
KEPT_FOR = timedelta(minutes=30)
SHARED_FOR = timedelta(days=90)
USED = "navigator.used"


def answers_in(session: Kept, kind: str) -> Answers:
    """Return the answers of a branch, by question and field; none that have expired."""
    found: Answers = _kept(session)["answers"].get(kind, {})
    return found


def keep(session: Kept, kind: str, question: Question, given: dict[str, Answer]) -> None:
    """Keep the answers to one question in place of those before; an empty one means skipped."""
    kept = _kept(session)
    kept["answers"].setdefault(kind, {})[question.code] = given
    kept["at"] = time.time()
    session[ANSWERS] = kept


def forget(session: Kept) -> None:
    session.pop(ANSWERS, None)


def note_use(session: Kept, kind: str) -> None:
    """Count one use (使用人次): somebody got as far as a package; once for each run."""
    kept = _kept(session)
    if kind in kept["used"]:
        return
    record(Entry(USED, payload={"kind": kind}))
    kept["used"].append(kind)
    session[ANSWERS] = kept


def uses() -> int:
    """Return how many times the navigator was used."""
    return Event.objects.filter(kind=USED).count()


def filled(session: Kept, kind: str) -> dict[str, str]:
    """Return what the answers of a branch fill into a form, by element."""
    branch = branches().get(kind)
    return branch.filled(answers_in(session, kind)) if branch else {}


@transaction.atomic
def share(*, kind: str, outcome: dict[str, Any]) -> Package:
    """Return the package kept under an unguessable address, for 90 days."""
    package = Package.objects.create(
        kind=kind, outcome=outcome, expires_on=clock.today() + SHARED_FOR
    )
    record(Entry("package.shared", None, f"package:{package.pk}", payload={"kind": kind}))
    return package


def shared(token: str) -> Package | None:
    """Return a shared package that has not expired."""
    return Package.objects.filter(token=token, expires_on__gte=clock.today()).first()


def tidy_up() -> int:
    """Delete the packages that have expired and return how many there were."""
    return Package.objects.filter(expires_on__lt=clock.today()).delete()[0]


def _kept(session: Kept) -> dict[str, Any]:
    kept: dict[str, Any] | None = session.get(ANSWERS)
    if kept is None or time.time() - kept["at"] > KEPT_FOR.total_seconds():
        return {"at": time.time(), "answers": {}, "used": []}
    return kept
