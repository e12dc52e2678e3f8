"""The holder's own pages: my talent code and my enterprise code (我的人才码、我的企业码)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from policies import codes, entitlements, subjects
from policies.entitlements import Standing
from policies.models import CodeUse, Recognition, Subject, SubjectCode, SubjectKind
from portal.accounts.models import APPLICANT_ROLES, Role
from portal.accounts.permissions import roles_required, user_of
from portal.core import clock
from portal.core.chinese import listed, masked_name

PAGE = 20
holders_only = roles_required(*(Role(role) for role in APPLICANT_ROLES))


@never_cache
@holders_only
@require_safe
def code(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the code with what it entitles to; without one say how to come by it."""
    subject = _own(request, kind)
    held = codes.in_use(subject) if subject else None
    if subject is None or held is None:
        context = _frame(kind, subject) | {"revoked": _revoked(subject)}
        return render(request, "policies/codes/none.html", context)
    recognised = codes.recognition(subject)
    level = recognised.level if recognised else ""
    standing = entitlements.standing(subject, level, clock.today())
    context = _frame(kind, subject) | {
        "heading": _heading(subject, recognised, standing),
        "picture": codes.shown(held),
        "until": _until(),
        "recognition": recognised,
        "standing": standing,
        "last_uses": _uses(subject)[:3],
    }
    return render(request, "policies/codes/code.html", context)


@never_cache
@holders_only
@require_safe
def picture(request: HttpRequest, kind: str) -> HttpResponse:
    """Return a fresh picture to the page that asks by itself; reload it where none is left."""
    subject = _own(request, kind)
    held = codes.in_use(subject) if subject else None
    if held is None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = {"kind": kind, "picture": codes.shown(held), "until": _until()}
    return render(request, "policies/codes/_picture.html", context)


@never_cache
@holders_only
@require_safe
def printed(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the static code as one sheet of A6 or A4 (静态码)."""
    subject = _own(request, kind)
    held = codes.in_use(subject) if subject else None
    if subject is None or held is None:
        raise Http404
    context = _frame(kind, subject) | {
        "picture": codes.printed(held),
        "masked": subject.name if kind == SubjectKind.ENTERPRISE else masked_name(subject.name),
        "recognition": codes.recognition(subject),
        "papers": "营业执照" if kind == SubjectKind.ENTERPRISE else "身份证件",
    }
    return render(request, "policies/codes/print.html", context)


@never_cache
@holders_only
@require_safe
def uses(request: HttpRequest, kind: str) -> HttpResponse:
    """List who read the holder's codes, what for and what came of it (用码记录)."""
    subject = _own(request, kind)
    if subject is None:
        raise Http404
    page = Paginator(_uses(subject), PAGE).get_page(request.GET.get("page"))
    return render(request, "policies/codes/uses.html", _frame(kind, subject) | {"page": page})


@holders_only
@require_POST
def replace(request: HttpRequest, kind: str) -> HttpResponse:
    """Replace the code by a new one, as after a printed copy was lost."""
    subject = _own(request, kind)
    if subject is None:
        raise Http404
    try:
        codes.replace(subject_id=subject.pk, by=user_of(request))
    except codes.NotIssued as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "已换发新码，旧码和打印的静态码即时失效。")
    return redirect("policies:my-code", kind=kind)


@holders_only
@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """Issue the enterprise code to the agent of an enterprise known here."""
    subject = _own(request, SubjectKind.ENTERPRISE)
    if subject is None:
        raise Http404
    codes.issue_to_enterprise(subject_id=subject.pk, by=user_of(request))
    messages.success(request, "企业码已生成。")
    return redirect("policies:my-code", kind=SubjectKind.ENTERPRISE.value)


def _own(request: HttpRequest, kind: str) -> Subject | None:
    """Return the user's own person or enterprise. Raises Http404 for another kind."""
    if kind not in SubjectKind.values:
        raise Http404
    return subjects.of_user(user_of(request), kind)


def _frame(kind: str, subject: Subject | None) -> dict[str, Any]:
    other = next(one.value for one in SubjectKind if one.value != kind)
    return {
        "kind": kind,
        "is_person": kind == SubjectKind.PERSON,
        "subject": subject,
        "code_name": codes.NAMES[SubjectKind(kind)],
        "other": other,
        "other_name": codes.NAMES[SubjectKind(other)],
    }


def _heading(subject: Subject, held: Recognition | None, standing: Standing) -> str:
    """Return who shows the code and how much it opens: C 类人才，凭码可享受 3 项服务、2 项政策."""
    who = f"{held.get_level_display()}人才" if held else subject.name
    counted = ((standing.services, "服务"), (standing.policies, "政策"))
    what = listed(f"{len(found)} 项{name}" for found, name in counted if found)
    return f"{who}，凭码可享受 {what}" if what else f"{who}，请出示此码"


def _revoked(subject: Subject | None) -> SubjectCode | None:
    """Return the latest code that was taken back, to say when and why."""
    if subject is None:
        return None
    return subject.codes.exclude(revoked_at=None).order_by("-revoked_at").first()


def _uses(subject: Subject) -> Any:
    return CodeUse.objects.filter(code__subject=subject).select_related("institution")


def _until() -> Any:
    """Return the end of a fresh token's minute, in real time as the token itself."""
    return timezone.now() + codes.LIFETIME
