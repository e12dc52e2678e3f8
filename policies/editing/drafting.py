"""From a draft to a published version (起草、送审、复核): two editors, each step on the record.

Whoever wrote any of a version does not publish it. A published version never changes; what is wrong
with one is put right by a later one.
"""

from collections.abc import Iterable, Iterator

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from notifications.sending import Notice, tell
from policies.editing.draft import Draft, flaws, mark, of_version, tidy
from policies.models import Policy, PolicyState, PolicyVersion
from policies.policy_schema import Flaw
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Entry, Event, record

WRITTEN = ("policy.drafted", "policy.saved")


class Refused(Exception):
    """What an editor may not do now; says why in Chinese."""


class Stale(Refused):
    """Somebody else has saved or moved on what is being looked at."""


class Unsound(Refused):
    """A draft that may not be submitted or published yet; `flaws` says why."""

    def __init__(self, found: Iterable[Flaw]) -> None:
        self.flaws = tuple(found)
        super().__init__(f"还有 {len(self.flaws)} 处需要更正，尚不能送审。")


@transaction.atomic
def found(*, policy: Policy, label: str, by: User) -> PolicyVersion:
    """Make a new policy and its first draft, and return the draft; raise Refused for a code that
    another has taken meanwhile."""
    try:
        with transaction.atomic():
            policy.save(force_insert=True)
    except IntegrityError:
        raise Refused("这一代码已有政策使用") from None
    return _draft(policy, PolicyVersion(label=label, document={}), by)


@transaction.atomic
def begin(*, policy: Policy, like: PolicyVersion | None, by: User) -> PolicyVersion:
    """Return a new draft of a policy that says what another version of it says."""
    draft = PolicyVersion(label="新版本", document=dict(like.document) if like else {})
    if like is not None:
        draft.division = like.division
        draft.document.pop("closed", None)
    return _draft(policy, draft, by)


def _draft(policy: Policy, draft: PolicyVersion, by: User) -> PolicyVersion:
    # The row of the policy keeps two drafts from taking the same number.
    locked = Policy.objects.select_for_update().get(pk=policy.pk)
    last = locked.versions.order_by("-number").values_list("number", flat=True).first()
    draft.policy, draft.number, draft.drafted_by = locked, (last or 0) + 1, by
    draft.save(force_insert=True)
    _record("policy.drafted", draft, by)
    return draft


@transaction.atomic
def save(*, pk: int, draft: Draft, seen: str, by: User) -> PolicyVersion:
    """Keep what was typed, sound or not; raise Stale where somebody saved since `seen`."""
    version = _locked(pk)
    _must_be(version, PolicyState.DRAFT)
    if mark(version) != seen:
        raise Stale(f"{_last_writer(version)}在您打开之后保存过这份草稿。")
    for name in ("label", "division"):
        setattr(version, name, draft.head[name])
    for name in ("effective_from", "effective_to"):
        setattr(version, name, draft.day(name))
    version.document = dict(draft.document)
    if is_new(version.policy) and draft.name != version.policy.name:
        version.policy.name = draft.name
        version.policy.save(update_fields=["name"])
    version.save()
    _record("policy.saved", version, by)
    return version


@transaction.atomic
def submit(*, pk: int, by: User) -> PolicyVersion:
    """Hand a draft to the other editors; raise Unsound while anything is wrong with it."""
    version = _locked(pk)
    _must_be(version, PolicyState.DRAFT)
    _must_be_sound(version)
    version.document = tidy(version.document)
    version.submit()
    version.submitted_at = clock.now()
    version.objection = ""
    version.save()
    event = _record("policy.submitted", version, by)
    _tell(event, version, _editors().exclude(pk__in=authors(version) | {by.pk}))
    return version


@transaction.atomic
def send_back(*, pk: int, reasons: str, by: User) -> PolicyVersion:
    """Return a submitted version to those who wrote it, with reasons."""
    version = _locked(pk)
    _must_be(version, PolicyState.SUBMITTED)
    _must_not_be_author(version, by)
    if not reasons.strip():
        raise Refused("请写明退回的理由。")
    version.send_back()
    version.objection = reasons.strip()
    version.save()
    event = _record("policy.sent_back", version, by)
    _tell(event, version, _editors().filter(pk__in=authors(version)), reasons=version.objection)
    return version


@transaction.atomic
def publish(*, pk: int, seen: str, by: User) -> PolicyVersion:
    """Publish a submitted version as it was looked at (`seen`); its authors may not."""
    version = _locked(pk)
    if version.state == PolicyState.PUBLISHED:
        raise Stale("这个版本已由他人发布。")
    _must_be(version, PolicyState.SUBMITTED)
    _must_not_be_author(version, by)
    if mark(version) != seen:
        raise Stale("这个版本在您打开之后有过改动，请重新核对。")
    _must_be_sound(version)
    version.publish()
    version.published_by, version.published_at = by, clock.now()
    version.save()
    event = _record("policy.published", version, by)
    _tell(event, version, _editors().exclude(pk=by.pk))
    return version


@transaction.atomic
def discard(*, pk: int, by: User) -> PolicyVersion:
    """Give up a draft; it stays on the record."""
    version = _locked(pk)
    _must_be(version, PolicyState.DRAFT)
    version.discard()
    version.save()
    _record("policy.discarded", version, by)
    return version


def authors(version: PolicyVersion) -> set[int]:
    """Return the ids of all who wrote any of a version."""
    events = Event.objects.filter(kind__in=WRITTEN, subject=subject_of(version))
    wrote = {actor for actor in events.values_list("actor", flat=True) if actor}
    return wrote | ({version.drafted_by_id} if version.drafted_by_id else set())


def is_new(policy: Policy) -> bool:
    """Tell whether nothing of a policy was published yet, so that its name may still change."""
    return not policy.versions.filter(state=PolicyState.PUBLISHED).exists()


def subject_of(version: PolicyVersion) -> str:
    return f"policy_version:{version.pk}"


def published(policy: Policy) -> list[PolicyVersion]:
    return list(policy.versions.filter(state=PolicyState.PUBLISHED))


def _locked(pk: int) -> PolicyVersion:
    """Return a version, locked together with its policy, in that order for every verb."""
    policy_id = PolicyVersion.objects.values_list("policy", flat=True).get(pk=pk)
    policy = Policy.objects.select_for_update().get(pk=policy_id)
    version = PolicyVersion.objects.select_for_update().get(pk=pk)
    version.policy = policy
    return version


def _must_be(version: PolicyVersion, state: PolicyState) -> None:
    if version.state != state:
        now = PolicyState(version.state).label
        raise Stale(f"这个版本现在是“{now}”，不能再这样处理。")


def _must_not_be_author(version: PolicyVersion, by: User) -> None:
    if by.pk in authors(version):
        raise Refused("您参与起草了这个版本，须由另一位编辑复核。")


def _must_be_sound(version: PolicyVersion) -> None:
    wrong = flaws(of_version(version), version, published(version.policy))
    if wrong := [*wrong, *_strangers(version)]:
        raise Unsound(wrong)


def _strangers(version: PolicyVersion) -> Iterator[Flaw]:
    """Yield the policies that cannot be excluded: unknown ones and the policy itself."""
    others = Policy.objects.exclude(pk=version.policy_id).values_list("code", flat=True)
    for code in sorted(set(version.document.get("excludes", ())) - set(others)):
        yield Flaw("excludes", f"没有可以互斥的政策 {code}")


def _last_writer(version: PolicyVersion) -> str:
    events = Event.objects.filter(kind__in=WRITTEN, subject=subject_of(version))
    last = events.select_related("actor").order_by("-pk").first()
    return str(last.actor) if last and last.actor else "另一位编辑"


def _record(kind: str, version: PolicyVersion, by: User) -> Event:
    payload = {"policy": version.policy.code, "number": version.number, "mark": mark(version)}
    return record(Entry(kind=kind, subject=subject_of(version), actor_id=by.pk, payload=payload))


def _editors() -> QuerySet[User]:
    return User.objects.filter(role=Role.EDITOR, is_active=True)


def _tell(event: Event, version: PolicyVersion, to: QuerySet[User], reasons: str = "") -> None:
    params = {"policy": version.policy.name, "version": version.label, "reasons": reasons}
    link = reverse("admin:policies_policy_version", args=[version.pk])
    tell(Notice(event, editor, event.kind, params, link) for editor in to)
