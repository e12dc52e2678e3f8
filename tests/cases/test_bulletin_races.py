"""Two at once: two supervisors publish, two beats draft, a correction overtakes a sending.

Publishing is run without its lock as well, to show that it is a race.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from cases.models import Bulletin
from cases.supervision import bulletin as verbs
from cases.supervision.bulletin_document import Document, Done
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.bulletins import DECEMBER, NOVEMBER
from tests.cases.conftest import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def supervisors() -> list[User]:
    return [make_user(f"s{number}", Role.SUPERVISOR) for number in range(2)]


def in_parallel(*acts: Callable[[], object]) -> list[str]:
    start, outcomes = Barrier(len(acts)), [""] * len(acts)

    def run(number: int) -> None:
        with clock.at(DECEMBER):
            start.wait()
            try:
                outcomes[number] = type(acts[number]()).__name__
            except Exception as error:
                outcomes[number] = type(error).__name__
            finally:
                connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def empty(month: Any, *, now: datetime) -> Document:
    return Document(month=month, as_of=now, total=Done(), previous=Done(), departments=())


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "without locks"])
def test_two_supervisors_publish(
    supervisors: list[User], locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = Bulletin.objects.create(month=NOVEMBER, made_at=DECEMBER)
    both_have_read = Barrier(2)

    def slowly(month: Any, *, now: datetime) -> Document:
        with suppress(BrokenBarrierError):  # broken: the other one waits for the lock
            both_have_read.wait(timeout=0.5 if locked else 20)
        return empty(month, now=now)

    monkeypatch.setattr(verbs, "collect", slowly)
    if not locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)

    outcomes = in_parallel(
        *(
            lambda who=who: verbs.publish(bulletin_id=draft.pk, supervisor=who)
            for who in supervisors
        )
    )

    published = Event.objects.filter(kind="bulletin.published").count()
    if locked:
        assert (outcomes, published) == (["AlreadyHandled", "Bulletin"], 1)
    else:
        assert (outcomes, published) == (["Bulletin", "Bulletin"], 2)


def test_two_beats_make_one_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    both_have_looked = Barrier(2)

    def due() -> list[Any]:
        both_have_looked.wait(timeout=20)
        return [NOVEMBER]

    monkeypatch.setattr(verbs, "_due_months", due)

    outcomes = in_parallel(verbs.make_due_drafts, verbs.make_due_drafts)

    assert outcomes == ["list", "list"]
    assert Bulletin.objects.count() == 1
    assert Event.objects.filter(kind="bulletin.drafted").count() == 1


def test_a_correction_published_meanwhile_stops_the_sending_of_the_old_edition(
    supervisors: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verbs, "collect", empty)
    with clock.at(DECEMBER):
        first = verbs.make_draft(month=NOVEMBER, supervisor=supervisors[0])
        verbs.publish(bulletin_id=first.pk, supervisor=supervisors[0])
        second = verbs.correct(bulletin_id=first.pk, supervisor=supervisors[0], reasons="更正。")
    holds_the_month = Barrier(2)

    def slowly(month: Any, *, now: datetime) -> Document:
        holds_the_month.wait(timeout=20)
        return empty(month, now=now)

    monkeypatch.setattr(verbs, "collect", slowly)

    def send() -> Bulletin:
        holds_the_month.wait(timeout=20)
        return verbs.send(bulletin_id=first.pk, supervisor=supervisors[1])

    outcomes = in_parallel(
        lambda: verbs.publish(bulletin_id=second.pk, supervisor=supervisors[0]), send
    )

    assert outcomes == ["AlreadyHandled", "Bulletin"]
    assert not Event.objects.filter(kind="bulletin.sent").exists()
