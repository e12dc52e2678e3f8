"""The navigator (政策导航): ten questions, a package of policies, and what is done with it.

Open to everybody. Answers never stand in an address: they are posted and kept in the session.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import navigator
from cases import package as packages
from cases.pages import package_paper
from cases.pages.asked import QuestionForm
from cases.questions import Branch, branches
from cases.views.menu import PICKED
from cases.views.papers import download
from portal.core import clock

View = Callable[..., HttpResponse]

GONE = "该链接不存在，或已超过 90 天有效期。可以重新回答，生成新的政策套餐。"


def answered(view: View) -> View:
    """Hand a view its branch and the outcome of the answers; without any, lead to the questions."""

    @wraps(view)
    def checked(request: HttpRequest, kind: str) -> HttpResponse:
        branch = _branch(kind)
        outcome = _outcome(request, branch)
        if outcome is None:
            return _unanswered(request, branch)
        return view(request, branch, outcome)

    return checked


@login_not_required
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    context = {
        "branches": [
            {"branch": one, "is_begun": bool(navigator.answers_in(request.session, kind))}
            for kind, one in branches().items()
        ],
        "uses": navigator.uses(),
    }
    return render(request, "cases/navigator/start.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Show one question with what was answered before; keep the answer and go on."""
    branch = _branch(kind)
    if not 1 <= number <= len(branch.questions):
        raise Http404
    asked = branch.questions[number - 1]
    answers = navigator.answers_in(request.session, kind).get(asked.code, {})
    is_answer = request.method == "POST" and "skip" not in request.POST
    form = QuestionForm(asked, answers=answers, data=request.POST if is_answer else None)
    if request.method == "POST" and (not is_answer or form.is_valid()):
        given = form.given() if is_answer else {}
        navigator.keep(request.session, kind, asked, given)
        return _onward(request, branch, number)
    context = {
        "branch": branch,
        "question": asked,
        "form": form,
        "number": number,
        "count": len(branch.questions),
        "is_last": number == len(branch.questions),
    }
    status = 422 if form.errors else 200
    return render(request, "cases/navigator/question.html", context, status=status)


def _onward(request: HttpRequest, branch: Branch, number: int) -> HttpResponse:
    if "back" in request.POST:
        return redirect("cases:navigator-question", branch.kind, max(number - 1, 1))
    if "finish" not in request.POST and number < len(branch.questions):
        return redirect("cases:navigator-question", branch.kind, number + 1)
    navigator.note_use(request.session, branch.kind)
    return redirect("cases:navigator-package", branch.kind)


@login_not_required
@never_cache
@require_safe
@answered
def package(request: HttpRequest, branch: Branch, outcome: packages.Outcome) -> HttpResponse:
    """Show the package that follows from the answers in the session."""
    return render(request, "cases/navigator/package.html", _own(request, branch, outcome))


@login_not_required
@require_POST
@answered
def share(request: HttpRequest, branch: Branch, outcome: packages.Outcome) -> HttpResponse:
    """Keep the package under an unguessable address and lead there."""
    made = navigator.share(kind=branch.kind, outcome=packages.shareable(outcome))
    messages.success(request, "分享链接已生成，复制本页网址即可发给别人；链接中没有您的回答。")
    return redirect("cases:package", made.token)


@login_not_required
@never_cache
@require_safe
@answered
def paper(request: HttpRequest, branch: Branch, outcome: packages.Outcome) -> HttpResponse:
    return download(package_paper.pdf(outcome), "政策套餐")


@login_not_required
@require_POST
@answered
def file(request: HttpRequest, branch: Branch, outcome: packages.Outcome) -> HttpResponse:
    """Lead to the menu with everything ticked that the package offers now."""
    return _to_menu(request, branch.kind, outcome)


@login_not_required
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    navigator.forget(request.session)
    messages.success(request, "您的回答已清除。")
    return redirect("cases:navigator")


@login_not_required
@never_cache
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    found = navigator.shared(token)
    if found is None:
        return _gone(request)
    context = {
        "outcome": packages.read(found.outcome),
        "branch": branches()[found.kind],
        "package": found,
        "address": request.build_absolute_uri(),
        "answered": [],
        "paper_url": reverse("cases:package-paper", args=[token]),
        "file_url": reverse("cases:package-file", args=[token]),
    }
    return render(request, "cases/navigator/package.html", context)


@login_not_required
@never_cache
@require_safe
def shared_paper(request: HttpRequest, token: str) -> HttpResponse:
    found = navigator.shared(token)
    if found is None:
        return _gone(request)
    return download(package_paper.pdf(packages.read(found.outcome)), "政策套餐")


@login_not_required
@require_POST
def file_shared(request: HttpRequest, token: str) -> HttpResponse:
    found = navigator.shared(token)
    if found is None:
        return _gone(request)
    return _to_menu(request, found.kind, packages.read(found.outcome))


def _branch(kind: str) -> Branch:
    if kind not in branches():
        raise Http404
    return branches()[kind]


def _outcome(request: HttpRequest, branch: Branch) -> packages.Outcome | None:
    """Return the package of the session's answers, none where nothing was answered."""
    on = clock.today()
    facts = branch.facts(navigator.answers_in(request.session, branch.kind), on)
    return packages.assemble(branch.kind, facts, on) if facts else None


def _own(request: HttpRequest, branch: Branch, outcome: packages.Outcome) -> Mapping[str, Any]:
    answers = navigator.answers_in(request.session, branch.kind)
    return {
        "outcome": outcome,
        "branch": branch,
        "package": None,
        "address": "",
        "answered": packages.answered(branch, answers),
        "paper_url": reverse("cases:navigator-paper", args=[branch.kind]),
        "file_url": reverse("cases:navigator-file", args=[branch.kind]),
    }


def _unanswered(request: HttpRequest, branch: Branch) -> HttpResponse:
    messages.info(request, "还没有回答，或超过 30 分钟没有操作，回答已清除。请从第 1 题开始。")
    return redirect("cases:navigator-question", branch.kind, 1)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "cases/navigator/gone.html", {"text": GONE}, status=404)


def _to_menu(request: HttpRequest, kind: str, outcome: packages.Outcome) -> HttpResponse:
    """Keep the selection for the menu; who is not signed in signs in first."""
    if not outcome.filing:
        messages.info(request, "套餐中没有可以在本平台申请的事项。")
        return redirect("cases:navigator")
    query = QueryDict(mutable=True)
    query["kind"] = kind
    query.setlist("item", list(outcome.filing.codes))
    request.session[PICKED] = {"slug": outcome.filing.slug, "query": query.urlencode()}
    menu = f"{reverse('cases:menu', args=[outcome.filing.slug])}?resume=1"
    return redirect(menu) if request.user.is_authenticated else redirect_to_login(menu)
