from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.accounts import passwords
from portal.core.ledger import Event
from tests.accounts.factories import PASSWORD, StaffFactory


@pytest.mark.parametrize(
    "password",
    [
        "Duan-1",
        "kaoyandemimaqi",
        "kaoyandemima77",
        "KAOYANDEMIMA77",
        "password1234",
        "12345678901234",
    ],
)
def test_short_plain_and_common_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize("password", [PASSWORD, "kaoyandemima-7", "KaoyanDeMima77"])
def test_twelve_characters_of_three_classes_are_enough(password: str) -> None:
    validate_password(password)


@pytest.mark.django_db
def test_none_of_the_last_five_passwords_comes_again() -> None:
    user = StaffFactory(password="Mima-0-Mima-0")
    for number in range(1, 6):
        passwords.change(user=user, password=f"Mima-{number}-Mima-{number}")

    for number in range(1, 6):
        with pytest.raises(ValidationError):
            validate_password(f"Mima-{number}-Mima-{number}", user)
    validate_password("Mima-0-Mima-0", user)
    assert Event.objects.filter(kind="account.password_changed").count() == 5


@pytest.mark.django_db
def test_a_password_is_too_old_after_ninety_days_of_real_time() -> None:
    user = StaffFactory(password=PASSWORD)

    assert not passwords.is_too_old(user)
    user.password_records.update(set_at=timezone.now() - timedelta(days=91))
    assert passwords.is_too_old(user)
    passwords.change(user=user, password="Xin-de-mima-2027")
    assert not passwords.is_too_old(user)
