"""The window: values shown in clear, and two clerks at once."""

from collections.abc import Callable
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse

from cases import application, intake
from cases.models import Case
from cases.models.case import CaseQuerySet
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, make_user
from tests.cases.people import GRADUATE_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
PASSWORD = "Yijianshi-2026"


@pytest.fixture
def window(client: Client, clerk: User) -> Client:
    clerk.set_password(PASSWORD)
    clerk.save()
    client.force_login(clerk)
    return client


def url(verb: str, case: Case) -> str:
    return reverse(f"cases:window-{verb}", args=[case.pk])


class TestRevealing:
    def reveal(self, case: Case, code: str = "p_id_no") -> str:
        return reverse("cases:window-reveal", args=[case.pk, code])

    def test_the_password_shows_one_value_and_the_ledger_knows_who_read_it(
        self, window: Client, submitted: Make, clerk: User
    ) -> None:
        case = submitted("P05")

        answer = window.post(self.reveal(case), {"password": PASSWORD})

        event = Event.objects.get(kind="value.revealed")
        assert GRADUATE_ID in answer.content.decode()
        assert (event.actor, event.stream, event.payload) == (clerk, case.pk, {"field": "p_id_no"})
        assert "no-store" in answer["Cache-Control"]

    def test_a_wrong_password_shows_nothing_and_counts(
        self, window: Client, submitted: Make
    ) -> None:
        case = submitted("P05")

        answers = [window.post(self.reveal(case), {"password": "wrong"}) for _ in range(5)]

        assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 429]
        assert all(GRADUATE_ID not in answer.content.decode() for answer in answers)
        assert not Event.objects.filter(kind="value.revealed").exists()

    def test_asking_for_the_page_shows_nothing(self, window: Client, submitted: Make) -> None:
        answer = window.get(self.reveal(submitted("P05")))

        assert answer.status_code == 200
        assert GRADUATE_ID not in answer.content.decode()

    @pytest.mark.parametrize("code", ["e_legal_id", "nonsense"])
    def test_a_field_that_was_not_asked_is_not_there(
        self, window: Client, submitted: Make, code: str
    ) -> None:
        answer = window.post(self.reveal(submitted("P05"), code), {"password": PASSWORD})

        assert answer.status_code == 404

    def test_other_roles_are_kept_out(
        self, client: Client, submitted: Make, officers: dict[str, User]
    ) -> None:
        client.force_login(officers["D01"])

        assert client.get(self.reveal(submitted("P05"))).status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_of_two_clerks_at_once_one_is_told_that_the_other_was_faster(
    submitted: Make, clerk: User, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """Without the row lock both see the case waiting and both go on to accept it."""
    case, other = submitted("P05"), make_user("clerk2", Role.CLERK)
    meeting, outcomes = Barrier(2), list[str]()
    missing = application.missing

    def meet(found: Case) -> dict[str, str]:
        try:
            meeting.wait(1)
        except BrokenBarrierError:
            pass  # the other one waits for the lock
        return missing(found)

    monkeypatch.setattr(intake, "missing", meet)
    if not locked:
        monkeypatch.setattr(CaseQuerySet, "select_for_update", lambda self, **_: self)

    def work(user: User) -> None:
        try:
            with clock.at(MONDAY):
                intake.accept(case_id=case.pk, clerk=user)
            outcomes.append("accepted")
        except intake.AlreadyHandled:
            outcomes.append("handled")
        except IntegrityError:
            outcomes.append("stopped by a constraint")
        finally:
            connection.close()

    workers = [Thread(target=work, args=[user]) for user in (clerk, other)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)

    slower = "handled" if locked else "stopped by a constraint"
    assert sorted(outcomes) == ["accepted", slower]
