"""The second factor of staff (动态口令): six digits of an authenticator app (RFC 6238)."""

import time

import pyotp
import segno
from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare

from portal.accounts.models import User
from portal.accounts.sign_in import plain_digits
from portal.core import ledger

STEP_SECONDS = 30
WINDOW = 1  # steps before and after the present one


def new_secret() -> str:
    return pyotp.random_base32()


def qr_code(user: User, secret: str) -> str:
    """Return the data: address of an SVG that an authenticator app reads the secret from."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=settings.SITE_NAME)
    return str(segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"))


def accept(user: User, typed: str) -> bool:
    """Whether a typed code lets this user in; using it up in the same statement."""
    if is_demo_code(typed):
        return True
    step = matching_step(user.totp_secret, typed)
    return step is not None and bool(
        User.objects.filter(pk=user.pk, totp_step__lt=step).update(totp_step=step)
    )


@transaction.atomic
def enrol(user: User, secret: str, typed: str) -> bool:
    """Whether the code proves that the user's app holds the secret, which is then the user's own.

    A user who has a secret already keeps it.
    """
    step = matching_step(secret, typed)
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if step is None or locked.totp_secret:
        return False
    locked.totp_secret, locked.totp_step = secret, step
    locked.save(update_fields=["totp_secret", "totp_step"])
    ledger.record(
        ledger.Entry("account.second_factor_set", subject=f"user:{user.pk}", actor_id=user.pk)
    )
    return True


@transaction.atomic
def forget(user: User, *, by: User) -> None:
    """Take the second factor away; the next sign-in sets up a new one."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    locked.totp_secret = ""
    locked.save(update_fields=["totp_secret"])
    ledger.record(
        ledger.Entry("account.second_factor_reset", subject=f"user:{user.pk}", actor_id=by.pk)
    )


def is_demo_code(typed: str) -> bool:
    """Whether the fixed code of a demonstration was typed; never in production."""
    fixed = settings.DEMO_SECOND_FACTOR
    return bool(fixed) and constant_time_compare(plain_digits(typed), fixed)


def matching_step(secret: str, typed: str) -> int | None:
    """Return the time step whose code was typed, None where none near the present fits."""
    if not secret:
        return None
    present = int(time.time()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    steps = range(present - WINDOW, present + WINDOW + 1)
    code = plain_digits(typed)
    return next(
        (s for s in steps if constant_time_compare(generator.at(s * STEP_SECONDS), code)), None
    )
