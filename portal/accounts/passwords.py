"""Password rules beyond Django's own: classes of characters, age, no reuse."""

import string
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import PasswordRecord, User
from portal.core import ledger

MAX_AGE = timedelta(days=90)
REMEMBERED = 5


class ThreeClassesValidator:
    """A password mixes at least three of: capitals, small letters, digits, other signs."""

    message = "密码须包含大写字母、小写字母、数字、符号中的至少三类。"

    def validate(self, password: str, user: Any = None) -> None:
        classes = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
        found = [any(char in group for char in password) for group in classes]
        found.append(any(char not in "".join(classes) for char in password))
        if sum(found) < 3:
            raise ValidationError(self.message, code="password_too_simple")

    def get_help_text(self) -> str:
        return self.message


class NotUsedBeforeValidator:
    """A password is none of the last five of this user."""

    message = f"不得使用最近 {REMEMBERED} 次用过的密码。"

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or user.pk is None:
            return
        if any(check_password(password, used) for used in set(used_passwords(user))):
            raise ValidationError(self.message, code="password_used_before")

    def password_changed(self, password: str, user: User | None = None) -> None:
        """Remember the password; Django calls this after every change of one that was saved."""
        if user is not None and user.pk is not None:
            PasswordRecord.objects.create(user=user, password=user.password)

    def get_help_text(self) -> str:
        return self.message


def used_passwords(user: User) -> list[str]:
    """Return the hashes of the present password and of the last five set."""
    records = user.password_records.order_by("-set_at")[:REMEMBERED]
    return [user.password, *records.values_list("password", flat=True)]


def is_too_old(user: User) -> bool:
    """Whether the password has to be changed: it is 90 days old."""
    newest = user.password_records.order_by("-set_at").first()
    set_at = newest.set_at if newest else user.date_joined
    return timezone.now() - set_at > MAX_AGE


@transaction.atomic
def change(*, user: User, password: str) -> None:
    """Give a user a new password that has passed the validators, and remember it."""
    user.set_password(password)
    user.save(update_fields=["password"])
    ledger.record(
        ledger.Entry("account.password_changed", subject=f"user:{user.pk}", actor_id=user.pk)
    )
