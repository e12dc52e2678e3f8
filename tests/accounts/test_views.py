"""Signing in by phone, as a person at a browser does it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from notifications.models import Message
from portal.accounts.models import Role, SignInCode, User
from tests.accounts.factories import StaffFactory, TalentFactory

pytestmark = pytest.mark.django_db

PHONE = "13712345678"
SIGN_IN = "/sign-in/"
CODE = "/sign-in/code/"


def ask(client: Client, phone: str = PHONE, **data: str) -> Any:
    return client.post(SIGN_IN, {"phone": phone, **data})


def last_code() -> str:
    message = Message.objects.filter(kind="sign_in.code").latest("event_id")
    found = re.search(r"\d{6}", message.body)
    assert found
    return found[0]


def signed_in(client: Client) -> User | None:
    user = get_user(client)  # type: ignore[arg-type]
    return user if isinstance(user, User) else None


def a_minute_later() -> None:
    for row in SignInCode.objects.all():
        row.sent_at -= timedelta(seconds=61)
        row.save()


def test_a_known_number_signs_in_with_the_code(client: Client) -> None:
    talent = TalentFactory(phone=PHONE)

    sent = ask(client, "137 1234 5678")
    response = client.post(CODE, {"code": last_code()})

    assert (sent.status_code, sent["Location"]) == (302, CODE)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in(client) == talent


def test_an_unknown_number_registers_as_a_talent(client: Client) -> None:
    ask(client)
    client.post(CODE, {"code": last_code()})

    user = signed_in(client)
    assert user is not None
    assert (user.role, user.phone, user.phone_verified) == (Role.TALENT, PHONE, True)


def test_nobody_is_registered_before_the_code_is_right(client: Client) -> None:
    ask(client)
    client.post(CODE, {"code": "000000" if last_code() != "000000" else "111111"})

    assert not User.objects.exists()
    assert signed_in(client) is None


def test_known_and_unknown_numbers_get_the_same_answer_at_the_same_cost() -> None:
    TalentFactory(phone=PHONE)
    ask(Client(), "13700000000")  # whatever is read once per process is read now

    pages, statements = [], []
    for number in (PHONE, "13787654321"):
        fresh = Client()
        with CaptureQueriesContext(connection) as captured:
            ask(fresh, number)
        statements.append(len(captured))
        pages.append(fresh.get(CODE).text.replace(number[-4:], "xxxx"))

    hidden = [re.sub(r'value="[^"]{32,}"', "", page) for page in pages]
    assert hidden[0] == hidden[1]
    assert statements[0] == statements[1]


def test_the_page_asked_for_comes_after_signing_in(client: Client) -> None:
    first = client.get("/inbox/")
    assert first["Location"] == "/sign-in/?next=/inbox/"

    sent = ask(client, next="/inbox/")
    page = client.get(sent["Location"])
    response = client.post(CODE, {"code": last_code(), "next": "/inbox/"})

    assert 'name="next" value="/inbox/"' in page.text
    assert response["Location"] == "/inbox/"


@pytest.mark.parametrize(
    "target", ["https://example.com/", "//example.com", "javascript:x", "/\\x"]
)
def test_a_page_elsewhere_does_not(client: Client, target: str) -> None:
    ask(client, next=target)

    assert client.post(CODE, {"code": last_code(), "next": target})["Location"] == "/"


def test_a_wrong_code_says_so_and_keeps_the_way_open(client: Client) -> None:
    ask(client)
    code = last_code()

    response = client.post(CODE, {"code": f"{(int(code) + 1) % 1_000_000:06d}"})

    assert response.status_code == 422
    assert "验证码不正确" in response.text
    assert client.post(CODE, {"code": code}).status_code == 302


def test_after_five_wrong_codes_the_right_one_is_no_good(client: Client) -> None:
    ask(client)
    code = last_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    pages = [client.post(CODE, {"code": wrong}) for _ in range(5)]
    response = client.post(CODE, {"code": code})

    assert "请重新获取" in pages[-1].text
    assert response.status_code == 422
    assert signed_in(client) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12 34"])
def test_what_is_no_code_costs_no_guess(client: Client, typed: str) -> None:
    ask(client)

    response = client.post(CODE, {"code": typed})

    assert response.status_code == 422
    assert SignInCode.objects.get().guesses == 0


def test_an_expired_code_is_refused(client: Client) -> None:
    ask(client)
    row = SignInCode.objects.get()
    row.expires_at = row.sent_at
    row.save()

    response = client.post(CODE, {"code": last_code()})

    assert response.status_code == 422
    assert "请重新获取" in response.text


def test_a_new_code_within_a_minute_is_refused_with_the_time_to_wait(client: Client) -> None:
    ask(client)

    response = ask(client)

    assert response.status_code == 429
    assert "秒后再获取" in response.text
    assert Message.objects.count() == 1


def test_a_code_sent_again_replaces_the_first(client: Client) -> None:
    ask(client)
    first = last_code()
    a_minute_later()

    response = client.post("/sign-in/code/resend/", follow=True)

    assert "新的验证码已发送" in response.text
    if first != last_code():
        assert client.post(CODE, {"code": first}).status_code == 422
    assert client.post(CODE, {"code": last_code()}).status_code == 302


def test_sending_again_too_soon_says_so(client: Client) -> None:
    ask(client)

    response = client.post("/sign-in/code/resend/", follow=True)

    assert "秒后再获取" in response.text
    assert Message.objects.count() == 1


@pytest.mark.parametrize("phone", ["", "123", "12345678901", "1371234567x"])
def test_what_is_no_number_is_refused(client: Client, phone: str) -> None:
    response = ask(client, phone)

    assert response.status_code == 422
    assert not Message.objects.exists()


def test_one_address_cannot_ask_for_many_numbers(client: Client) -> None:
    answers = [ask(client, f"1371234{number:04d}").status_code for number in range(21)]

    assert answers == [302] * 20 + [429]


def test_a_staff_phone_signs_in_as_nobodys_staff_account(client: Client) -> None:
    clerk = StaffFactory(clerk=True, phone=PHONE)

    ask(client)
    client.post(CODE, {"code": last_code()})

    user = signed_in(client)
    assert user is not None and user != clerk
    assert user.role == Role.TALENT


def test_a_closed_account_is_told_so(client: Client) -> None:
    TalentFactory(phone=PHONE, is_active=False)

    ask(client)
    response = client.post(CODE, {"code": last_code()}, follow=True)

    assert response.status_code == 403
    assert "已停用" in response.text
    assert signed_in(client) is None


@pytest.mark.parametrize("path", [CODE, "/sign-in/code/resend/"])
def test_without_a_number_there_is_no_code_to_type(client: Client, path: str) -> None:
    assert client.post(path, {"code": "123456"})["Location"] == SIGN_IN


def test_a_sign_in_gets_a_new_session(client: Client) -> None:
    ask(client)
    before = client.session.session_key

    client.post(CODE, {"code": last_code()})

    assert client.session.session_key != before


def test_who_is_signed_in_is_led_on(client: Client) -> None:
    client.force_login(TalentFactory())

    assert client.get(SIGN_IN)["Location"] == "/"
    assert client.get(CODE)["Location"] == "/"


@pytest.mark.parametrize(
    ("method", "path"),
    [("put", SIGN_IN), ("delete", CODE), ("get", "/sign-in/code/resend/"), ("get", "/sign-out/")],
)
def test_other_methods_are_refused(client: Client, method: str, path: str) -> None:
    client.post(SIGN_IN, {"phone": PHONE})

    assert getattr(client, method)(path).status_code == 405


def test_signing_out_ends_the_session(client: Client) -> None:
    client.force_login(TalentFactory())

    assert client.post("/sign-out/")["Location"] == "/"
    assert signed_in(client) is None


@pytest.mark.parametrize(
    "name",
    ["account_signup", "account_email", "account_change_password", "account_reset_password",
     "account_reauthenticate", "account_verify_phone", "account_change_phone"],
)  # fmt: skip
def test_other_pages_of_allauth_do_not_exist(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
