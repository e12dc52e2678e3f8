"""What a counter is told of a code, and what it is not."""

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policies import code_reading, codes, institutions, recognition, subjects, tokens
from policies.code_reading import Answer
from policies.models import CodeUse, Institution, Recognition, Subject, SubjectCode
from policies.subjects import Statement
from portal.accounts.models import User
from portal.core import clock
from tests.policies.codes import people
from tests.policies.codes.people import at

Read = Callable[..., Answer]


@pytest.fixture
def read(hospital: Institution) -> Read:
    def once(text: str, scope: str = "medical", by: Institution = hospital) -> Answer:
        return code_reading.read(institution=by, scope=scope, text=text)

    return once


def outcomes() -> list[str]:
    return list(CodeUse.objects.order_by("pk").values_list("outcome", flat=True))


def test_a_fresh_code_is_good_once(read: Read, code: SubjectCode) -> None:
    token = codes.shown(code).token

    first, second = read(token), read(token)

    assert (first.outcome, second.outcome) == ("valid", "replayed")
    assert not second.told
    assert outcomes() == ["valid", "replayed"]
    assert set(CodeUse.objects.values_list("code", flat=True)) == {code.pk}


def test_each_showing_is_a_code_of_its_own(read: Read, code: SubjectCode) -> None:
    assert [read(codes.shown(code).token).outcome for _ in range(3)] == ["valid"] * 3


@pytest.mark.parametrize(("age", "outcome"), [(59, "valid"), (61, "expired"), (-6, "expired")])
def test_a_code_lives_for_its_minute(
    read: Read, code: SubjectCode, age: int, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = time.time()
    token = tokens.rotating(code.serial, at=moment)
    monkeypatch.setattr(code_reading.time, "time", lambda: int(moment) + age)

    answer = read(token)

    assert answer.outcome == outcome
    assert ("刷新" in answer.detail) is (outcome == "expired")


@pytest.mark.parametrize("days", [-400, 400])
def test_the_minute_is_one_of_real_time_wherever_the_business_clock_stands(
    read: Read, code: SubjectCode, days: int
) -> None:
    with clock.at(timezone.now() + timedelta(days=days)):
        token = codes.shown(code).token
    with clock.at(timezone.now() + timedelta(days=days, hours=3)):
        assert read(token).outcome == "valid"

    assert abs(CodeUse.objects.get().at - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "x", "https://example.invalid/", "A" * 76, "A" * 5000, "\0"])
def test_what_is_no_code_is_forged_and_on_record(read: Read, text: str) -> None:
    answer = read(text)

    assert (answer.outcome, dict(answer.told)) == ("forged", {})
    assert CodeUse.objects.get().code is None


def test_a_well_signed_serial_that_was_never_issued_is_forged(read: Read) -> None:
    assert read(tokens.rotating(uuid4())).outcome == "forged"
    assert read(tokens.static(uuid4())).outcome == "forged"


def test_the_serials_of_the_two_kinds_are_not_exchangeable(read: Read, code: SubjectCode) -> None:
    assert read(tokens.rotating(code.static_serial)).outcome == "forged"
    assert read(tokens.static(code.serial)).outcome == "forged"


def test_an_end_revokes_what_is_being_shown_at_once(
    read: Read, code: SubjectCode, held: Recognition, officer: User
) -> None:
    shown, printed = codes.shown(code).token, codes.printed(code).token
    recognition.end(recognition_id=held.pk, reasons="调离本市", officer=officer)

    assert [read(shown).outcome, read(printed).outcome] == ["revoked", "revoked"]


def test_past_the_last_day_it_is_revoked_though_no_task_has_run(
    read: Read, subject: Subject, officer: User
) -> None:
    with clock.at(at(2026, 11, 24)):
        people.recognised(subject, officer, valid_until=at(2026, 12, 31).date())
    token = codes.shown(subject.codes.get()).token

    with clock.at(at(2027, 1, 1, 0)):
        assert read(token).outcome == "revoked"
    with clock.at(at(2026, 12, 31, 23)):
        assert read(token).outcome == "valid"


def test_a_printed_code_is_good_again_and_again_for_less_trust(
    read: Read, code: SubjectCode
) -> None:
    answers = [read(codes.printed(code).token) for _ in range(2)]

    assert {answer.outcome for answer in answers} == {"static"}
    assert answers[0].detail == "静态码，须核对身份证件"
    assert answers[0].told["id_tail"] == code.subject.identity["id_number"][-4:]


def test_a_replaced_code_is_void_with_its_printed_copies(
    read: Read, code: SubjectCode, talent: User
) -> None:
    new = codes.replace(subject_id=code.subject_id, by=talent)

    assert read(codes.printed(code).token).outcome == "revoked"
    assert read(codes.shown(new).token).outcome == "valid"


# ---- what each purpose may know ------------------------------------------------------------------

PERSON = {"kind", "name", "level", "entitlements"}


def everything_known(subject: Subject, officer: User) -> None:
    subjects.record(
        subject, {"income_pc": Statement("41200.00"), "edu": Statement("11")}, "manual", officer
    )
    for policy in ("POL_P08", "POL_P07", "POL_P10"):
        people.open_policy(policy)


@pytest.mark.parametrize(
    ("scope", "entitlements"),
    [
        ("medical", ["就医绿色通道"]),
        ("schooling", ["子女入学服务"]),
        ("housing", ["人才公寓申请", "政策POL_P08"]),
        ("enterprise", []),
    ],
)
def test_a_purpose_is_told_its_own_entitlements_and_nothing_else(
    read: Read, code: SubjectCode, leader: User, officer: User, scope: str, entitlements: list[str]
) -> None:
    everything_known(code.subject, officer)
    unit = people.institution(leader, f"单位{scope}", scope).institution

    told = read(codes.shown(code).token, scope, unit).told

    assert set(told) == PERSON
    assert told == {
        "kind": "person",
        "name": "沈**",
        "level": "C",
        "entitlements": entitlements,
    }


def test_an_enterprise_code_says_what_the_firm_may_have(read: Read, leader: User) -> None:
    for policy in ("POL_E01", "POL_X99"):
        people.open_policy(policy, "enterprise")
    people.open_policy("POL_P08")
    firm = people.firm(leader)
    code = codes.issue_to_enterprise(subject_id=firm.pk, by=leader)
    unit = people.institution(leader, "企业服务中心", "enterprise").institution

    shown = read(codes.shown(code).token, "enterprise", unit)
    printed = read(codes.printed(code).token, "enterprise", unit)

    assert shown.told == {
        "kind": "enterprise",
        "name": people.FIRM,
        "entitlements": ["政策POL_E01"],
    }
    assert printed.detail == "静态码，须核对营业执照"
    assert set(printed.told) == set(shown.told)


def test_a_purpose_that_was_not_given_is_refused_unlooked_at(read: Read, code: SubjectCode) -> None:
    token = codes.shown(code).token

    with pytest.raises(code_reading.OutOfScope):
        read(token, "housing")

    assert not CodeUse.objects.exists()
    assert read(token).outcome == "valid"


def test_a_purpose_taken_away_is_gone_at_the_next_reading(
    read: Read, code: SubjectCode, hospital: Institution, leader: User
) -> None:
    changed = institutions.change(
        by=leader, institution_id=hospital.pk, name=hospital.name, scopes=["schooling"]
    )

    with pytest.raises(code_reading.OutOfScope):
        read(codes.shown(code).token, "medical", changed)


@pytest.mark.parametrize("act", ["stop", "rotate", "narrow"])
def test_a_key_that_fell_while_the_code_was_on_its_way_reads_nothing(
    read: Read, code: SubjectCode, hospital: Institution, leader: User, act: str
) -> None:
    """`hospital` is what the key opened a moment ago, before the act."""
    if act == "stop":
        institutions.set_active(by=leader, institution_id=hospital.pk, is_active=False)
    elif act == "rotate":
        institutions.rotate(by=leader, institution_id=hospital.pk)
    else:
        institutions.change(
            by=leader, institution_id=hospital.pk, name=hospital.name, scopes=["schooling"]
        )

    with pytest.raises(code_reading.OutOfScope):
        read(codes.shown(code).token)

    assert not CodeUse.objects.exists()


# ---- pace and traces -----------------------------------------------------------------------------


def test_an_institution_reads_no_faster_than_its_pace(
    read: Read, code: SubjectCode, leader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_reading, "PACE", 3)
    for _ in range(3):
        read("no code")

    with pytest.raises(code_reading.TooFast):
        read(codes.shown(code).token)
    other = people.institution(leader, "另一医院").institution
    assert read(codes.shown(code).token, by=other).outcome == "valid"

    CodeUse.objects.update(at=timezone.now() - timedelta(seconds=61))
    assert read(codes.shown(code).token).outcome == "valid"


def test_no_token_is_kept_or_logged(
    read: Read, code: SubjectCode, caplog: pytest.LogCaptureFixture
) -> None:
    token = codes.shown(code).token

    read(token)
    read(token[:-1] + ("A" if token[-1] != "A" else "B"))

    assert token[:40] not in caplog.text
    with connection.cursor() as cursor:
        for table in ("policies_codeuse", "core_event"):
            cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
            assert token[:40] not in str(cursor.fetchall())


def test_a_reading_costs_the_same_however_much_was_read_before(
    read: Read, code: SubjectCode, hospital: Institution
) -> None:
    read(codes.shown(code).token)
    with CaptureQueriesContext(connection) as few:
        read(codes.shown(code).token)
    CodeUse.objects.bulk_create(
        CodeUse(institution=hospital, scope="medical", outcome="forged", at=at(2020, 1, 1))
        for _ in range(500)
    )
    with CaptureQueriesContext(connection) as many:
        read(codes.shown(code).token)

    assert len(many) == len(few) <= 12
