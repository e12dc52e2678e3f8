"""My information (我的信息): what is known of a person or their firms, from whom and since when."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from policies import fact_pages, providers
from policies.models import Subject, SubjectKind
from portal.accounts.models import APPLICANT_ROLES, Role
from portal.accounts.permissions import roles_required, user_of
from portal.core import clock
from portal.core.chinese import instant_words

holders_only = roles_required(*(Role(role) for role in APPLICANT_ROLES))


@never_cache
@holders_only
@require_safe
def mine(request: HttpRequest, kind: str) -> HttpResponse:
    """Show all that is known, where sources differ, and how to have it put right."""
    owned = _owned(request, kind)
    chosen = request.GET.get("of", "")
    subject = next((one for one in owned if str(one.pk) == chosen), owned[0] if owned else None)
    if subject is None and chosen:
        raise Http404
    context: dict[str, Any] = {
        "kind": kind,
        "is_person": kind == SubjectKind.PERSON,
        "other": _other(kind),
        "owned": owned if len(owned) > 1 else [],
        "subject": subject,
    }
    if subject:
        sheet = fact_pages.sheet(subject, clock.today())
        context |= {"sheet": sheet, **fact_pages.asked(subject)}
    return render(request, "policies/facts/mine.html", context)


@holders_only
@require_POST
def ask(request: HttpRequest, kind: str) -> HttpResponse:
    """Have the sources asked again, at most once in a few hours."""
    wanted = request.POST.get("of", "")
    subject = next((one for one in _owned(request, kind) if str(one.pk) == wanted), None)
    if subject is None:
        raise Http404
    if free := providers.may_ask_from(providers.requests_of(subject)):
        messages.error(request, f"刚查询过，请在{instant_words(free)}以后再查。")
    elif providers.ask(subject, unless_within=providers.AGAIN):
        messages.success(request, "已向各部门重新查询，结果返回后自动更新在本页。")
    else:
        messages.info(request, "各部门还没有答复上一次查询，请稍后再看。")
    return redirect(f"{request.path.removesuffix('ask/')}?of={subject.pk}")


def _owned(request: HttpRequest, kind: str) -> list[Subject]:
    """Return the subjects of a kind that the account stands for, the latest first."""
    if kind not in SubjectKind.values:
        raise Http404
    return list(Subject.objects.filter(user=user_of(request), kind=kind).order_by("-pk"))


def _other(kind: str) -> str:
    return SubjectKind.ENTERPRISE if kind == SubjectKind.PERSON else SubjectKind.PERSON
