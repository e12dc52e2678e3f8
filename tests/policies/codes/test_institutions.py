"""Keys of institutions: shown once, kept as a digest, replaced, stopped; wrong ones counted."""

from datetime import timedelta

import pytest
from axes.models import AccessFailureLog
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies import institutions
from policies.models import Institution
from policies.views.recognition_forms import InstitutionForm
from portal.accounts.models import Role, User
from portal.core.ledger import Event
from tests.accounts.threads import together
from tests.policies.codes import people

HERE, THERE = "192.0.2.1", "192.0.2.2"


def wrong(key: str, address: str = HERE) -> None:
    with pytest.raises(institutions.WrongKey):
        institutions.with_key(key, address)


def test_a_key_opens_and_is_kept_nowhere(leader: User) -> None:
    issued = people.institution(leader)

    assert institutions.with_key(issued.key, HERE) == issued.institution
    with connection.cursor() as cursor:
        for table in ("policies_institution", "core_event"):
            cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
            assert issued.key.partition("-")[2] not in str(cursor.fetchall())


@pytest.mark.parametrize(
    "key", ["", "-", "x", "0-", "1-A", "99999999999999999999-A", "²-A", "1" * 5000, "\0"]
)
def test_what_is_no_key_is_wrong(leader: User, key: str) -> None:
    people.institution(leader)

    wrong(key)


def test_the_key_of_one_does_not_open_another(leader: User) -> None:
    first, second = people.institution(leader), people.institution(leader, "某学校")

    wrong(f"{second.institution.pk}-{first.key.partition('-')[2]}")


def test_a_new_key_ends_the_old_one(leader: User) -> None:
    old = people.institution(leader)

    new = institutions.rotate(by=leader, institution_id=old.institution.pk)

    wrong(old.key)
    assert institutions.with_key(new.key, HERE) == old.institution


def test_a_stopped_institution_has_no_key_until_it_is_let_again(leader: User) -> None:
    issued = people.institution(leader)
    pk = issued.institution.pk

    institutions.set_active(by=leader, institution_id=pk, is_active=False)
    wrong(issued.key)
    institutions.set_active(by=leader, institution_id=pk, is_active=True)

    assert institutions.with_key(issued.key, HERE).pk == pk


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.EDITOR, Role.TALENT])
def test_others_hand_out_no_keys(role: Role, db: None) -> None:
    someone = people.user("someone", role, department=people.department())

    with pytest.raises(PermissionDenied):
        people.institution(someone)
    assert not Institution.objects.exists()


def test_a_leader_elsewhere_hands_out_no_keys(db: None) -> None:
    elsewhere = people.user("elsewhere", Role.LEADER, department=people.department("D03"))

    with pytest.raises(PermissionDenied):
        people.institution(elsewhere)


def test_the_ledger_says_who_did_what(leader: User) -> None:
    issued = people.institution(leader, "某医院", "medical", "housing")
    institutions.rotate(by=leader, institution_id=issued.institution.pk)

    events = Event.objects.filter(subject=f"institution:{issued.institution.pk}").order_by("pk")
    assert list(events.values_list("kind", "actor")) == [
        ("institution.added", leader.pk),
        ("institution.key_rotated", leader.pk),
    ]
    assert events[0].payload == {"scopes": ["housing", "medical"]}


def test_too_many_wrong_keys_lock_the_address_for_a_while(leader: User) -> None:
    issued = people.institution(leader)
    for _ in range(institutions.FAILURES):
        wrong("1-WRONG")

    for key in ("1-WRONG", issued.key):
        with pytest.raises(institutions.TooManyFailures):
            institutions.with_key(key, HERE)
    assert institutions.with_key(issued.key, THERE)

    AccessFailureLog.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert institutions.with_key(issued.key, HERE)


@pytest.mark.django_db(transaction=True)
def test_wrong_keys_at_once_are_counted_one_by_one(transactional_db: None) -> None:
    def guess(number: int) -> str:
        try:
            institutions.with_key(f"1-{number}", HERE)
        except institutions.WrongKey:
            return "wrong"
        except institutions.TooManyFailures:
            return "locked"
        return "open"

    told = together(institutions.FAILURES + 4, guess)

    assert told.count("wrong") == institutions.FAILURES
    assert told.count("locked") == 4


def test_of_two_who_take_the_same_name_at_once_the_second_is_told(
    leader: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    institutions.add(by=leader, name="市第一医院", scopes=["medical"])
    # The form looked before the other one was there.
    monkeypatch.setattr(InstitutionForm, "clean_name", lambda form: form.cleaned_data["name"])
    client.force_login(leader)

    answer = client.post(
        reverse("policies:institution-add"), {"name": "市第一医院", "scopes": ["schooling"]}
    )

    assert answer.status_code == 422
    assert "已有同名的用码单位" in answer.text
    assert Institution.objects.count() == 1
