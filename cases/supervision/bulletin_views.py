"""Pages of the monthly bulletin (月度通报): the list, one bulletin, and what is done with it."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.errors import AlreadyHandled, Incomplete
from cases.models import Bulletin
from cases.supervision import bulletin as verbs
from cases.supervision import bulletin_pages as pages
from cases.supervision import bulletin_paper
from cases.supervision.bulletin_pages import CorrectionForm, MonthForm, TextForm
from cases.supervision.views import readers_only
from portal.accounts.models import Role
from portal.accounts.permissions import View, roles_required, user_of

supervisors_only = roles_required(Role.SUPERVISOR)


def verb(view: Callable[[HttpRequest, int], HttpResponse]) -> View:
    """A verb of a supervisor; where the bulletin has gone on meanwhile its page says so (409)."""

    @wraps(view)
    @never_cache
    @supervisors_only
    def tried(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            return view(request, pk)
        except (AlreadyHandled, Incomplete) as error:
            messages.error(request, str(error))
            status = 409 if isinstance(error, AlreadyHandled) else 422
            return _page(request, _found(request, pk), status=status)

    return tried


@never_cache
@readers_only
@require_safe
def bulletins(request: HttpRequest) -> HttpResponse:
    return _list(request)


@never_cache
@supervisors_only
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Draft the bulletin of a month that is over, where beat has not."""
    form = MonthForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        made = verbs.make_draft(month=form.cleaned_data["month"], supervisor=user_of(request))
    except Incomplete as error:
        form.show(error.problems)
        return _list(request, form, status=422)
    except AlreadyHandled as error:
        form.show({"month": str(error)})
        return _list(request, form, status=409)
    return redirect("cases:bulletin", pk=made.pk)


@never_cache
@readers_only
@require_safe
def bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _found(request, pk))


@never_cache
@supervisors_only
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the text of a draft for editing, and keep what was written."""
    found = _found(request, pk)
    if request.method != "POST":
        if not found.is_draft:
            return redirect("cases:bulletin", pk=pk)
        return render(request, "cases/supervision/bulletin_text.html", pages.editing(found))
    form = TextForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            verbs.edit(bulletin_id=pk, supervisor=user_of(request), text=form.cleaned_data["text"])
            messages.success(request, "通报文字已保存。")
            return redirect("cases:bulletin", pk=pk)
        except AlreadyHandled as error:
            form.show({"text": str(error)})
            status = 409
    context = pages.editing(_found(request, pk), form)
    return render(request, "cases/supervision/bulletin_text.html", context, status=status)


@verb
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    verbs.publish(bulletin_id=_found(request, pk).pk, supervisor=user_of(request))
    messages.success(request, "通报已发布，数据已固定。发送后各部门负责人会收到消息。")
    return redirect("cases:bulletin", pk=pk)


@verb
@require_POST
def send(request: HttpRequest, pk: int) -> HttpResponse:
    verbs.send(bulletin_id=_found(request, pk).pk, supervisor=user_of(request))
    messages.success(request, "通报已发送各部门负责人和监督人员。")
    return redirect("cases:bulletin", pk=pk)


@verb
@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a new edition that says why; the published one stays as it is."""
    found, form = _found(request, pk), CorrectionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    edition = verbs.correct(bulletin_id=pk, supervisor=user_of(request), **form.cleaned_data)
    messages.success(request, f"已起草第 {edition.edition} 版，发布后上一版会标明已被更正。")
    return redirect("cases:bulletin", pk=edition.pk)


@verb
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    verbs.discard(bulletin_id=_found(request, pk).pk, supervisor=user_of(request))
    messages.success(request, "更正草稿已作废。")
    return redirect("cases:bulletins")


@never_cache
@readers_only
@require_safe
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    document = verbs.document_of(found)
    words = verbs.text_of(found, document)
    content = bulletin_paper.pdf(found, document, words)
    return bulletin_paper.download(content, f"{bulletin_paper.file_name(found)}.pdf")


@never_cache
@readers_only
@require_safe
def excel(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    return bulletin_paper.spreadsheet(found, verbs.document_of(found))


def _found(request: HttpRequest, pk: int) -> Bulletin:
    """Return a bulletin the reader may read. Raises Http404."""
    visible = Bulletin.objects.visible_to(user_of(request)).with_correction()
    return get_object_or_404(visible.select_related("published_by", "sent_by"), pk=pk)


def _list(
    request: HttpRequest, form: MonthForm | None = None, *, status: int = 200
) -> HttpResponse:
    context = pages.overview(user_of(request), form)
    return render(request, "cases/supervision/bulletins.html", context, status=status)


def _page(
    request: HttpRequest,
    found: Bulletin,
    form: CorrectionForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = pages.page(found, user_of(request), form)
    return render(request, "cases/supervision/bulletin.html", context, status=status)
