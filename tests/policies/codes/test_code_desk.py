"""The counter of an institution: opened by its key, for its purposes, until it is over."""

import time

import pytest
from django.test import Client

from policies import code_reading, codes, institutions
from policies.institutions import Issued
from policies.models import CodeUse, SubjectCode
from policies.views import code_desk
from portal.accounts.models import User
from tests.policies.codes import people

DESK, OPEN, READ, CLOSE = (
    "/codes/verify/",
    "/codes/verify/open/",
    "/codes/verify/read/",
    "/codes/verify/close/",
)


@pytest.fixture
def issued(leader: User) -> Issued:
    return people.institution(leader, "某医院", "medical", "housing")


@pytest.fixture
def counter(client: Client, issued: Issued) -> Client:
    assert client.post(OPEN, {"key": issued.key})["Location"] == DESK
    return client


def test_without_a_session_the_key_is_asked_for(client: Client, db: None) -> None:
    assert "用本单位的密钥打开验码" in client.get(DESK).text
    assert client.post(READ, {"scope": "medical", "code": "x"})["Location"] == DESK
    assert client.get(DESK)["Cache-Control"].count("no-store") == 1


@pytest.mark.parametrize("method", [OPEN, READ, CLOSE])
def test_verbs_are_posts(client: Client, db: None, method: str) -> None:
    assert client.get(method).status_code == 405


@pytest.mark.parametrize("key", ["", "1-AAA", "x" * 300])
def test_a_wrong_key_opens_nothing(client: Client, issued: Issued, key: str) -> None:
    answer = client.post(OPEN, {"key": key})

    assert answer.status_code == 422
    assert "密钥" in answer.text
    assert "打开验码" in client.get(DESK).text


def test_guessing_ends_in_429(client: Client, issued: Issued) -> None:
    statuses = {client.post(OPEN, {"key": f"1-{number}"}).status_code for number in range(12)}

    assert statuses == {422, 429}
    assert client.post(OPEN, {"key": issued.key}).status_code == 429


def test_opening_changes_the_session_key(client: Client, issued: Issued) -> None:
    client.post(OPEN, {"key": "1-AAA"})
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key

    client.post(OPEN, {"key": issued.key})

    assert client.session.session_key != before


def test_a_good_code_shows_who_and_what_for(counter: Client, code: SubjectCode) -> None:
    token = codes.shown(code).token

    answer = counter.post(READ, {"scope": "medical", "code": token.lower()})

    assert answer.status_code == 200
    assert "有效：C 类人才 沈**" in answer.text
    assert "就医绿色通道" in answer.text
    assert "人才公寓申请" not in answer.text
    assert token not in answer.text.upper()
    assert people.NAME not in answer.text


@pytest.mark.parametrize(
    ("text", "status", "said"), [("ABC", 400, "无法识别"), ("", 422, "请扫码")]
)
def test_a_bad_code_says_so(
    counter: Client, code: SubjectCode, text: str, status: int, said: str
) -> None:
    answer = counter.post(READ, {"scope": "medical", "code": text})

    assert answer.status_code == status
    assert said in answer.text


def test_the_same_code_again_is_refused(counter: Client, code: SubjectCode) -> None:
    sent = {"scope": "medical", "code": codes.shown(code).token}

    assert [counter.post(READ, sent).status_code for _ in range(2)] == [200, 409]


def test_a_printed_code_asks_for_the_card(counter: Client, code: SubjectCode) -> None:
    answer = counter.post(READ, {"scope": "medical", "code": codes.printed(code).token})

    assert "静态码，须核对身份证件：C 类人才 沈**" in answer.text
    assert f"末四位应为 {code.subject.identity['id_number'][-4:]}" in answer.text


def test_a_purpose_of_others_is_not_offered(counter: Client, code: SubjectCode) -> None:
    answer = counter.post(READ, {"scope": "schooling", "code": codes.shown(code).token})

    assert answer.status_code == 422
    assert "本单位没有这个用途" in answer.text
    assert not CodeUse.objects.exists()


def test_too_fast_is_said(counter: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_reading, "PACE", 0)

    answer = counter.post(READ, {"scope": "medical", "code": "x"})

    assert answer.status_code == 429
    assert "过于频繁" in answer.text


def is_open(client: Client) -> bool:
    return "请扫码" in client.get(DESK).text


def test_a_new_key_closes_what_the_old_one_opened(
    counter: Client, issued: Issued, leader: User
) -> None:
    assert is_open(counter)
    institutions.rotate(by=leader, institution_id=issued.institution.pk)

    assert not is_open(counter)


def test_a_stopped_institution_is_closed_at_once(
    counter: Client, issued: Issued, leader: User
) -> None:
    institutions.set_active(by=leader, institution_id=issued.institution.pk, is_active=False)

    assert not is_open(counter)


@pytest.mark.parametrize(
    ("steps", "open_after"),
    [([3599], True), ([3601], False), ([3000] * 11, True), ([3000] * 13, False)],
)
def test_the_session_ends_after_an_idle_hour_or_a_working_day(
    counter: Client, monkeypatch: pytest.MonkeyPatch, steps: list[int], open_after: bool
) -> None:
    moment = time.time()
    for step in steps:
        moment += step
        monkeypatch.setattr(code_desk.time, "time", lambda: moment)  # noqa: B023
        last = is_open(counter)

    assert last is open_after


def test_closing_leaves_whoever_is_signed_in(counter: Client, officer: User) -> None:
    counter.force_login(officer)
    counter.post(CLOSE)

    assert not is_open(counter)
    assert counter.get("/inbox/").status_code == 200


def test_the_pages_name_no_user_and_offer_no_sign_in(counter: Client) -> None:
    assert "/sign-in/" not in counter.get(DESK).text
