import time

import pyotp
import pytest
from django.db import connection
from pytest_django import Settings

from portal.accounts import second_factor
from portal.core.ledger import Event
from tests.accounts.factories import StaffFactory
from tests.accounts.threads import together

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(offset: int = 0, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) + offset * 30)


@pytest.fixture(autouse=True)
def no_demo_code(settings: Settings) -> None:
    settings.DEMO_SECOND_FACTOR = ""


@pytest.mark.django_db
def test_a_code_is_good_once() -> None:
    user = StaffFactory(totp_secret=SECRET)

    assert second_factor.accept(user, code())
    assert not second_factor.accept(user, code())


@pytest.mark.django_db
def test_a_code_older_than_one_used_is_no_good() -> None:
    user = StaffFactory(totp_secret=SECRET)

    assert second_factor.accept(user, code())
    assert not second_factor.accept(user, code(-1))
    assert second_factor.accept(user, code(1))


@pytest.mark.django_db
@pytest.mark.parametrize(("offset", "accepted"), [(-2, False), (-1, True), (1, True), (3, False)])
def test_a_clock_may_be_off_by_one_step(offset: int, accepted: bool) -> None:
    assert second_factor.accept(StaffFactory(totp_secret=SECRET), code(offset)) is accepted


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "000000", "abcdef", "12345678901234567890"])
def test_anything_else_is_refused(typed: str) -> None:
    user = StaffFactory(totp_secret=SECRET)

    assert second_factor.accept(user, typed) is (typed == code())


@pytest.mark.django_db
def test_without_a_secret_no_code_is_good() -> None:
    user = StaffFactory()

    assert not second_factor.accept(user, "")
    assert not second_factor.accept(user, "000000")


@pytest.mark.django_db(transaction=True)
def test_a_code_sent_many_times_at_once_is_good_once() -> None:
    user, typed = StaffFactory(totp_secret=SECRET), code()

    outcomes = together(6, lambda _: second_factor.accept(user, typed))

    assert outcomes.count(True) == 1


@pytest.mark.django_db
def test_enrolling_needs_a_code_of_the_new_secret_and_uses_it_up() -> None:
    user = StaffFactory()

    assert not second_factor.enrol(user, SECRET, "000000")
    assert second_factor.enrol(user, SECRET, code())

    user.refresh_from_db()
    assert user.totp_secret == SECRET
    assert not second_factor.accept(user, code())
    assert Event.objects.filter(kind="account.second_factor_set").count() == 1


@pytest.mark.django_db
def test_a_second_factor_is_not_replaced_by_enrolling_again() -> None:
    user = StaffFactory(totp_secret=SECRET)
    other = second_factor.new_secret()

    assert not second_factor.enrol(user, other, code(secret=other))

    user.refresh_from_db()
    assert user.totp_secret == SECRET


@pytest.mark.django_db
def test_the_secret_is_sealed_in_the_database() -> None:
    StaffFactory(totp_secret=SECRET)

    with connection.cursor() as cursor:
        cursor.execute("SELECT totp_secret FROM accounts_user")
        assert SECRET not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_the_fixed_code_is_good_in_a_demonstration_only(settings: Settings) -> None:
    user = StaffFactory(totp_secret=SECRET)

    assert not second_factor.accept(user, "246810")
    settings.DEMO_SECOND_FACTOR = "246810"
    assert second_factor.accept(user, "246810")
    assert second_factor.accept(user, "246810")
    assert not second_factor.is_demo_code("")


def test_a_qr_code_is_an_image_of_its_own() -> None:
    picture = second_factor.qr_code(StaffFactory.build(username="renshe01"), SECRET)

    assert picture.startswith("data:image/svg+xml")
