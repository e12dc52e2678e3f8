"""Answering a notice (补正), choosing another way (改办): pages ask only for what is missing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cases import intake, responses
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Offer, OfferState, Supplement
from cases.pages import asking, filling
from cases.pages.asking import Asked
from cases.pages.filling import Taken
from cases.pages.story import is_asking
from cases.views import unsaved
from cases.views.own import own_cases
from portal.accounts.permissions import user_of

GONE_SUPPLEMENT = "该补正通知已答复或已过期，请查看最新状态。"
GONE_OFFER = "该改办事项已选择或已过期，请查看最新状态。"


@never_cache
@require_GET
def supplement(request: HttpRequest, pk: UUID, supplement_id: int) -> HttpResponse:
    notice = _notice(request, pk, supplement_id)
    if not is_asking(notice, notice.case):
        return _gone(request, pk, GONE_SUPPLEMENT)
    asked = asking.of_supplement(notice)
    return _supplement_page(request, notice, data=unsaved.kept(request, asked.url))


@login_not_required
@require_POST
def answer_supplement(request: HttpRequest, pk: UUID, supplement_id: int) -> HttpResponse:
    """Send the answer to the window or to the department that asked."""
    if not request.user.is_authenticated:
        return _signed_out(request, "cases:supplement", pk, supplement_id)
    notice = _notice(request, pk, supplement_id)
    asked = asking.of_supplement(notice)
    if more := request.POST.get("add_row"):
        return _supplement_page(request, notice, data=request.POST, more_rows=more)
    try:
        taken = _take_files(request, asked)
        if taken.file_errors:
            return _supplement_page(request, notice, data=request.POST, taken=taken)
        _send(request, notice, asked.form(request.POST).given())
    except Incomplete as error:
        return _supplement_page(request, notice, data=request.POST, problems=error.problems)
    except AlreadyHandled as error:
        return _gone(request, pk, str(error))
    unsaved.forget(request, asked.url)
    messages.success(request, "已提交补正内容。")
    return redirect("cases:case", pk=pk)


@login_not_required
@require_POST
def upload_for_supplement(
    request: HttpRequest, pk: UUID, supplement_id: int, material: str
) -> HttpResponse:
    if not request.user.is_authenticated:
        return _signed_out(request, "cases:supplement", pk, supplement_id)
    notice = _notice(request, pk, supplement_id)
    if not is_asking(notice, notice.case):
        return _gone(request, pk, GONE_SUPPLEMENT)
    asked = asking.of_supplement(notice)

    def page(taken: Taken) -> HttpResponse:
        return _supplement_page(request, notice, data=request.POST, taken=taken)

    return _upload(request, asked, material, page)


@never_cache
@require_GET
def offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    found = _offer(request, offer_id)
    if found.state != OfferState.OPEN or not found.case.is_open:
        return _gone(request, found.case_id, GONE_OFFER)
    return _offer_page(request, found, data=unsaved.kept(request, asking.of_offer(found).url))


@login_not_required
@require_POST
def take_offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    if not request.user.is_authenticated:
        return _signed_out(request, "cases:offer", offer_id)
    found = _offer(request, offer_id)
    asked = asking.of_offer(found)
    if more := request.POST.get("add_row"):
        return _offer_page(request, found, data=request.POST, more_rows=more)
    try:
        taken = _take_files(request, asked)
        if taken.file_errors:
            return _offer_page(request, found, data=request.POST, taken=taken)
        responses.take_offer(
            offer_id=offer_id,
            actor=user_of(request),
            answers=asked.form(request.POST).given(),
        )
    except Incomplete as error:
        return _offer_page(request, found, data=request.POST, problems=error.problems)
    except AlreadyHandled as error:
        return _gone(request, found.case_id, str(error))
    unsaved.forget(request, asked.url)
    messages.success(request, f"已改办“{found.item_name}”。")
    return redirect("cases:case", pk=found.case_id)


@require_POST
def decline_offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    found = _offer(request, offer_id)
    try:
        responses.decline_offer(offer_id=offer_id, actor=user_of(request))
    except AlreadyHandled as error:
        return _gone(request, found.case_id, str(error))
    messages.success(request, f"已放弃改办“{found.item_name}”。")
    return redirect("cases:case", pk=found.case_id)


@login_not_required
@require_POST
def upload_for_offer(request: HttpRequest, offer_id: int, material: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return _signed_out(request, "cases:offer", offer_id)
    found = _offer(request, offer_id)
    if found.state != OfferState.OPEN or not found.case.is_open:
        return _gone(request, found.case_id, GONE_OFFER)

    def page(taken: Taken) -> HttpResponse:
        return _offer_page(request, found, data=request.POST, taken=taken)

    return _upload(request, asking.of_offer(found), material, page)


def _signed_out(request: HttpRequest, name: str, *args: UUID | int) -> HttpResponse:
    address = reverse(name, args=args)
    return unsaved.sign_in_first(request, address, address)


def _notice(request: HttpRequest, pk: UUID, supplement_id: int) -> Supplement:
    own = own_cases(request).filter(pk=pk)
    notices = Supplement.objects.select_related("case__one_thing", "case__applicant", "work_item")
    return get_object_or_404(notices, pk=supplement_id, case__in=own)


def _offer(request: HttpRequest, offer_id: int) -> Offer:
    offers = Offer.objects.select_related("case__one_thing", "case__applicant", "refused")
    return get_object_or_404(offers, pk=offer_id, case__in=own_cases(request))


def _send(request: HttpRequest, notice: Supplement, answers: dict[str, Any]) -> None:
    if notice.work_item_id is None:
        intake.answer(
            case_id=notice.case_id,
            actor=user_of(request),
            answers=answers,
        )
    else:
        responses.answer_department(
            work_item_id=notice.work_item_id,
            actor=user_of(request),
            answers=answers,
        )


def _take_files(request: HttpRequest, asked: Asked) -> Taken:
    taken = Taken(asked.case)
    for code in asked.materials:
        sent = request.FILES.getlist(f"{filling.FILE}{code}")
        filling.take_files(taken, user_of(request), code, sent)
    return taken


def _upload(
    request: HttpRequest, asked: Asked, material: str, page: Callable[[Taken], HttpResponse]
) -> HttpResponse:
    """Attach files, and keep what was typed beside them for the page that is shown next."""
    if material not in asked.materials:
        raise Http404
    try:
        taken = _take_files(request, asked)
    except AlreadyHandled as error:
        return _gone(request, asked.case.pk, str(error))
    if taken.file_errors:
        return page(taken)
    unsaved.keep(request, asked.url)
    return redirect(f"{asked.url}#material-{material}")


def _supplement_page(
    request: HttpRequest, notice: Supplement, *, taken: Taken | None = None, **page: Any
) -> HttpResponse:
    errors = taken.file_errors if taken else {}
    context = {
        **asking.of_supplement(notice).page(file_errors=errors, **page),
        "notice": notice,
    }
    return render(request, "cases/supplement.html", context, status=_status(taken, page))


def _offer_page(
    request: HttpRequest, found: Offer, *, taken: Taken | None = None, **page: Any
) -> HttpResponse:
    errors = taken.file_errors if taken else {}
    context = {**asking.of_offer(found).page(file_errors=errors, **page), "offer": found}
    return render(request, "cases/offer.html", context, status=_status(taken, page))


def _status(taken: Taken | None, page: dict[str, Any]) -> int:
    if taken and taken.too_large:
        return 413
    return 422 if page.get("problems") or (taken and taken.file_errors) else 200


def _gone(request: HttpRequest, pk: UUID, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("cases:case", pk=pk)
