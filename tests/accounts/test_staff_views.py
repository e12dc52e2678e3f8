"""Signing in as staff: one form, one answer to every mistake."""

import time
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.auth import get_user
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from tests.accounts.factories import PASSWORD, StaffFactory, TalentFactory
from tests.accounts.threads import together

SIGN_IN = "/staff/sign-in/"
ENROL = "/staff/second-factor/"
NEW_PASSWORD = "/staff/password/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_demo_code(settings: Settings) -> None:
    settings.DEMO_SECOND_FACTOR = ""


@pytest.fixture
def clerk() -> User:
    return StaffFactory(clerk=True, username="window01", password=PASSWORD, totp_secret=SECRET)


def code(secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(int(time.time()))


def sign_in(client: Client, **changed: str) -> Any:
    data = {"username": "window01", "password": PASSWORD, "code": code(), **changed}
    return client.post(SIGN_IN, data)


def signed_in(client: Client) -> User | None:
    user = get_user(client)  # type: ignore[arg-type]
    return user if isinstance(user, User) else None


def test_name_password_and_code_sign_in(client: Client, clerk: User) -> None:
    response = sign_in(client)

    assert (response.status_code, response["Location"]) == (302, "/desk/")
    assert signed_in(client) == clerk


def test_the_page_asked_for_comes_after_signing_in(client: Client, clerk: User) -> None:
    assert sign_in(client, next="/inbox/")["Location"] == "/inbox/"
    assert sign_in(Client(), next="https://example.com/").status_code in {302, 422}


@pytest.mark.parametrize(
    "wrong",
    [{"username": "window99"}, {"password": "Cuo-de-mima-77"}, {"code": "000000"}, {"code": ""}],
)
def test_every_wrong_part_gets_the_same_answer(
    client: Client, clerk: User, wrong: dict[str, str]
) -> None:
    response = sign_in(client, **wrong)

    assert response.status_code == 422
    assert "用户名、密码或动态口令不正确。" in response.text
    assert signed_in(client) is None
    assert AccessFailureLog.objects.count() == 1


def test_a_code_signs_in_once(client: Client, clerk: User) -> None:
    typed = code()

    assert sign_in(client, code=typed).status_code == 302
    assert sign_in(Client(), code=typed).status_code == 422


def test_a_closed_account_gets_the_same_answer(client: Client, clerk: User) -> None:
    clerk.is_active = False
    clerk.save()

    assert "用户名、密码或动态口令不正确。" in sign_in(client).text


def test_an_applicant_cannot_sign_in_here(client: Client) -> None:
    talent = TalentFactory(username="window01")
    talent.set_password(PASSWORD)
    talent.save()

    response = sign_in(client)

    assert response.status_code == 422
    assert signed_in(client) is None


def test_five_failures_lock_account_and_address_for_half_an_hour(
    client: Client, clerk: User
) -> None:
    answers = [sign_in(client, password="Cuo-de-mima-77").status_code for _ in range(5)]

    locked = sign_in(client)
    elsewhere = sign_in(Client(REMOTE_ADDR="192.0.2.9"))
    assert answers == [422] * 4 + [429]
    assert locked.status_code == 429
    assert "锁定 30 分钟" in locked.text
    assert elsewhere.status_code == 302

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))
    assert sign_in(Client(), code=pyotp.TOTP(SECRET).at(int(time.time()) + 30)).status_code == 302


def test_trying_while_locked_does_not_lock_for_longer(client: Client, clerk: User) -> None:
    for _ in range(8):
        sign_in(client, password="Cuo-de-mima-77")

    assert AccessFailureLog.objects.count() == 5
    assert AccessAttempt.objects.get().failures_since_start == 5


def test_wrong_second_factors_lock_too(client: Client, clerk: User) -> None:
    answers = [sign_in(client, code="000000").status_code for _ in range(5)]

    assert answers == [422] * 4 + [429]


def test_twenty_failures_a_day_lock_an_account_everywhere(client: Client, clerk: User) -> None:
    for number in range(20):
        address = f"192.0.2.{number}"
        sign_in(Client(REMOTE_ADDR=address), password="Cuo-de-mima-77")

    assert sign_in(Client(REMOTE_ADDR="192.0.2.99")).status_code == 429
    AccessFailureLog.objects.update(attempt_time=timezone.now() - timedelta(days=1))
    assert sign_in(Client(REMOTE_ADDR="192.0.2.99")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_guesses_that_arrive_together_are_counted(clerk: User) -> None:
    answers = together(12, lambda _: sign_in(Client(), password="Cuo-de-mima-77").status_code)

    assert sorted(answers) == [422] * 4 + [429] * 8
    assert AccessFailureLog.objects.count() == 5


def test_neither_password_nor_code_is_kept_with_a_failure(client: Client, clerk: User) -> None:
    sign_in(client, password="Cuo-de-mima-77", code="123456")

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM axes_accessattempt a")
        stored = cursor.fetchone()[0]
    assert "Cuo-de-mima-77" not in stored
    assert "123456" not in stored


def test_the_first_sign_in_sets_up_the_second_factor(client: Client, clerk: User) -> None:
    User.objects.update(totp_secret="")

    response = sign_in(client, code="")
    page = client.get(ENROL)
    secret = page.context["secret"]
    wrong = client.post(ENROL, {"code": "000000"})
    done = client.post(ENROL, {"code": code(secret)})

    assert response["Location"] == ENROL
    assert 'src="data:image/svg+xml' in page.text
    assert wrong.status_code == 422
    assert done["Location"] == "/desk/"
    assert signed_in(client) == clerk
    clerk.refresh_from_db()
    assert clerk.totp_secret == secret


def test_nobody_is_signed_in_before_the_second_factor_is_set_up(
    client: Client, clerk: User
) -> None:
    User.objects.update(totp_secret="")

    sign_in(client, code="")

    assert signed_in(client) is None
    assert client.get("/inbox/")["Location"].startswith("/sign-in/")


def test_setting_up_waits_ten_minutes(client: Client, clerk: User) -> None:
    User.objects.update(totp_secret="")
    sign_in(client, code="")
    session = client.session
    session["staff_sign_in"] = {**session["staff_sign_in"], "at": time.time() - 601}
    session.save()

    assert client.get(ENROL)["Location"] == SIGN_IN


@pytest.mark.parametrize("path", [ENROL, NEW_PASSWORD])
def test_a_stranger_is_sent_to_the_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == SIGN_IN
    assert client.post(path)["Location"] == SIGN_IN


@pytest.mark.parametrize("path", [SIGN_IN, ENROL, NEW_PASSWORD])
def test_other_methods_are_refused(client: Client, path: str) -> None:
    assert client.put(path).status_code == 405


def test_an_old_password_is_replaced_before_signing_in(client: Client, clerk: User) -> None:
    clerk.password_records.update(set_at=timezone.now() - timedelta(days=91))

    response = sign_in(client)
    refused = client.post(NEW_PASSWORD, {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD})
    before = signed_in(client)
    new = "Xin-de-mima-2027"
    done = client.post(NEW_PASSWORD, {"old": PASSWORD, "new": new, "again": new})

    assert response["Location"] == NEW_PASSWORD
    assert refused.status_code == 422
    assert "不得使用最近 5 次用过的密码" in refused.text
    assert before is None
    assert done["Location"] == "/desk/"
    assert signed_in(client) == clerk


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"old": "falsch"}, "当前密码不正确"),
        ({"again": "Xin-de-mima-2028"}, "两次输入的新密码不一致"),
        ({"new": "kurz", "again": "kurz"}, "12"),
    ],
)
def test_a_new_password_has_its_rules(
    client: Client, clerk: User, changed: dict[str, str], words: str
) -> None:
    clerk.password_records.update(set_at=timezone.now() - timedelta(days=91))
    sign_in(client)
    new = "Xin-de-mima-2027"

    response = client.post(NEW_PASSWORD, {"old": PASSWORD, "new": new, "again": new, **changed})

    assert response.status_code == 422
    assert words in response.text
    assert signed_in(client) is None


def test_the_demonstration_shows_its_accounts(client: Client, settings: Settings) -> None:
    assert "演示账号" not in client.get(SIGN_IN).text

    settings.IS_DEMO, settings.DEMO_SECOND_FACTOR = True, "246810"
    page = client.get(SIGN_IN).text

    assert "演示账号" in page
    assert "renshe01" in page


def test_the_fixed_code_of_a_demonstration_needs_no_setting_up(
    client: Client, clerk: User, settings: Settings
) -> None:
    User.objects.update(totp_secret="")
    settings.DEMO_SECOND_FACTOR = "246810"

    assert sign_in(client, code="246810")["Location"] == "/desk/"


def test_known_and_unknown_names_take_the_same_time(client: Client, clerk: User) -> None:
    """The hash is computed as often for a name that does not exist."""
    counted = []

    def count(username: str) -> int:
        from django.contrib.auth.hashers import MD5PasswordHasher

        calls = 0
        original = MD5PasswordHasher.encode

        def encode(self: Any, password: str, salt: str) -> str:
            nonlocal calls
            calls += 1
            return original(self, password, salt)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(MD5PasswordHasher, "encode", encode)
            sign_in(Client(), username=username, password="Cuo-de-mima-77")
        return calls

    counted = [count("window01"), count("window99")]

    assert counted[0] == counted[1] > 0
