"""The menu of a one-thing (选事项): public to read; only beginning a draft asks to sign in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from cases import drafting, navigator
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, CaseState
from cases.models.case import ApplicantKind
from cases.pages.picking import HELD, Selection
from cases.views.form import STEPS
from cases.views.own import is_scripted, own_cases
from policies.models import OneThing
from portal.accounts.permissions import user_of
from portal.core import clock

# What was picked before signing in waits in the (sealed) session.
PICKED = "picked"


@login_not_required
@require_GET
def menu(request: HttpRequest, slug: str) -> HttpResponse:
    one_thing = get_object_or_404(OneThing, slug=slug)
    if _is_closed(one_thing):
        return render(request, "cases/closed.html", {"one_thing": one_thing}, status=410)
    query = _query_of(request)
    selection = _selection(request, one_thing, query)
    is_wrong = bool(selection.ticked and selection.problem)
    return _page(request, one_thing, selection, query, status=422 if is_wrong else 200)


@login_not_required
@require_POST
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the posted selection means; the whole page where no script asked for a part."""
    one_thing = get_object_or_404(OneThing, slug=slug)
    if _is_closed(one_thing):
        return render(request, "cases/closed.html", {"one_thing": one_thing}, status=410)
    selection = _selection(request, one_thing, request.POST)
    if is_scripted(request):
        # The part carries its own error, and an empty selection is no mistake while ticking.
        return render(request, "cases/_choice.html", _choice(one_thing, selection))
    status = 422 if selection.problem else 200
    return _page(request, one_thing, selection, request.POST, status=status)


@login_not_required
@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a draft with the posted selection, or give a draft another one."""
    one_thing = get_object_or_404(OneThing, slug=slug)
    if not request.user.is_authenticated:
        request.session[PICKED] = {"slug": slug, "query": request.POST.urlencode()}
        return redirect_to_login(f"{reverse('cases:menu', args=[slug])}?resume=1")
    if _is_closed(one_thing):
        return render(request, "cases/closed.html", {"one_thing": one_thing}, status=410)
    selection = _selection(request, one_thing, request.POST)
    try:
        case = _begun(request, one_thing, selection)
    except Incomplete:
        return _page(request, one_thing, selection, request.POST, status=422)
    except AlreadyHandled:
        return redirect("cases:case", pk=request.POST["case"])
    request.session.pop(PICKED, None)
    return redirect("cases:form", pk=case.pk)


def _selection(request: HttpRequest, one_thing: OneThing, query: QueryDict) -> Selection:
    user = user_of(request) if request.user.is_authenticated else None
    return Selection.from_query(one_thing.catalogue, query, clock.today(), user)


def _begun(request: HttpRequest, one_thing: OneThing, selection: Selection) -> Case:
    draft = _draft_of(request, request.POST)
    if draft:
        return drafting.choose(
            case_id=draft.pk,
            actor=user_of(request),
            codes=selection.ticked,
            existing=selection.held,
        )
    case = drafting.start(
        applicant=user_of(request),
        one_thing=one_thing,
        kind=selection.kind,
        codes=selection.ticked,
        existing=selection.held,
    )
    answers = navigator.filled(request.session, case.applicant_kind)
    if answers:
        messages.info(request, "您在政策导航中的回答已填入，请核对。")
        return drafting.save(case_id=case.pk, actor=user_of(request), answers=answers)
    return case


def _query_of(request: HttpRequest) -> QueryDict:
    """Return the selection an address means: its own, a draft's, or the one before sign-in."""
    picked = request.session.get(PICKED) if "resume" in request.GET else None
    if picked:
        return QueryDict(picked["query"])
    draft = _draft_of(request, request.GET)
    if draft is None or "item" in request.GET:
        return request.GET
    query = QueryDict(mutable=True)
    query.update({"kind": draft.applicant_kind, "case": str(draft.pk)})
    items = draft.one_thing.catalogue.items
    query.setlist("item", [code for code in draft.item_codes if code in items])
    query.update({f"{HELD}{code}": number for code, number in draft.existing_results.items()})
    return query


def _draft_of(request: HttpRequest, query: QueryDict) -> Case | None:
    """Return the applicant's own case that is being changed. Raises Http404 for any other."""
    if not query.get("case") or not request.user.is_authenticated:
        return None
    try:
        pk = UUID(str(query["case"]))
    except ValueError:
        pk = UUID(int=0)
    return get_object_or_404(own_cases(request), pk=pk)


def _is_closed(one_thing: OneThing) -> bool:
    return not one_thing.is_open or one_thing.current_id is None


def _choice(one_thing: OneThing, selection: Selection) -> dict[str, Any]:
    return {
        "one_thing": one_thing,
        "kind": selection.kind,
        "options": selection.options(),
        "sums": selection.sums(),
        "plan": selection.picture(),
        "problem": selection.problem if selection.ticked else "",
        "added": len(selection.added),
        "put_aside": selection.put_aside,
    }


def _page(
    request: HttpRequest,
    one_thing: OneThing,
    selection: Selection,
    query: QueryDict,
    *,
    status: int,
) -> HttpResponse:
    draft = _draft_of(request, query)
    context = {
        **_choice(one_thing, selection),
        "info": selection.catalogue.one_thing,
        "tabs": [] if draft else _tabs(one_thing, selection),
        "steps": STEPS,
        "draft": draft,
        "drafts": [] if draft else _drafts(request, one_thing),
        "resumed": "resume" in request.GET and request.user.is_authenticated,
        "nothing_ticked": status == 422 and not selection.ticked,
    }
    return render(request, "cases/menu.html", context, status=status)


def _tabs(one_thing: OneThing, selection: Selection) -> list[dict[str, Any]]:
    address = reverse("cases:menu", args=[one_thing.slug])
    return [
        {
            "label": f"{kind.label}事项",
            "url": f"{address}?kind={kind.value}",
            "current": kind == selection.kind,
            "count": len(selection.catalogue.items_for(kind.value)),  # type: ignore[arg-type]
        }
        for kind in ApplicantKind
    ]


def _drafts(request: HttpRequest, one_thing: OneThing) -> list[Case]:
    if not request.user.is_authenticated:
        return []
    return list(
        Case.objects.filter(
            applicant=request.user, one_thing=one_thing, state=CaseState.DRAFT
        ).order_by("-saved_at")[:3]
    )
