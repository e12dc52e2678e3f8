"""POST /api/codes/verify/: what a hospital's own system gets, key by key."""

from typing import Any

import pytest
from django.test import Client

from policies import code_reading, codes, institutions, recognition
from policies.institutions import Issued
from policies.models import CodeUse, Recognition, SubjectCode
from portal.accounts.models import User
from tests.policies.codes import people

URL = "/api/codes/verify/"


@pytest.fixture
def issued(leader: User) -> Issued:
    return people.institution(leader)


@pytest.fixture
def ask(client: Client, issued: Issued) -> Any:
    def post(body: Any, key: str | None = issued.key, **more: Any) -> Any:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return client.post(URL, body, content_type="application/json", headers=headers, **more)

    return post


def test_a_valid_code_is_answered_with_these_keys_and_no_other(ask: Any, code: SubjectCode) -> None:
    answer = ask({"code": codes.shown(code).token, "scope": "medical"})

    assert answer.status_code == 200
    assert answer.json() == {
        "outcome": "valid",
        "detail": "有效",
        "kind": "person",
        "name": "沈**",
        "level": "C",
        "entitlements": ["就医绿色通道"],
    }
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


def test_a_printed_code_adds_the_tail_to_compare_with(ask: Any, code: SubjectCode) -> None:
    answer = ask({"code": codes.printed(code).token, "scope": "medical"}).json()

    keys = {"outcome", "detail", "kind", "name", "level", "entitlements", "id_tail"}
    assert set(answer) == keys
    assert answer["outcome"] == "static"


def test_each_refusal_has_its_status_and_says_what_to_do(
    ask: Any, code: SubjectCode, held: Recognition, officer: User
) -> None:
    used, later = codes.shown(code).token, codes.shown(code).token
    ask({"code": used, "scope": "medical"})
    told = [ask({"code": text, "scope": "medical"}) for text in ("ABC", used)]
    recognition.end(recognition_id=held.pk, reasons="调离本市", officer=officer)
    told.append(ask({"code": later, "scope": "medical"}))

    assert [one.status_code for one in told] == [400, 409, 410]
    assert [one.json()["outcome"] for one in told] == ["forged", "replayed", "revoked"]
    assert all(set(one.json()) == {"outcome", "detail"} for one in told)


def test_an_expired_code_is_told_to_refresh(
    ask: Any, code: SubjectCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = codes.shown(code).token
    now = code_reading.time.time()
    monkeypatch.setattr(code_reading.time, "time", lambda: now + 61)

    answer = ask({"code": token, "scope": "medical"})

    assert answer.status_code == 422
    assert answer.json()["outcome"] == "expired"
    assert "刷新" in answer.json()["detail"]


@pytest.mark.parametrize("key", [None, "", "x", "1-AAAA", "é"])
def test_without_the_key_nothing_is_looked_at(ask: Any, code: SubjectCode, key: str | None) -> None:
    answer = ask({"code": codes.shown(code).token, "scope": "medical"}, key=key)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert "密钥" in answer.json()["detail"]
    assert not CodeUse.objects.exists()


def test_a_session_is_no_key(client: Client, code: SubjectCode, officer: User) -> None:
    client.force_login(officer)

    assert client.post(URL, {}, content_type="application/json").status_code == 401


def test_an_old_or_stopped_key_reads_nothing(ask: Any, issued: Issued, leader: User) -> None:
    institutions.set_active(by=leader, institution_id=issued.institution.pk, is_active=False)

    assert ask({"code": "x", "scope": "medical"}).status_code == 401


def test_a_scope_that_is_not_the_institutions_is_403(ask: Any, code: SubjectCode) -> None:
    answer = ask({"code": codes.shown(code).token, "scope": "housing"})

    assert answer.status_code == 403
    assert answer.json() == {"detail": "本单位没有这个用途。"}
    assert not CodeUse.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        {},
        {"code": "x"},
        {"code": 1, "scope": "medical"},
        {"code": "x", "scope": "all"},
        {"code": "x", "scope": ["medical"]},
        {"code": None, "scope": None},
    ],
)
def test_another_shape_is_a_clear_400(ask: Any, body: Any) -> None:
    answer = ask(body)

    assert answer.status_code == 400
    assert set(answer.json()) == {"detail"}
    assert "JSON" in answer.json()["detail"] or "code" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[" * 4000, 400),
        ('{"code": "x", "scope": ' + "[" * 4000, 400),
        ('{"code": "' + "A" * 5000 + '", "scope": "medical"}', 413),
    ],
)
def test_a_body_too_deep_or_too_large_is_refused_unread(ask: Any, body: str, status: int) -> None:
    answer = ask(body)

    assert (answer.status_code, set(answer.json())) == (status, {"detail"})
    assert not CodeUse.objects.exists()


def test_other_methods_and_types_are_refused(client: Client, issued: Issued) -> None:
    headers = {"Authorization": f"Bearer {issued.key}"}

    assert client.get(URL, headers=headers).status_code == 405
    assert client.post(URL, {"code": "x", "scope": "medical"}, headers=headers).status_code == 415


def test_too_fast_is_429_with_when_to_try_again(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_reading, "PACE", 2)
    for _ in range(2):
        ask({"code": "x", "scope": "medical"})

    answer = ask({"code": "x", "scope": "medical"})

    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert answer.json() == {"detail": "验码过于频繁，请稍后再试。"}
    assert CodeUse.objects.count() == 2


def test_guessing_keys_ends_in_429(ask: Any) -> None:
    statuses = [ask({}, key=f"1-{number}").status_code for number in range(12)]

    assert statuses == [401] * 10 + [429] * 2
