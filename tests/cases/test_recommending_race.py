"""Two who recommend at once: the subject is told once.

The race is run without the lock as well, to show that it is one.
"""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cases import recommending
from cases.models import Recommendation
from notifications.models import Message
from policies.inspection import Changes, inspect_changed
from policies.models import OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from tests.cases.advised import shelve, subject_of
from tests.cases.conftest import MONDAY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("monday")]


@pytest.fixture(params=[True, False], ids=["locked", "without locks"])
def locked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Hold both between reading and writing; with the lock on, only one gets that far."""
    both_have_read = Barrier(2)
    made = recommending._made
    patience = 0.5 if request.param else 20

    def make_together(*args: Any) -> Any:
        with suppress(BrokenBarrierError):
            both_have_read.wait(timeout=patience)
        return made(*args)

    monkeypatch.setattr(recommending, "_made", make_together)
    if not request.param:
        monkeypatch.setattr(recommending, "_lock", lambda ids: None)
    return bool(request.param)


def test_two_inspections_recommend_once(one_thing: OneThing, talent: User, locked: bool) -> None:
    shelve(one_thing)
    subject: Subject = subject_of(talent)
    inspect_changed()
    outcomes: list[str] = []

    def react() -> None:
        with clock.at(MONDAY):
            try:
                with transaction.atomic():
                    outcomes.append(str(len(recommending.react(Changes((subject.pk,))))))
            except IntegrityError as error:
                outcomes.append(type(error).__name__)
            finally:
                connection.close()

    threads = [Thread(target=react) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == (["0", "7"] if locked else ["7", "IntegrityError"])
    assert Recommendation.objects.count() == 7
    assert Message.objects.filter(kind="recommendation.made").count() == 2
