"""Institutions that read codes (用码单位): their keys, and who may hand those out.

A key is the institution's number and 160 random bits; only a keyed digest of it is kept. Wrong keys
are counted by address and on record for half a year (网络安全法 art. 21).
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from axes.models import AccessFailureLog
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from policies.models import Institution
from policies.recognition import may_recognise
from portal.accounts.models import Role, User
from portal.accounts.sign_in import lock_until_commit
from portal.core import ledger
from portal.core.crypto import blind_index

PURPOSE = "policies.institution"
SECRET_BYTES = 20
LONGEST_KEY = 100
# From one address, in real time; then nothing is looked at until the oldest is old enough.
FAILURES, WITHIN = 10, timedelta(minutes=15)
# How axes names these failures in its log of failed sign-ins.
LOGGED_AS = "institution-key"


class WrongKey(Exception):
    """No institution in use has this key."""


class TooManyFailures(Exception):
    """Too many wrong keys came from this address of late; nothing was looked at."""


class NameTaken(Exception):
    """Another institution has this name."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A key in clear: shown once to whoever made it, and never again."""

    institution: Institution
    key: str


def may_manage(user: User) -> bool:
    """Whether a user hands out keys: system administrators, and leaders where talents are
    recognised, who answer for what is told of them."""
    is_leader = user.role == Role.LEADER and may_recognise(user)
    return is_leader or user.role == Role.ADMINISTRATOR


@transaction.atomic
def add(*, by: User, name: str, scopes: Sequence[str]) -> Issued:
    """Register an institution and return its first key. Raises NameTaken."""
    _check_manager(by)
    # No key fits this digest; the real one needs the number of the row.
    made = Institution(name=name, scopes=sorted(scopes), key_digest=secrets.token_hex(32))
    _save(made)
    _note("institution.added", made, by, scopes=made.scopes)
    return _with_new_key(made)


@transaction.atomic
def rotate(*, by: User, institution_id: int) -> Issued:
    """Return a new key; the old one and the pages it opened stop working at once."""
    _check_manager(by)
    found = Institution.objects.select_for_update().get(pk=institution_id)
    _note("institution.key_rotated", found, by)
    return _with_new_key(found)


@transaction.atomic
def change(*, by: User, institution_id: int, name: str, scopes: Sequence[str]) -> Institution:
    """Change the name and what an institution may read codes for, from its next reading.

    Raises NameTaken.
    """
    _check_manager(by)
    found = Institution.objects.select_for_update().get(pk=institution_id)
    found.name, found.scopes = name, sorted(scopes)
    _save(found)
    _note("institution.changed", found, by, scopes=found.scopes)
    return found


@transaction.atomic
def set_active(*, by: User, institution_id: int, is_active: bool) -> Institution:
    """Stop an institution from reading codes, or let it again; its key stays."""
    _check_manager(by)
    found = Institution.objects.select_for_update().get(pk=institution_id)
    found.is_active = is_active
    found.save(update_fields=["is_active"])
    _note("institution.enabled" if is_active else "institution.disabled", found, by)
    return found


def with_key(key: str, address: str) -> Institution:
    """Return the institution in use that has a key.

    Raises WrongKey, which is counted against the address, and TooManyFailures.
    """
    with transaction.atomic():
        found = _matching(key)
        if found is None:
            # Wrong keys that arrive together are counted one after another.
            lock_until_commit(blind_index(address, LOGGED_AS))
        is_locked = _failures(address) >= FAILURES
        if found is None and not is_locked:
            AccessFailureLog.objects.create(username=LOGGED_AS, ip_address=address or None)
    # Not raised above: the counted failure is to be committed.
    if is_locked:
        raise TooManyFailures
    if found is None:
        raise WrongKey
    return found


def _matching(key: str) -> Institution | None:
    if len(key) > LONGEST_KEY:
        return None
    number, _, secret = key.strip().partition("-")
    found = None
    # Nine digits at most: a longer number is none of ours and would not fit the column.
    if number.isascii() and number.isdecimal() and len(number) <= 9:
        found = Institution.objects.filter(pk=int(number), is_active=True).first()
    # Compared also where there is nothing to compare with, so that time tells nothing.
    expected = found.key_digest if found else ""
    return found if constant_time_compare(_digest(secret), expected) else None


def _failures(address: str) -> int:
    since = timezone.now() - WITHIN
    return AccessFailureLog.objects.filter(
        username=LOGGED_AS, ip_address=address or None, attempt_time__gte=since
    ).count()


def _with_new_key(institution: Institution) -> Issued:
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
    institution.key_digest = _digest(secret)
    institution.save(update_fields=["key_digest"])
    return Issued(institution, f"{institution.pk}-{secret}")


def _save(institution: Institution) -> None:
    """Save an institution. Raises NameTaken where another took its name at the same moment."""
    try:
        with transaction.atomic():
            institution.save()
    except IntegrityError as error:
        raise NameTaken from error


def _digest(secret: str) -> str:
    return blind_index(secret, PURPOSE)


def _check_manager(user: User) -> None:
    if not may_manage(user):
        raise PermissionDenied


def _note(kind: str, institution: Institution, by: User, **payload: Sequence[str]) -> None:
    ledger.record(
        ledger.Entry(kind, subject=f"institution:{institution.pk}", actor_id=by.pk, payload=payload)
    )
