"""Admin pages of the policy editor; every change goes through policies.editing.drafting."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from policies import impact
from policies.editing import drafting, pages, trial
from policies.editing.draft import Draft, flaws, mark, of_version, posted, unkeepable
from policies.editing.forms import NewPolicyForm
from policies.models import Policy, PolicyState, PolicyVersion
from portal.accounts.models import Role
from portal.accounts.permissions import roles_required, user_of

READERS = (Role.EDITOR, Role.AUDITOR, Role.ADMINISTRATOR)
SALT = "policies.impact"
View = Callable[..., HttpResponse]


readers, editors = roles_required(*READERS), roles_required(Role.EDITOR)


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    shown = {
        **admin.site.each_context(request),
        "may_edit": user_of(request).role == Role.EDITOR,
        **context,
    }
    return TemplateResponse(request, f"admin/policies/editing/{name}.html", shown, status=status)


def _version(pk: int) -> PolicyVersion:
    rows = PolicyVersion.objects.select_related("policy", "drafted_by", "published_by")
    return get_object_or_404(rows, pk=pk)


def _edited(version: PolicyVersion) -> bool:
    return bool(version.state == PolicyState.DRAFT)


# Lists and policies


@require_safe
@readers
def overview(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    known = state if state in PolicyState.values else ""
    return _page(request, "overview", pages.overview(known, words))


@require_safe
@readers
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Policy.objects.select_related("department", "one_thing")
    return _page(request, "policy", pages.policy_page(get_object_or_404(rows, pk=pk)))


@editors
def new_policy(request: HttpRequest) -> HttpResponse:
    """Make a policy that has no version yet, and open its first draft."""
    form = NewPolicyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafting.found(policy=form.policy(), label="首个版本", by=user_of(request))
        except drafting.Refused as error:
            form.add_error("code", str(error))
        else:
            return redirect(pages.address("version", draft.pk))
    context = {"title": "新增一项政策", "form": form}
    return _page(request, "new_policy", context, status=422 if form.errors else 200)


@require_POST
@editors
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a new version from a chosen one, or from the one in force."""
    found = get_object_or_404(Policy, pk=pk)
    like = request.POST.get("from", "")
    is_number = like.isdecimal() and len(like) < 19
    chosen = found.versions.filter(pk=int(like)).first() if is_number else None
    draft = drafting.begin(
        policy=found, like=chosen or pages.before(found, None), by=user_of(request)
    )
    messages.success(request, "已按所选版本起草新版本，请填写版本名称和施行日期。")
    return redirect(pages.address("version", draft.pk))


# One version


@require_safe
@readers
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a draft as a form to editors, every other version as it reads."""
    found = _version(pk)
    if _edited(found) and user_of(request).role == Role.EDITOR:
        return _editor(request, found, of_version(found))
    return _page(request, "version", pages.reading(found, user_of(request)))


def _editor(
    request: HttpRequest, found: PolicyVersion, draft: Draft, status: int = 200, **context: Any
) -> HttpResponse:
    shown = pages.editor(found, draft, seen=context.pop("seen", ""))
    return _page(request, "edit", {**shown, "stale": "", "refused": (), **context}, status)


@require_POST
@editors
def build(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw the form anew after one of its buttons; nothing is kept."""
    found = _version(pk)
    draft = posted(request.POST, found)
    seen = request.POST.get("seen", "")
    if "HX-Request" in request.headers:
        return _page(request, "parts", pages.editor(found, draft, seen=seen))
    return _editor(request, found, draft, seen=seen)


@require_POST
@editors
def side(request: HttpRequest, pk: int) -> HttpResponse:
    """Say anew what the form says, while somebody types."""
    found = _version(pk)
    return _page(request, "live", pages.live_side(found, posted(request.POST, found)))


@require_POST
@editors
def save(request: HttpRequest, pk: int) -> HttpResponse:
    return _keep(request, pk, then_submit=False)


@require_POST
@editors
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    return _keep(request, pk, then_submit=True)


def _keep(request: HttpRequest, pk: int, *, then_submit: bool) -> HttpResponse:
    """Keep what was typed; what cannot be kept or handed in stays on the page with the reason."""
    found = _version(pk)
    draft = posted(request.POST, found)
    if wrong := unkeepable(draft):
        refused = [pages.pointed(flaw) for flaw in wrong]
        return _editor(request, found, draft, 422, refused=refused, seen=request.POST.get("seen"))
    try:
        seen = request.POST.get("seen", "")
        found = drafting.save(pk=pk, draft=draft, seen=seen, by=user_of(request))
        if then_submit:
            drafting.submit(pk=pk, by=user_of(request))
    except drafting.Unsound as error:
        refused = [pages.pointed(flaw) for flaw in error.flaws]
        messages.warning(request, f"草稿已保存。{error}")
        return _editor(request, found, draft, 422, refused=refused)
    except drafting.Stale as error:
        now = _version(pk)
        return _editor(request, now, draft, 409, stale=str(error), seen=mark(now))
    if then_submit:
        messages.success(request, "已送审，其他编辑会收到消息。")
    else:
        messages.success(request, _saved_words(found, draft))
    return redirect(pages.address("version", pk))


def _saved_words(found: PolicyVersion, draft: Draft) -> str:
    left = len(flaws(draft, found, drafting.published(found.policy)))
    return f"草稿已保存，还有 {left} 处需要更正，才能送审。" if left else "草稿已保存，可以送审。"


@require_POST
@editors
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    found, by = _version(pk), user_of(request)
    return _moved(request, found, "草稿已作废。", lambda: drafting.discard(pk=pk, by=by))


@require_POST
@editors
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    found = _version(pk)
    reasons = request.POST.get("reasons", "").replace("\0", "")

    def act() -> PolicyVersion:
        return drafting.send_back(pk=pk, reasons=reasons, by=user_of(request))

    return _moved(request, found, "已退回，起草人会收到消息。", act, reasons=reasons)


@require_POST
@editors
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    found = _version(pk)
    seen = request.POST.get("seen", "")

    def act() -> PolicyVersion:
        return drafting.publish(pk=pk, seen=seen, by=user_of(request))

    return _moved(request, found, f"“{found}”已发布。", act)


def _moved(
    request: HttpRequest,
    found: PolicyVersion,
    done: str,
    act: Callable[[], PolicyVersion],
    **typed: str,
) -> HttpResponse:
    """Carry out an act on a version; where it is refused, show the version as it is now and why."""
    try:
        act()
    except drafting.Refused as error:
        messages.error(request, str(error))
        now = _version(found.pk)
        status = 409 if isinstance(error, drafting.Stale) else 422
        shown = pages.reading(now, user_of(request)) | typed
        return _page(request, "version", shown, status)
    messages.success(request, done)
    return redirect(pages.address("version", found.pk))


# Trying out


@readers
def try_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the verdict on made-up facts; nothing of them is kept."""
    found = _version(pk)
    data = request.POST
    day = trial.day_of(data, impact.day_of(found))
    return _page(request, "trial", pages.trying(found, trial.texts_of(data), day, data))


# Impact


@require_safe
@readers
def show_impact(request: HttpRequest, pk: int) -> HttpResponse:
    found = _version(pk)
    return _page(request, "impact", pages.impact_page(found, impact.latest(found)))


@require_POST
@editors
def measure(request: HttpRequest, pk: int) -> HttpResponse:
    """Measure for a while; the page asks to go on until the whole population has been seen."""
    found = _version(pk)
    draft = pages.judgeable(found)
    if draft is None:
        messages.error(request, "条件还有需要更正之处，不能测算。")
        return redirect(pages.address("impact", pk))
    so_far = impact.go_on(draft, _so_far(request, draft))
    if so_far.is_done:
        impact.keep(draft, so_far, user_of(request))
        context = pages.impact_page(found, impact.latest(found))
    else:
        token = signing.dumps(so_far.to_json(), salt=SALT, compress=True)
        context = {**pages.impact_page(found, None), "so_far": so_far, "token": token}
    return _page(request, "_impact" if "HX-Request" in request.headers else "impact", context)


def _so_far(request: HttpRequest, draft: PolicyVersion) -> impact.Measurement:
    fresh = impact.begin(draft)
    try:
        written = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=600)
        known = impact.from_json(written)
    except signing.BadSignature:
        return fresh
    same = (known.mark, known.on) == (fresh.mark, fresh.on)
    return known if same else fresh
