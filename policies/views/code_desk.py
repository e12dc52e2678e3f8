"""Reading codes at an institution's counter (验码): a session opened by the institution's key.

No user signs in here: the key proves a hospital or a school, not a person in it (ADR 20).
"""

import time
from collections.abc import Callable
from functools import wraps

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from policies import code_reading, institutions
from policies.code_reading import Answer
from policies.models import CodeUse, Institution
from policies.tokens import LONGEST
from portal.accounts.staff import client_address

View = Callable[..., HttpResponse]

SESSION = "institution"
# A counter works all day and may wait long for the next code; in real time.
IDLE, ABSOLUTE = 3600, 10 * 3600
# Enough of the key's digest to notice that the key has been replaced.
DIGEST_KEPT = 16

STATUSES = {
    CodeUse.Outcome.FORGED.value: 400,
    CodeUse.Outcome.REPLAYED.value: 409,
    CodeUse.Outcome.REVOKED.value: 410,
    CodeUse.Outcome.EXPIRED.value: 422,
}
WRONG_KEY = "密钥不正确，或者该单位已停用。请核对后重新输入，密钥可由主管部门重新发放。"
TOO_MANY = "密钥错误次数过多，请 15 分钟后再试。"
TOO_FAST = "验码过于频繁，请稍候一分钟再试。"
NOT_YOURS = "本单位没有这个用途，请另选。"


class KeyForm(forms.Form):
    use_required_attribute = False
    key = forms.CharField(
        label="单位密钥",
        max_length=institutions.LONGEST_KEY,
        error_messages={"required": "请输入单位密钥。", "max_length": WRONG_KEY},
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class ReadForm(forms.Form):
    use_required_attribute = False
    scope = forms.ChoiceField(
        label="用途",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择用途。", "invalid_choice": NOT_YOURS},
    )
    code = forms.CharField(
        label="码",
        max_length=LONGEST,
        help_text="把光标放在这里，用扫码枪扫一下，内容会自动输入并提交",
        error_messages={"required": "请扫码或输入码的内容。", "max_length": "这不是本平台的码。"},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )

    def __init__(self, institution: Institution, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choice = self.fields["scope"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - for the type checker
        choice.choices = code_reading.scope_choices(institution)


def public(view: View) -> View:
    """A page for whoever has a key; never kept by the browser."""
    open_to_all: View = login_not_required(never_cache(view))
    return open_to_all


def institution_only(view: View) -> View:
    """Lead to the key where no session of an institution is open."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        institution = opened(request)
        return view(request, institution) if institution else redirect("policies:verify")

    return checked


@public
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Show the field for a code, or ask for the key first."""
    institution = opened(request)
    if institution is None:
        return render(request, "policies/verify/key.html", {"form": KeyForm()})
    return _desk(request, institution)


@public
@sensitive_post_parameters()
@require_POST
def open_desk(request: HttpRequest) -> HttpResponse:
    """Open a session with the institution's key."""
    form = KeyForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            found = institutions.with_key(form.cleaned_data["key"], client_address(request))
        except institutions.WrongKey:
            form.add_error("key", WRONG_KEY)
        except institutions.TooManyFailures:
            form.add_error("key", TOO_MANY)
            status = 429
        else:
            _open(request, found)
            return redirect("policies:verify")
    return render(request, "policies/verify/key.html", {"form": form}, status=status)


@public
@sensitive_post_parameters()
@require_POST
@institution_only
def read(request: HttpRequest, institution: Institution) -> HttpResponse:
    """Read one code; the answer is the page itself, so that no address holds what was scanned."""
    form = ReadForm(institution, request.POST)
    if not form.is_valid():
        return _desk(request, institution, form=form, status=422)
    scope = form.cleaned_data["scope"]
    try:
        answer = code_reading.read(
            institution=institution, scope=scope, text=form.cleaned_data["code"]
        )
    except code_reading.OutOfScope:
        form.add_error("scope", NOT_YOURS)
        return _desk(request, institution, form=form, status=422)
    except code_reading.TooFast:
        form.add_error(None, TOO_FAST)
        return _desk(request, institution, form=form, status=429)
    status = STATUSES.get(answer.outcome, 200)
    return _desk(request, institution, answer=answer, scope=scope, status=status)


@public
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """End the session of the institution; whoever is signed in besides stays so."""
    request.session.pop(SESSION, None)
    return redirect("policies:verify")


def opened(request: HttpRequest) -> Institution | None:
    """Return the institution whose session is open: not idle, not too long, key still the same."""
    kept = request.session.get(SESSION)
    if not kept:
        return None
    moment = time.time()
    institution = Institution.objects.filter(pk=kept["pk"], is_active=True).first()
    is_over = moment - kept["seen"] > IDLE or moment - kept["began"] > ABSOLUTE
    if institution is None or is_over or not _is_same_key(institution, kept["digest"]):
        request.session.pop(SESSION)
        return None
    request.session[SESSION] = kept | {"seen": moment}
    return institution


def _open(request: HttpRequest, institution: Institution) -> None:
    moment = time.time()
    request.session.cycle_key()
    request.session[SESSION] = {
        "pk": institution.pk,
        "digest": institution.key_digest[:DIGEST_KEPT],
        "began": moment,
        "seen": moment,
    }


def _is_same_key(institution: Institution, digest: str) -> bool:
    return constant_time_compare(institution.key_digest[:DIGEST_KEPT], digest)


def _desk(
    request: HttpRequest,
    institution: Institution,
    *,
    form: ReadForm | None = None,
    answer: Answer | None = None,
    scope: str = "",
    status: int = 200,
) -> HttpResponse:
    choices = code_reading.scope_choices(institution)
    initial = {"scope": scope or (choices[0][0] if len(choices) == 1 else "")}
    context = {
        "institution": institution,
        "form": form or ReadForm(institution, initial=initial),
        "answer": answer,
        "scope_label": dict(choices).get(scope, ""),
    }
    return render(request, "policies/verify/desk.html", context, status=status)
