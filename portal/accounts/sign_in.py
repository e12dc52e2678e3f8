"""Signing in by phone: who has a number, and the codes sent to it (短信验证码).

Codes and their limits keep to real time, never to the business clock.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from portal.accounts.models import PHONE_PURPOSE, Role, SignInCode, User
from portal.core.crypto import blind_index

RESEND_AFTER = timedelta(seconds=60)
CODES_A_DAY = 10
VALID_FOR = timedelta(minutes=5)
GUESSES = 5
DIGITS = 6
# Where a session keeps the id of the code sent to it last.
CODE_KEY = "sign_in_code"

MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")


class CodeRefused(Exception):
    """No code is sent now; the message says why and until when."""


class Guess(Enum):
    """What came of a typed code; OVER means that a new one is needed."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class IssuedCode:
    id: UUID
    code: str


def plain_digits(typed: str) -> str:
    """Return what was typed with full-width digits made plain and spaces and hyphens left out."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", typed))


def mobile_number(typed: str) -> str | None:
    """Return the 11 digits of a mainland mobile number, None where it is not one."""
    found = MOBILE.fullmatch(plain_digits(typed))
    return found[1] if found else None


@transaction.atomic
def issue_code(phone: str) -> IssuedCode:
    """Make a new code for a number. Raises CodeRefused within 60 s of the last, after 10 a day."""
    index = blind_index(phone, PHONE_PURPOSE)
    lock_until_commit(index)
    _check_quota(index)
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    row = SignInCode(phone_index=index, expires_at=timezone.now() + VALID_FOR)
    row.digest = _digest(row.id, code)
    row.save()
    return IssuedCode(row.id, code)


def spend_code(code_id: UUID, typed: str) -> Guess:
    """Count one guess at a code and say what came of it; a right guess uses the code up."""
    alive = SignInCode.objects.filter(pk=code_id, used_at=None, expires_at__gt=timezone.now())
    # The count stands before the comparison, in one statement: guesses that arrive together wait
    # for each other here and the sixth finds nothing left to count.
    if not alive.filter(guesses__lt=GUESSES).update(guesses=F("guesses") + 1):
        return Guess.OVER
    row = SignInCode.objects.get(pk=code_id)
    if constant_time_compare(row.digest, _digest(code_id, plain_digits(typed))):
        return Guess.RIGHT if alive.update(used_at=timezone.now()) else Guess.OVER
    return Guess.WRONG if row.guesses < GUESSES else Guess.OVER


def applicant_with_phone(phone: str) -> User | None:
    """Return the talent or agent with this number; staff never sign in by phone."""
    return User.objects.applicants().with_phone(phone).first()


def register(phone: str) -> User:
    """Return the new talent with a number just proved, or the one made a moment sooner."""
    try:
        with transaction.atomic():
            return User.objects.create_user(
                f"u{secrets.token_hex(8)}", phone=phone, phone_verified=True, role=Role.TALENT
            )
    except IntegrityError:
        return User.objects.applicants().with_phone(phone).get()


def lock_until_commit(digest: str) -> None:
    """Let transactions that concern the same hex digest run one after another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(digest[:15], 16)])


def _check_quota(index: str) -> None:
    moment = timezone.now()
    midnight = timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)
    sent = SignInCode.objects.filter(
        phone_index=index, sent_at__gte=min(midnight, moment - RESEND_AFTER)
    ).values_list("sent_at", flat=True)
    wait = max((instant + RESEND_AFTER - moment for instant in sent), default=timedelta(0))
    if wait > timedelta(0):
        raise CodeRefused(f"验证码刚刚发送过，请在 {wait.seconds + 1} 秒后再获取。")
    if sum(instant >= midnight for instant in sent) >= CODES_A_DAY:
        raise CodeRefused(f"该号码今日获取验证码已达 {CODES_A_DAY} 次，请明日再试。")


def _digest(code_id: UUID, code: str) -> str:
    return blind_index(code, f"accounts.code.{code_id}")
