"""The inbox (站内信): what the portal has told the person who is signed in."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from notifications.models import Message
from portal.core import clock

PAGE = 20


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """List the messages, newest first."""
    told = Message.objects.inbox_of(request.user)
    page = Paginator(told, PAGE).get_page(request.GET.get("page"))
    is_applicant = getattr(request.user, "is_applicant", False)
    context = {
        "page": page,
        "unread": told.unread().count(),
        "layout": "layout/base.html" if is_applicant else "layout/staff.html",
    }
    return render(request, "notifications/inbox.html", context)


@require_POST
def read(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Mark one message as read and go to the page it is about."""
    message = get_object_or_404(Message.objects.inbox_of(request.user), pk=message_id)
    Message.objects.filter(pk=message.pk).unread().update(read_at=clock.now())
    ours = url_has_allowed_host_and_scheme(message.link, allowed_hosts=None)
    return redirect(message.link if ours else "notifications:inbox")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark every message as read."""
    unread = Message.objects.inbox_of(request.user).unread()
    marked = unread.order_by().update(read_at=clock.now())
    messages.success(request, f"已将 {marked} 条消息标为已读。")
    return redirect("notifications:inbox")
