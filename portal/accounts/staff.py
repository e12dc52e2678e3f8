"""Signing in as staff: user name, password and second factor are one question with one answer."""

from hashlib import sha256
from typing import Any

from axes.models import AccessFailureLog
from django.conf import settings
from django.contrib.auth import authenticate, user_login_failed
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.accounts import second_factor
from portal.accounts.models import User
from portal.accounts.sign_in import lock_until_commit

FAILURES_A_DAY = 20


class NotSignedIn(Exception):
    """Some part was wrong or the account is locked; the message never says which part."""


class Locked(NotSignedIn):
    """Too many failures today; nothing was looked at."""


def check(request: HttpRequest, *, username: str, password: str, code: str) -> User:
    """Return the staff member who gave these credentials. Raises NotSignedIn, Locked.

    A user without a second factor is returned on the password alone and must set one up before
    being signed in: see `lacks_second_factor`. django-axes counts failures of account and address.
    """
    with transaction.atomic():
        # Guesses at one account that arrive together are counted one after another.
        lock_until_commit(sha256(username.encode()).hexdigest())
        if failures_today(username) >= FAILURES_A_DAY:
            raise Locked
        user = authenticate(request, username=username, password=password)
        if isinstance(user, User) and not passes_second_factor(user, code):
            count_failure(request, username)
            user = None
    # Not raised above: the counted failure is to be committed.
    if not isinstance(user, User) or user.is_applicant:
        raise NotSignedIn
    return user


def passes_second_factor(user: User, code: str) -> bool:
    return not user.totp_secret or second_factor.accept(user, code)


def lacks_second_factor(user: User, code: str) -> bool:
    """Whether this user has to set up a second factor now."""
    return not user.totp_secret and not second_factor.is_demo_code(code)


def failures_today(username: str) -> int:
    """Return how often signing in to an account has failed since midnight, from any address."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return AccessFailureLog.objects.filter(username=username, attempt_time__gte=midnight).count()


def count_failure(request: HttpRequest, username: str) -> None:
    """Tell django-axes that a right password was not enough."""
    user_login_failed.send(__name__, credentials={"username": username}, request=request)


def client_address(request: HttpRequest) -> str:
    """Return where a request comes from, as our own outermost proxy saw it.

    What stands further left in X-Forwarded-For was written by the client and proves nothing.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    if 0 < settings.TRUSTED_PROXIES <= len(hops) and hops[-settings.TRUSTED_PROXIES]:
        return hops[-settings.TRUSTED_PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Return the page of a locked account (AXES_LOCKOUT_CALLABLE)."""
    return render(request, "accounts/locked.html", status=429)


def confirms(request: HttpRequest, password: str) -> bool:
    """Whether a signed-in member of staff has typed their own password again.

    Wrong ones count like failed sign-ins and lock the account in the same way. Raises Locked.
    """
    username = request.user.get_username()
    with transaction.atomic():
        lock_until_commit(sha256(username.encode()).hexdigest())
        if failures_today(username) >= FAILURES_A_DAY:
            raise Locked
        return authenticate(request, username=username, password=password) is not None
