"""Recommending (主动推荐): telling people what they may have and have not applied for.

After a submission, and whenever facts change, each policy that a subject is eligible for is
recommended, unless it is enjoyed, applied for, excluded by what is, or was dismissed lately. One
message tells of all of them. A recommendation stays open until it is applied for or dismissed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse

from cases import known
from cases.errors import AlreadyHandled
from cases.models import Case, CaseState, Recommendation
from cases.standings import Standing, Told, standings
from notifications.sending import Notice, tell
from policies import subjects
from policies.dictionary import dictionary
from policies.eligibility import Facts, Outcome
from policies.judging import Verdict, judge
from policies.models import Match, Subject
from policies.shelf import PublishedPolicy, shelf
from policies.subjects import Statement
from portal.accounts.models import User
from portal.core import clock
from portal.core.chinese import listed
from portal.core.ledger import Entry, record, record_many

# How long what was dismissed does not come back.
SILENT_FOR = timedelta(days=30)
GONE = "该推荐已申请或已忽略，请查看最新状态。"

Occasion = Recommendation.Occasion
# Policies by subject.
Candidates = Mapping[int, Collection[int]]


class Changes(Protocol):
    """What an inspection found; see policies.inspection."""

    @property
    def subject_ids(self) -> Collection[int]: ...

    @property
    def gained(self) -> Collection[tuple[int, int]]: ...


def after_submission(case: Case) -> list[Recommendation]:
    """Return what is newly recommended to the applicant of a case that was just handed in.

    Called in the transaction of the submission, and `react` in that of the inspection.
    What the case applies for of what was recommended before is noted as applied for. Facts that its
    items will supply count.
    """
    if not shelf().policies:
        return []
    subject = known.subject_of(case)
    if subject is None or subject.user_id not in (None, case.applicant_id):
        return []
    told = Told(subject, case.applicant)
    standing = standings([told])[subject.pk]
    _note_applied(told, case, standing)
    eligible = {one.policy.pk for one in _eligible(told, standing, case)}
    return _recommend([told], {subject.pk: eligible}, Occasion.SUBMISSION)


def react(changes: Changes) -> list[Recommendation]:
    """Return what is newly recommended to subjects whose facts have changed.

    A fixed number of statements however many they are.
    """
    found: dict[int, set[int]] = {}
    pairs = Match.objects.filter(
        subject__in=list(changes.subject_ids), subject__user__is_active=True, until=None
    ).values_list("subject_id", "policy_id")
    for subject_id, policy_id in [*pairs, *changes.gained]:
        found.setdefault(subject_id, set()).add(policy_id)
    with_account = Subject.objects.filter(pk__in=found, user__is_active=True)
    told = [Told(one, one.user) for one in with_account.select_related("user") if one.user]
    return _recommend(told, found, Occasion.FACTS)


@transaction.atomic
def dismiss(*, recommendation_id: int, actor: User) -> Recommendation:
    """Return the recommendation dismissed (不再提示): it does not come back for a while.

    Raises Recommendation.DoesNotExist for a stranger's, AlreadyHandled where it is not open.
    """
    found = Recommendation.objects.get(pk=recommendation_id, user=actor)
    _lock([found.subject_id])
    found = Recommendation.objects.get(pk=recommendation_id)
    if found.applied_at or found.dismissed_at:
        raise AlreadyHandled(GONE)
    found.dismissed_at = clock.now()
    found.shown_at = found.shown_at or found.dismissed_at
    found.save(update_fields=["dismissed_at", "shown_at"])
    about = f"subject:{found.subject_id}"
    payload = {"policies": [found.policy.code]}
    record(Entry("recommendation.dismissed", None, about, actor.pk, payload=payload))
    return found


def note_shown(*, actor: User, ids: Collection[int]) -> int:
    """Note that recommendations were shown to whom they are for; return how many were new."""
    own = Recommendation.objects.filter(user=actor, pk__in=ids, shown_at=None)
    return own.update(shown_at=clock.now())


def open_up(*, actor: User, ids: Collection[int]) -> list[Recommendation]:
    """Note that open recommendations were taken up, and return them with their policies."""
    moment = clock.now()
    own = Recommendation.objects.filter(user=actor, pk__in=ids, applied_at=None, dismissed_at=None)
    own.update(opened_at=Coalesce(F("opened_at"), moment), shown_at=Coalesce(F("shown_at"), moment))
    return list(own.select_related("policy__one_thing", "subject").order_by("pk"))


@dataclass(frozen=True, slots=True)
class Offered:
    """An open recommendation that still holds, with the verdict that says so."""

    recommendation: Recommendation
    verdict: Verdict


def offered_to(user: User) -> list[Offered]:
    """Return the open recommendations of a user that still hold, the newest first.

    One may be eligible no more, or have begun to apply elsewhere, since it was made.
    """
    waiting = list(
        Recommendation.objects.filter(user=user, applied_at=None, dismissed_at=None)
        .select_related("subject", "policy")
        .order_by("-made_at", "policy__code")
    )
    if not waiting:
        return []
    told = {one.subject_id: Told(one.subject, user) for one in waiting}
    standing = standings(told.values())
    verdicts = {
        (pk, verdict.policy.pk): verdict
        for pk, one in told.items()
        for verdict in _eligible(one, standing[pk])
        if not standing[pk].bars(verdict.policy)
    }
    return [
        Offered(one, verdicts[one.subject_id, one.policy_id])
        for one in waiting
        if (one.subject_id, one.policy_id) in verdicts
    ]


def _eligible(told: Told, standing: Standing, case: Case | None = None) -> list[Verdict]:
    """Return the policies that can be had today, counting what open items will supply."""
    today = clock.today()
    facts = {**_facts(told, case, today), **standing.supplied}
    policies = standing.shelf.for_applicant(told.subject.kind)
    verdicts = (judge(policy, facts, today) for policy in policies)
    return [verdict for verdict in verdicts if verdict.outcome == Outcome.ELIGIBLE]


def _facts(told: Told, case: Case | None, on: date) -> Facts:
    """Return what is known of a subject; to an account not proven its own, only what it filled in.

    Anybody can type the number of somebody else.
    """
    if told.is_proven:
        return subjects.known(told.subject, on)
    latest = case or _latest_case(told)
    return _stated(known.form_statements(latest)) if latest else {}


def _stated(statements: Mapping[str, Statement]) -> Facts:
    """Return statements in their types; what cannot be read is missing."""
    found: dict[str, object] = {}
    for code, statement in statements.items():
        with suppress(ValueError):
            found[code] = dictionary()[code].parse(statement.value)
    return found


def _latest_case(told: Told) -> Case | None:
    subject = told.subject
    own = Case.objects.filter(
        applicant=told.user,
        applicant_kind=subject.kind,
        identity_index=subject.identity_index,
    ).exclude(state=CaseState.DRAFT)
    return own.select_related("version", "one_thing").order_by("-submitted_at").first()


def _note_applied(told: Told, case: Case, standing: Standing) -> None:
    items = ((case.one_thing.code, code) for code in case.item_codes)
    applied = [policy.pk for key in items if (policy := standing.shelf.of_item(*key))]
    moment = clock.now()
    Recommendation.objects.filter(
        subject=told.subject,
        user=told.user,
        policy__in=applied,
        applied_at=None,
        dismissed_at=None,
    ).update(applied_at=moment, case=case, shown_at=Coalesce(F("shown_at"), moment))


def _recommend(told: Iterable[Told], found: Candidates, occasion: Occasion) -> list[Recommendation]:
    """Recommend to each subject what nothing speaks against, and tell them once."""
    every = [one for one in told if found.get(one.subject.pk)]
    if not every:
        return []
    _lock(one.subject.pk for one in every)
    standing, silent = standings(every), _silent(every)
    policies = {policy.pk: policy for policy in shelf().policies.values()}
    fitting = {
        one: [
            policies[pk]
            for pk in sorted(found[one.subject.pk])
            if pk in policies
            and (one.subject.pk, pk) not in silent
            and not standing[one.subject.pk].bars(policies[pk])
        ]
        for one in every
    }
    return _made({one: some for one, some in fitting.items() if some}, occasion)


def _lock(ids: Iterable[int]) -> None:
    """Hold subjects until the end of the transaction: who recommends at once does it in turn."""
    rows = Subject.objects.filter(pk__in=list(ids)).order_by("pk").only("pk")
    list(rows.select_for_update(of=("self",), no_key=True))


def _silent(told: Iterable[Told]) -> set[tuple[int, int]]:
    """Return subjects and policies of which nothing is said: told already, or dismissed lately."""
    users = {one.subject.pk: one.user.pk for one in told}
    rows = Recommendation.objects.filter(subject__in=users, applied_at=None)
    lately = rows.exclude(dismissed_at__lte=clock.now() - SILENT_FOR)
    found = lately.values_list("subject_id", "policy_id", "user_id")
    return {(subject, policy) for subject, policy, user in found if users[subject] == user}


def _made(
    fitting: Mapping[Told, Sequence[PublishedPolicy]], occasion: Occasion
) -> list[Recommendation]:
    moment = clock.now()
    made = Recommendation.objects.bulk_create(
        Recommendation(
            subject=one.subject,
            user=one.user,
            policy_id=policy.pk,
            occasion=occasion,
            made_at=moment,
        )
        for one, policies in fitting.items()
        for policy in policies
    )
    events = record_many(
        Entry(
            "recommendation.made",
            None,
            f"subject:{one.subject.pk}",
            payload={"policies": [policy.code for policy in policies]},
        )
        for one, policies in fitting.items()
    )
    link = reverse("cases:recommendations")
    tell(
        Notice(event, one.user, event.kind, _words(policies), link)
        for event, (one, policies) in zip(events, fitting.items(), strict=True)
    )
    return made


def _words(policies: Sequence[PublishedPolicy]) -> dict[str, object]:
    names = [f"“{policy.name}”" for policy in policies]
    return {"count": len(policies), "policies": listed(names), "first": names[0]}
