"""Sign-in pages: talents by phone and SMS code, staff by user name, password and second factor."""

import time

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.stages import LoginByCodeStage, LoginStage
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import passwords, second_factor, sign_in, staff
from portal.accounts.demo import DEMO_PASSWORD, demo_account_table
from portal.accounts.forms import (
    CodeForm,
    NewPasswordForm,
    PhoneForm,
    SecondFactorForm,
    StaffSignInForm,
)
from portal.accounts.models import STAFF_ROLES, User
from portal.accounts.permissions import roles_required, user_of
from portal.accounts.session_limits import TIMED_OUT_KEY

STAFF_KEY = "staff_sign_in"
STAFF_STEPS_WITHIN = 600  # seconds from the password to the end of a sign-in
STAFF_BACKEND = "django.contrib.auth.backends.ModelBackend"

read_or_post = require_http_methods(["GET", "HEAD", "POST"])


def safe_next(request: HttpRequest) -> str:
    """Return the page asked for before signing in, empty where it is not one of ours."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else ""


def with_next(name: str, request: HttpRequest) -> str:
    """Return the address of a named page that remembers where the person was going."""
    target = safe_next(request)
    return reverse(name) + (f"?{urlencode({'next': target})}" if target else "")


def _sign_in_page(request: HttpRequest, form: PhoneForm, status: int) -> HttpResponse:
    context = {
        "form": form,
        "next": safe_next(request),
        "timed_out": request.session.pop(TIMED_OUT_KEY, False),
        "staff_url": with_next("accounts:staff-sign-in", request),
    }
    return render(request, "account/login.html", context, status=status)


@login_not_required
@never_cache
@read_or_post
def phone(request: HttpRequest) -> HttpResponse:
    """Ask for a phone number and send a code to it; known and unknown numbers are treated alike."""
    if request.user.is_authenticated:
        return redirect(safe_next(request) or settings.LOGIN_REDIRECT_URL)
    if safe_next(request).startswith(reverse("admin:index")):
        return redirect(with_next("accounts:staff-sign-in", request))
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _send_code(request, form.cleaned_data["phone"])
            return redirect(with_next("account_confirm_login_code", request))
        except sign_in.CodeRefused as refusal:
            form.add_error("phone", str(refusal))
            return _sign_in_page(request, form, 429)
    return _sign_in_page(request, form, 422 if form.errors else 200)


def _send_code(request: HttpRequest, number: str) -> None:
    # Numbers have their own limit in the database; this one slows down who tries many numbers.
    if not ratelimit.consume(request, action="request_login_code"):
        raise sign_in.CodeRefused("获取验证码过于频繁，请 1 分钟后再试。")
    LoginCodeVerificationProcess.initiate(
        request=request, user=sign_in.applicant_with_phone(number), phone=number
    )


def _stage(request: HttpRequest) -> LoginStage:
    return request._login_stage  # type: ignore[attr-defined]


code_stage_required = login_stage_required(
    stage=LoginByCodeStage.key, redirect_urlname="account_login"
)


@never_cache
@read_or_post
@code_stage_required
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; the right one signs in, and registers a number that is new."""
    process = LoginCodeVerificationProcess.resume(_stage(request))
    if process is None or sign_in.CODE_KEY not in request.session:
        messages.error(request, "验证码已过期，请重新获取。")
        return redirect(with_next("account_login", request))
    form, over = CodeForm(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        guess = sign_in.spend_code(request.session[sign_in.CODE_KEY], form.cleaned_data["code"])
        if guess is sign_in.Guess.RIGHT:
            return _enter(request)
        over = guess is sign_in.Guess.OVER
        form.add_error(
            "code",
            "验证码已失效或已输错 5 次，请重新获取。"
            if over
            else "验证码不正确，请核对后重新输入。",
        )
    number = process.state["phone"]
    context = {
        "form": form,
        "next": safe_next(request),
        "over": over,
        "phone": f"{number[:3]}****{number[-4:]}",
        "minutes": int(sign_in.VALID_FOR.total_seconds() // 60),
        "again_url": with_next("account_login", request),
    }
    return render(
        request, "account/confirm_login_code.html", context, status=422 if form.errors else 200
    )


def _enter(request: HttpRequest) -> HttpResponse:
    stage = _stage(request)
    number = stage.state["phone"]
    stage.login.user = sign_in.applicant_with_phone(number) or sign_in.register(number)
    del request.session[sign_in.CODE_KEY]
    return LoginCodeVerificationProcess(stage).finish(safe_next(request) or None)


@require_POST
@code_stage_required
def resend(request: HttpRequest) -> HttpResponse:
    """Send a new code to the same number, not sooner than 60 s after the last."""
    try:
        _send_code(request, _stage(request).state["phone"])
        messages.success(request, "新的验证码已发送，此前的验证码作废。")
    except sign_in.CodeRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(with_next("account_confirm_login_code", request))


@login_not_required
@require_http_methods(["GET", "HEAD"])
def inactive(request: HttpRequest) -> HttpResponse:
    """Say that an account has been closed."""
    return render(request, "account/account_inactive.html", status=403)


@login_not_required
@never_cache
@sensitive_post_parameters("password", "code")
@read_or_post
def staff_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in a member of staff; every wrong part gets the same answer."""
    if request.user.is_authenticated:
        return redirect(safe_next(request) or "desk")
    form = StaffSignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = staff.check(request, **form.cleaned_data)
            _remember(request, user, form.cleaned_data["code"])
            return _next_step(request, user)
        except staff.Locked:
            return staff.locked_out(request)
        except staff.NotSignedIn:
            form.add_error(None, "用户名、密码或动态口令不正确。")
    context = {
        "form": form,
        "next": safe_next(request),
        "timed_out": request.session.pop(TIMED_OUT_KEY, False),
        "demo_accounts": demo_account_table() if settings.IS_DEMO else [],
        "demo_password": DEMO_PASSWORD,
        "demo_second_factor": settings.DEMO_SECOND_FACTOR,
    }
    return render(
        request, "accounts/staff_sign_in.html", context, status=422 if form.errors else 200
    )


def _remember(request: HttpRequest, user: User, code: str) -> None:
    """Keep in the session how far this sign-in has come; nobody is signed in by it."""
    request.session.cycle_key()
    request.session[STAFF_KEY] = {
        "user": user.pk,
        "at": time.time(),
        "secret": second_factor.new_secret() if staff.lacks_second_factor(user, code) else "",
        "next": safe_next(request),
    }


def _next_step(request: HttpRequest, user: User) -> HttpResponse:
    if request.session[STAFF_KEY]["secret"]:
        return redirect("accounts:second-factor")
    if passwords.is_too_old(user):
        return redirect("accounts:new-password")
    target = request.session.pop(STAFF_KEY)["next"]
    login(request, user, backend=STAFF_BACKEND)
    return redirect(target or "desk")


def _half_signed_in(request: HttpRequest) -> User | None:
    """Return who has given the right password within the last ten minutes."""
    step = request.session.get(STAFF_KEY)
    if not step or time.time() - step["at"] > STAFF_STEPS_WITHIN:
        return None
    return User.objects.filter(pk=step["user"], is_active=True).first()


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@read_or_post
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Set up the second factor: show the secret as a QR code and have one code typed back."""
    user = _half_signed_in(request)
    if user is None or not request.session[STAFF_KEY]["secret"]:
        return redirect("accounts:staff-sign-in")
    secret = request.session[STAFF_KEY]["secret"]
    form = SecondFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if second_factor.enrol(user, secret, form.cleaned_data["code"]):
            request.session[STAFF_KEY] = {**request.session[STAFF_KEY], "secret": ""}
            return _next_step(request, user)
        form.add_error("code", "动态口令不正确，请确认手机时间准确后重新输入。")
    context = {"form": form, "secret": secret, "qr_code": second_factor.qr_code(user, secret)}
    return render(
        request, "accounts/second_factor.html", context, status=422 if form.errors else 200
    )


@login_not_required
@never_cache
@sensitive_post_parameters("old", "new", "again")
@read_or_post
def new_password(request: HttpRequest) -> HttpResponse:
    """Replace a password that has reached its age; the sign-in goes on after it."""
    user = _half_signed_in(request)
    if user is None or request.session[STAFF_KEY]["secret"]:
        return redirect("accounts:staff-sign-in")
    form = NewPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "密码已更新。")
        return _next_step(request, user)
    return render(
        request,
        "accounts/new_password.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


@never_cache
@sensitive_post_parameters("old", "new", "again")
@roles_required(*STAFF_ROLES)
@read_or_post
def change_password(request: HttpRequest) -> HttpResponse:
    """Give oneself a new password; other sessions of the account end."""
    user = user_of(request)
    form = NewPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        messages.success(request, "密码已更新。")
        return redirect("desk")
    return render(
        request,
        "accounts/new_password.html",
        {"form": form, "is_own_wish": True},
        status=422 if form.errors else 200,
    )
