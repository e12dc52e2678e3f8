"""Facts at the window and the desk: look a subject up, read what is known, enter what is proven.

Whoever looked somebody up reads their page for a while; then it has to be looked up again, which
stands in the ledger each time. No address holds a number, only our own serial.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policies import entering, fact_pages
from policies.dictionary import FactDefinition
from policies.models import Fact, Subject, SubjectKind
from policies.subjects import MANUAL, FactError
from policies.views import opened
from policies.views.fact_forms import EntryForm, LookUpForm, PasswordForm, WithdrawForm
from portal.accounts import staff
from portal.accounts.models import Role, User
from portal.accounts.permissions import staff_only, user_of
from portal.core import clock, files
from portal.core.chinese import masked_name
from portal.core.files import UnusableFile

View = Callable[..., HttpResponse]
readers_only = staff_only(*(Role(role) for role in entering.READERS))
LOOK_UP_FIRST = f"请先按号码查找。查找后 {opened.MINUTES} 分钟内可以查看和录入。"


def looked_up(view: View) -> View:
    """Hand on the subject that was looked up a short while ago; else lead to the search."""

    @wraps(view)
    @readers_only
    def checked(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
        found = Subject.objects.filter(pk=pk).first()
        if found is None or not opened.is_open(request, found):
            messages.info(request, LOOK_UP_FIRST)
            return redirect("policies:subjects")
        return view(request, found, *args, **kwargs)

    return checked


@readers_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "policies/facts/find.html", {"form": LookUpForm()})


@sensitive_post_parameters()
@readers_only
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Open the page of the subject with a number; the look stands in the ledger."""
    form = LookUpForm(request.POST)
    if form.is_valid():
        found = entering.look_up(number=form.cleaned_data["number"], actor=user_of(request))
        if found:
            opened.remember(request, found)
            return redirect("policies:subject", pk=found.pk)
        form.add_error("number", "没有查到。尚未提交过申请、也没有建档的，没有可查的信息。")
    return render(request, "policies/facts/find.html", {"form": form}, status=422)


@looked_up
@require_safe
def subject(request: HttpRequest, found: Subject) -> HttpResponse:
    """Show what is known, as far as it is the reader's task, without what is sealed."""
    within = entering.within(user_of(request), found.kind)
    sheet = fact_pages.sheet(found, clock.today(), within=within, clear=False)
    context = _frame(found) | {"sheet": sheet, **fact_pages.asked(found)}
    return render(request, "policies/facts/subject.html", context)


@sensitive_post_parameters()
@looked_up
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, found: Subject, code: str) -> HttpResponse:
    """Enter one fact, with grounds and the file that proves it."""
    definition = _definition(request, found, code)
    form = EntryForm(definition, request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                entering.enter(subject=found, code=code, actor=user_of(request), **form.verb())
            except FactError as error:
                form.show(error.problems)
            except UnusableFile as error:
                form.add_error("proof", str(error))
                status = 413 if error.too_large else 422
            else:
                messages.success(request, f"“{definition.name}”已录入。")
                return redirect("policies:subject", pk=found.pk)
    return _entry(request, found, definition, form, WithdrawForm(), status)


@looked_up
@require_POST
def withdraw(request: HttpRequest, found: Subject, code: str) -> HttpResponse:
    """Take back what was entered by hand, with the reason."""
    definition, form = _definition(request, found, code), WithdrawForm(request.POST)
    if not form.is_valid():
        return _entry(request, found, definition, EntryForm(definition), form, 422)
    entering.withdraw(subject=found, code=code, actor=user_of(request), **form.cleaned_data)
    messages.success(request, f"“{definition.name}”的录入已撤销。")
    return redirect("policies:subject", pk=found.pk)


@sensitive_post_parameters("password")
@looked_up
@require_http_methods(["GET", "HEAD", "POST"])
def read(request: HttpRequest, found: Subject, code: str) -> HttpResponse:
    """Ask for the password; answer the post with the sealed value, which no address holds."""
    definition = _definition(request, found, code)
    form, line = PasswordForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            if staff.confirms(request, form.cleaned_data["password"]):
                entering.note_read(subject=found, code=code, actor=user_of(request))
                line = _line(found, definition)
            else:
                form.add_error("password", "密码不正确，请重新输入。")
        except staff.Locked:
            return staff.locked_out(request)
    context = _frame(found) | {"definition": definition, "form": form, "line": line}
    status = 422 if form.errors else 200
    return render(request, "policies/facts/read.html", context, status=status)


@looked_up
@require_safe
def proof(request: HttpRequest, found: Subject, code: str) -> HttpResponse:
    """Send the file that proves a manual entry; who opens it stands in the ledger."""
    definition = _definition(request, found, code)
    fact = Fact.objects.filter(subject=found, code=code, source=MANUAL).exclude(proof="").first()
    if fact is None:
        raise Http404
    try:
        file = files.opened(fact.proof)
    except FileNotFoundError as error:
        raise Http404 from error
    # The one write on a GET: an append-only note of who looked, never a change of state.
    entering.note_read(subject=found, code=code, actor=user_of(request))
    ending = fact.proof.rpartition(".")[2]
    response: Any = FileResponse(
        file, as_attachment=True, filename=f"{definition.name}证明.{ending}"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _definition(request: HttpRequest, found: Subject, code: str) -> FactDefinition:
    """Return the fact's definition. Raises Http404 for one that is not the reader's to see."""
    reader: User = user_of(request)
    definition = entering.within(reader, found.kind).get(code)
    if definition is None:
        raise Http404
    return definition


def _frame(found: Subject) -> dict[str, Any]:
    number = found.identity.get("id_number") or found.identity.get("uscc") or ""
    is_person = found.kind == SubjectKind.PERSON
    return {
        "subject": found,
        "is_person": is_person,
        "name": (masked_name(found.name) if is_person else found.name) or "未登记名称",
        "number": f"{number[:1]}{'*' * max(len(number) - 5, 0)}{number[-4:]}",
    }


def _line(found: Subject, definition: FactDefinition) -> fact_pages.Line | None:
    sheet = fact_pages.sheet(found, clock.today(), within={definition.code: definition})
    return next(iter(sheet.lines), None)


def _entry(
    request: HttpRequest,
    found: Subject,
    definition: FactDefinition,
    form: EntryForm,
    withdraw_form: WithdrawForm,
    status: int,
) -> HttpResponse:
    sheet = fact_pages.sheet(
        found, clock.today(), within={definition.code: definition}, clear=False
    )
    line = next(iter(sheet.lines), None)
    said = [] if line is None else [one for one in (line.counts, *line.others) if one]
    context = _frame(found) | {
        "definition": definition,
        "form": form,
        "withdraw_form": withdraw_form,
        "line": line,
        "by_hand": next((one for one in said if one.code == MANUAL), None),
    }
    return render(request, "policies/facts/entry.html", context, status=status)
