"""Dead letters (未送达短信) on the supervisor's desk."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from notifications import dead_letters
from notifications.models import Message
from portal.accounts.models import Role
from portal.accounts.permissions import roles_required, user_of

PAGE = 50


@require_safe
@roles_required(Role.SUPERVISOR)
def index(request: HttpRequest) -> HttpResponse:
    """List what was given up on, newest first; numbers are masked, texts are not shown."""
    dead = Message.objects.dead().select_related("recipient").order_by("-settled_at", "-pk")
    page = Paginator(dead, PAGE).get_page(request.GET.get("page"))
    return render(request, "notifications/dead_letters.html", {"page": page})


@require_POST
@roles_required(Role.SUPERVISOR)
def resend(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Send one dead letter once more."""
    return _told(request, dead_letters.resend(by=user_of(request), ids=[message_id]))


@require_POST
@roles_required(Role.SUPERVISOR)
def resend_all(request: HttpRequest) -> HttpResponse:
    """Send all dead letters once more."""
    return _told(request, dead_letters.resend(by=user_of(request)))


def _told(request: HttpRequest, count: int) -> HttpResponse:
    if count:
        messages.success(request, f"已将 {count} 条短信重新排队发送。")
    else:
        messages.info(request, "没有需要重发的短信，可能已由他人重发或已送达。")
    return redirect("notifications:dead-letters")
