"""The applicant's cases (我的办件): the list, one case, its documents, and withdrawing it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
)
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cases import application, calendar, documents, explain, intake, uploads
from cases.errors import AlreadyHandled
from cases.masking import lines
from cases.models import (
    Case,
    CaseState,
    Document,
    Offer,
    OfferState,
    Origin,
    ParkedItem,
    ParkedState,
    Supplement,
    WorkItem,
    WorkItemState,
)
from cases.models.case import AT_WINDOW
from cases.numbering import spaced
from cases.pages import bundle, filling, picture, recommended, story
from cases.pages import parked as parked_page
from cases.views.own import own_case, own_cases
from notifications.models import Message
from portal.accounts.permissions import user_of
from portal.core import clock
from portal.core.chinese import day_words, instant_words
from portal.core.ledger import Entry, Event, record

PER_PAGE = 20
MOST_MESSAGES = 30
TAGS = {
    CaseState.DRAFT: "later",
    CaseState.SUBMITTED: "now",
    CaseState.RETURNED: "now",
    CaseState.ACCEPTED: "now",
    CaseState.COMPLETED: "done",
    CaseState.REFUSED: "stop",
    CaseState.WITHDRAWN: "stop",
    CaseState.REVOKED: "stop",
}


@never_cache
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    page = Paginator(_listed(request), PER_PAGE).get_page(request.GET.get("page"))
    rows = [_row(case) for case in page.object_list]
    urgent = sum(1 for row in rows if row["asks"])
    context = {
        "page": page,
        "drafts": [row for row in rows if row["case"].state == CaseState.DRAFT],
        "filed": [row for row in rows if row["case"].state != CaseState.DRAFT],
        "urgent": urgent,
        "recommended": recommended.offers(user_of(request)),
    }
    return render(request, "cases/mine.html", context)


@never_cache
@require_GET
def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = own_case(request, pk)
    if found.state == CaseState.DRAFT:
        return redirect("cases:form", pk=pk)
    facts = facts_of(found)
    aside = parked_page.preview(found) if found.state in AT_WINDOW else []
    told = Message.objects.inbox_of(user_of(request)).filter(event__stream=pk)[:MOST_MESSAGES]
    context = {
        "case": found,
        "number": spaced(found.number or ""),
        "heading": story.heading(facts),
        "lead": story.lead(facts),
        **parked_page.of_case(facts.parked),
        "put_aside": aside,
        "notices": [_notice_row(one) for one in facts.asking],
        "offers": facts.open_offers,
        "plan": _picture(facts, {one["code"] for one in aside}),
        "entries": story.timeline(facts),
        "clocks": story.clocks(facts),
        "sections": _given(found),
        "told": list(told),
        "can_withdraw": found.is_open,
        "recommended": recommended.offers(user_of(request)),
        "printed": documents.papers_of(found),
        **_papers(found),
    }
    return render(request, "cases/case.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask once more on GET; withdraw on POST."""
    found = own_case(request, pk)
    if request.method == "GET":
        status = 200 if found.is_open else 409
        context = {"case": found, "number": spaced(found.number or "")}
        return render(request, "cases/withdraw.html", context, status=status)
    try:
        intake.withdraw(case_id=pk, actor=user_of(request))
    except AlreadyHandled as error:
        messages.error(request, str(error))
        return redirect("cases:case", pk=pk)
    messages.success(request, "草稿已放弃。" if found.number is None else "申请已撤回。")
    return redirect("cases:mine")


@require_GET
def document(request: HttpRequest, pk: UUID) -> HttpResponse | FileResponse:
    """Send one file to whoever may read its case; what staff open stands in the ledger.

    A result without a file of its own is the certificate printed from the decision.
    """
    visible = Document.objects.visible_to(user_of(request)).current()
    found = get_object_or_404(visible.exclude(origin=Origin.SHARED), pk=pk)
    if not found.storage_key:
        return redirect("cases:work-item-paper", found.work_item_id)
    try:
        file = uploads.open_document(found)
    except FileNotFoundError as error:
        raise Http404 from error
    # The one write on a GET: an append-only note of who looked, never a change of state.
    if not user_of(request).is_applicant:
        actor_id = request.user.pk
        record(Entry("document.opened", found.case_id, f"document:{found.pk}", actor_id))
    response = FileResponse(
        file,
        as_attachment=True,
        filename=found.file_name or found.title,
        content_type=found.content_type or "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def facts_of(found: Case) -> story.Facts:
    """Return everything the story and the picture of a case are made from; a fixed few queries."""
    work_items = list(
        found.work_items.select_related("department")
        .prefetch_related(*explain.NEEDED)
        .order_by("pk")
    )
    edges = [edge for item in work_items for edge in item.needs.all()]
    now, working_days = clock.now(), calendar.current()
    return story.Facts(
        case=found,
        work_items=work_items,
        edges=edges,
        supplements=list(found.supplements.prefetch_related("work_item__suspensions")),
        offers=list(found.offers.select_related("refused").order_by("offered_at")),
        closed=_closed(found, work_items),
        parked=list(found.parked_items.defer("snapshot")),
        urged=list(found.urgings.order_by("sent_at").values_list("sent_at", flat=True)),
        expected=picture.expectations(
            work_items, picture.waits(edges), now=now, calendar=working_days
        ),
        now=now,
        calendar=working_days,
    )


def _closed(found: Case, work_items: Iterable[WorkItem]) -> dict[str, datetime]:
    """Return when items of a case were closed, which their rows do not tell."""
    if not any(item.state == WorkItemState.CLOSED for item in work_items):
        return {}
    closed = Event.objects.of_stream(found.pk).filter(kind="work_item.closed")
    return dict(closed.values_list("subject", "at"))


def _papers(found: Case) -> dict[str, Any]:
    """Return results, uploads and what came by itself, each for its own list."""
    given = list(found.documents.current().select_related("work_item__department"))
    return {
        "results": [one for one in given if one.origin == Origin.PRODUCED],
        "uploads": [
            {**bundle.file_row(one, removable=False), "title": one.title}
            for one in given
            if one.origin == Origin.UPLOADED
        ],
        "records": [one for one in given if one.origin in {Origin.SHARED, Origin.GENERATED}],
    }


def _picture(facts: story.Facts, aside: set[str]) -> picture.Picture | None:
    """Return the progress of an accepted case, the promise of one that still waits.

    What is going to be put aside has no day yet.
    """
    if facts.work_items:
        return picture.progress(
            facts.case, facts.work_items, facts.edges, now=facts.now, calendar=facts.calendar
        )
    if facts.case.state in {CaseState.SUBMITTED, CaseState.RETURNED}:
        plan = application.route(facts.case, without=aside)
        return picture.promise(plan, facts.case.version.catalogue) if plan.steps else None
    return None


def _listed(request: HttpRequest) -> QuerySet[Case]:
    """Return the applicant's cases, drafts first, then what is under way, then the rest."""
    asking = Supplement.objects.awaited().filter(case=OuterRef("pk"))
    offers = Offer.objects.filter(case=OuterRef("pk"), state=OfferState.OPEN)
    parked = ParkedItem.objects.filter(case=OuterRef("pk"))
    ripe, waiting = parked.filter(state=ParkedState.RIPE), parked.waiting()
    approved = Count("work_items", filter=Q(work_items__state=WorkItemState.APPROVED))
    return (
        own_cases(request)
        .exclude(state=CaseState.WITHDRAWN, number=None)
        .select_related("version", "one_thing")
        .defer("version__document")
        .annotate(
            is_asked=Exists(asking),
            is_offered=Exists(offers),
            is_ripe=Exists(ripe),
            is_waiting=Exists(waiting),
            is_draft=ExpressionWrapper(Q(state=CaseState.DRAFT), output_field=BooleanField()),
            approved=approved,
            all_items=Count("work_items"),
        )
        .order_by(F("is_draft").desc(), F("closed_at").desc(nulls_first=True), "-created_at")
    )


def _row(case: Any) -> dict[str, Any]:
    asks = case.is_open and (case.is_asked or case.is_offered)
    asked = "需要您补正" if asks and case.is_asked else "等您选择" if asks else ""
    return {
        "case": case,
        "url": reverse(
            "cases:form" if case.state == CaseState.DRAFT else "cases:case", args=[case.pk]
        ),
        "title": filling.items_words(case) or case.one_thing.name,
        "number": spaced(case.number or ""),
        "tag": {"kind": TAGS[case.state], "label": case.get_state_display()},
        "asks": asked or ("可以恢复办理" if case.is_ripe else ""),
        "note": _row_note(case),
    }


def _row_note(case: Any) -> str:
    later = "，另有事项待成熟" if case.is_waiting else ""
    return f"{_state_note(case)}{later}"


def _state_note(case: Any) -> str:
    if case.state == CaseState.DRAFT:
        return f"{len(case.item_codes)} 项，{instant_words(case.saved_at)} 保存，还没有提交"
    if case.state == CaseState.ACCEPTED:
        return (
            f"{case.all_items} 项中 {case.approved} 项已办结，"
            f"{day_words(case.accepted_at)}受理，整体承诺最晚 {day_words(case.due_at)}"
        )
    if case.closed_at:
        ended = f"{day_words(case.closed_at)}{case.get_state_display()}"
        return f"{day_words(case.submitted_at)}提交，{ended}"
    return f"{len(case.item_codes)} 项，{instant_words(case.submitted_at)} 提交"


def _notice_row(notice: Supplement) -> dict[str, Any]:
    whose = notice.work_item.item_name if notice.work_item else "窗口"
    return {
        "whose": picture.short_name(whose),
        "gaps": notice.gaps,
        "until": instant_words(notice.lapses_at),
        "is_window": notice.work_item is None,
        "url": reverse("cases:supplement", args=[notice.case_id, notice.pk]),
    }


def _given(case: Case) -> list[dict[str, Any]]:
    """Return every answer in its section, sensitive ones masked."""
    answers = case.all_answers
    return [
        {
            "title": title,
            "facts": [
                {"term": one.name, "value": "；".join(lines(one, answers.get(one.code)))}
                for one in elements
            ],
        }
        for title, elements in case.version.catalogue.sections_of(case.item_codes)
    ]
