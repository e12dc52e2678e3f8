"""Taking items up again that had been put aside (恢复办理), and giving them up."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from cases import maturity
from cases.errors import AlreadyHandled
from cases.models import ParkedItem
from cases.pages.picture import short_name
from cases.views.own import own_case
from portal.accounts.permissions import user_of
from portal.core.chinese import listed


@require_POST
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take up every ripe item of the own case; a second tap leads to the same page."""
    found = own_case(request, pk)
    made = maturity.resume(case_id=found.pk, actor=user_of(request))
    if made:
        names = listed(short_name(item.item_name) for item in made)
        messages.success(request, f"{names}已恢复办理，已送部门。")
    elif found.parked_items.waiting().exists():
        messages.info(request, "目前没有可以恢复办理的事项，成熟时会通知您。")
    return redirect("cases:case", pk=pk)


@require_POST
def give_up(request: HttpRequest, parked_id: int) -> HttpResponse:
    """End an item that was put aside, as its applicant does not want it any more."""
    user = user_of(request)
    visible = ParkedItem.objects.visible_to(user).defer("snapshot")
    found = get_object_or_404(visible.filter(case__applicant=user), pk=parked_id)
    try:
        ended = maturity.give_up(parked_id=found.pk, actor=user_of(request))
        messages.success(request, f"{short_name(ended.item_name)}已终止，不再办理。")
    except AlreadyHandled as error:
        messages.error(request, str(error))
    return redirect("cases:case", pk=found.case_id)
