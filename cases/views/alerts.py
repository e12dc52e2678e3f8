"""The banner on open pages of staff: asked for again and again, acknowledged once."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import cards
from cases.models import Card
from cases.pages import alerts as alerts_page
from portal.accounts.models import Role
from portal.accounts.permissions import roles_required, user_of


@login_not_required
@never_cache
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Answer 204 while nothing has changed, so that a screen reader speaks only of what is new.

    So too for whoever is no longer signed in: the page keeps what it shows.
    """
    if getattr(request.user, "role", "") not in alerts_page.ALERTED:
        return HttpResponse(status=204)
    found = alerts_page.alerts(user_of(request))
    if request.GET.get("shown") == "".join(f"{alert['key']}." for alert in found):
        return HttpResponse(status=204)
    return render(request, "components/_alerts.html", {"alerts": found})


@never_cache
@roles_required(*alerts_page.ALERTED)
@require_POST
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a card's banner away; the page on which it was acknowledged opens again."""
    user = user_of(request)
    reach = Card.objects.all()
    if user.role != Role.SUPERVISOR:
        reach = reach.filter(work_item__department=user.department)
    card = get_object_or_404(reach.select_related("work_item"), pk=pk)
    cards.acknowledge(card_id=card.pk, officer=user)
    back = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return redirect(back)
    return redirect(alerts_page.page_of(card.work_item, user))
