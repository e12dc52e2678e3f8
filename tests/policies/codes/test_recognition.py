"""Recognising, ending, expiring: with the code, the fact and the word to the talent."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from notifications.models import Message
from policies import codes, recognition, subjects
from policies.models import ChangedSubject, Fact, Recognition, Subject
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.policies.codes import people
from tests.policies.codes.people import CONTEST, MARKET, WORD, at


def level_of(subject: Subject) -> Any:
    return subjects.known(subject, clock.today()).get("talent_level")


def recognise(subject: Subject, officer: User, **changes: Any) -> Recognition:
    asked = {"level": "C", "route": "contest", "stated": CONTEST} | changes
    return recognition.recognise(subject_id=subject.pk, officer=officer, **asked)


def test_recognising_issues_a_code_states_the_level_and_tells_the_talent(
    subject: Subject, officer: User, talent: User
) -> None:
    made = recognise(subject, officer)

    assert codes.in_use(subject) == subject.codes.get()
    assert level_of(subject) == "C"
    fact = Fact.objects.get(subject=subject, code="talent_level")
    assert (fact.source, fact.recorded_by) == ("recognition", officer)
    assert ChangedSubject.objects.filter(subject=subject).exists()
    assert {one.channel for one in Message.objects.filter(recipient=talent)} == {"inbox", "sms"}
    event = Event.objects.get(kind="recognition.made")
    assert event.payload == {"recognition": made.pk, "level": "C", "route": "contest"}


def test_income_is_kept_sealed_and_out_of_the_ledger(subject: Subject, officer: User) -> None:
    recognise(subject, officer, level="E", route="market", stated=MARKET | {"amount": "234567"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT evidence FROM policies_recognition")
        assert "234567" not in str(cursor.fetchall())
        cursor.execute("SELECT payload FROM core_event")
        assert "234567" not in str(cursor.fetchall())
    assert Recognition.objects.get().evidence["amount"] == "234567"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"level": "B"}, "level"),
        ({"level": "Z"}, "level"),
        ({"route": "luck"}, "route"),
        ({"stated": CONTEST | {"role": "member"}}, "level"),
        ({"stated": CONTEST | {"rank": "优胜"}}, "rank"),
        ({"valid_until": date(2020, 1, 1)}, "valid_until"),
        (
            {"level": "D", "route": "recommendation", "stated": WORD},
            "recommender",
        ),
    ],
)
def test_what_the_rule_does_not_carry_is_refused_and_leaves_nothing(
    subject: Subject, officer: User, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(recognition.Refused) as refusal:
        recognise(subject, officer, **changes)

    assert set(refusal.value.problems) == {field}
    assert not Recognition.objects.exists()
    assert not subject.codes.exists()


def test_nobody_is_recognised_twice_at_once(subject: Subject, officer: User) -> None:
    recognise(subject, officer)

    with pytest.raises(recognition.Refused, match="请先为原认定办理退出"):
        recognise(subject, officer, level="D")


@pytest.mark.parametrize(
    "role", [Role.TALENT, Role.CLERK, Role.EDITOR, Role.ADMINISTRATOR, Role.SUPERVISOR]
)
def test_other_roles_do_not_recognise(subject: Subject, role: Role) -> None:
    someone = people.user("someone", role, department=people.department())

    with pytest.raises(PermissionDenied):
        recognise(subject, someone)


def test_officers_of_other_departments_do_not_recognise(subject: Subject, foreigner: User) -> None:
    with pytest.raises(PermissionDenied):
        recognise(subject, foreigner)


def test_an_enterprise_is_not_recognised(officer: User) -> None:
    with pytest.raises(Subject.DoesNotExist):
        recognise(people.firm(), officer)


def test_an_end_voids_the_code_and_the_level_at_once_and_says_why(
    held: Recognition, subject: Subject, officer: User, talent: User
) -> None:
    recognition.end(recognition_id=held.pk, reasons="调离本市", officer=officer)

    assert codes.in_use(subject) is None
    assert subject.codes.get().reasons == "调离本市"
    assert level_of(subject) is None
    told = Message.objects.get(recipient=talent, kind="recognition.ended", channel="inbox")
    assert "调离本市" in told.body
    assert "行政复议" in told.body
    assert "调离" not in str(list(Event.objects.values_list("payload", flat=True)))


@pytest.mark.parametrize("reasons", ["", "  "])
def test_an_end_needs_a_reason(held: Recognition, officer: User, reasons: str) -> None:
    with pytest.raises(recognition.Refused):
        recognition.end(recognition_id=held.pk, reasons=reasons, officer=officer)
    assert codes.in_use(held.subject)


def test_an_end_comes_once(held: Recognition, officer: User) -> None:
    recognition.end(recognition_id=held.pk, reasons="调离本市", officer=officer)

    with pytest.raises(recognition.Refused, match="已经退出"):
        recognition.end(recognition_id=held.pk, reasons="调离本市", officer=officer)
    assert Event.objects.filter(kind="recognition.ended").count() == 1


def test_a_new_recognition_makes_a_new_code(
    held: Recognition, subject: Subject, officer: User
) -> None:
    old = subject.codes.get()
    recognition.end(recognition_id=held.pk, reasons="重新认定", officer=officer)

    recognise(subject, officer, level="D")

    new = codes.in_use(subject)
    assert new is not None
    assert {new.serial, new.static_serial}.isdisjoint({old.serial, old.static_serial})
    assert level_of(subject) == "D"


def test_a_recognition_holds_through_its_last_day(subject: Subject, officer: User) -> None:
    with clock.at(at(2026, 11, 24)):
        people.recognised(subject, officer, valid_until=date(2026, 12, 31))

    with clock.at(at(2026, 12, 31, 23)):
        assert recognition.expire(clock.today()) == 0
        assert codes.in_use(subject)
        assert level_of(subject) == "C"


def test_past_its_last_day_code_and_level_are_void_before_any_task_has_run(
    subject: Subject, officer: User
) -> None:
    with clock.at(at(2026, 11, 24)):
        people.recognised(subject, officer, valid_until=date(2026, 12, 31))

    with clock.at(at(2027, 1, 1, 0)):
        assert codes.in_use(subject) is None
        assert level_of(subject) is None


def test_expiry_ends_it_once_and_by_nobody(subject: Subject, officer: User) -> None:
    with clock.at(at(2026, 11, 24)):
        made = people.recognised(subject, officer, valid_until=date(2026, 12, 31))

    with clock.at(at(2027, 1, 1, 0)):
        assert recognition.expire(clock.today()) == 1
        assert recognition.expire(clock.today()) == 0

    ended = Recognition.objects.get(pk=made.pk)
    assert (ended.reasons, ended.ended_by) == ("认定有效期届满", None)
    assert subject.codes.get().revoked_at


def test_one_who_has_expired_can_be_recognised_anew_at_once(
    subject: Subject, officer: User
) -> None:
    with clock.at(at(2026, 11, 24)):
        people.recognised(subject, officer, valid_until=date(2026, 12, 31))

    with clock.at(at(2027, 1, 1)):
        people.recognised(subject, officer, level="D")
        assert level_of(subject) == "D"
    assert subject.codes.count() == 2


def test_who_has_no_account_is_recognised_all_the_same(officer: User) -> None:
    people.recognised(people.person(), officer)

    assert not Message.objects.exists()
