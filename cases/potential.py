"""Who could have a policy and has not asked for it (潜在享受人员): lists from the stored matches.

Left out is who enjoys the policy, has applied for it, or has what it does not go with. A department
sees the people of its own policies, an employer its own people and no policy that asks about a
sealed fact: that someone may have it would say what the fact is.
"""

from collections.abc import Collection, Iterator
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.models import Case, CaseState, WorkItem, WorkItemState
from cases.models.case import CLOSED
from cases.standings import CAME_TO_NOTHING, enjoyed_by, excluded_by, item_of
from policies import subjects
from policies.compiled import is_sensitive
from policies.models import Match, OneThing, Subject, SubjectKind
from policies.schema import Catalogue
from policies.shelf import PublishedPolicy, shelf
from portal.accounts.models import DEPARTMENT_ROLES, Role, User


class Listed(NamedTuple):
    """Whose matches someone may see, and of which policies."""

    policies: tuple[PublishedPolicy, ...]
    matches: "QuerySet[Match]"


def for_department(user: User) -> Listed:
    """Return the unclaimed matches of the policies of an officer's or leader's department."""
    own: tuple[PublishedPolicy, ...] = ()
    if user.role in DEPARTMENT_ROLES and user.department:
        code = user.department.code
        own = tuple(one for one in shelf().policies.values() if one.department == code)
    return Listed(own, unclaimed(own))


def for_employer(user: User) -> Listed:
    """Return the unclaimed matches of the people whom an agent's enterprises employ.

    An enterprise is an agent's once a window has seen who applies for it.
    """
    own = shelf().for_applicant(SubjectKind.PERSON)
    shown = tuple(one for one in own if not _asks_sealed_facts(one))
    return Listed(shown, unclaimed(shown).filter(subject__employer_index__in=employers(user)))


def employers(user: User) -> set[str]:
    """Return by what index the people of an agent's enterprises are found."""
    if user.role != Role.AGENT:
        return set()
    held = Subject.objects.filter(user=user, kind=SubjectKind.ENTERPRISE)
    indexes = {subjects.employer_index(str(one.identity.get("uscc", ""))) for one in held}
    return indexes - {""}


def unclaimed(policies: Collection[PublishedPolicy]) -> "QuerySet[Match]":
    """Return the open matches of policies that nobody has acted on."""
    claimed = Q(Exists(_applied()))
    known, catalogues = shelf(), _catalogues()
    for policy in policies:
        others = [known.policies[code] for code in excluded_by(policy) & set(known.policies)]
        enjoyed = set().union(*(enjoyed_by(one) for one in (policy, *others)))
        barred = [Q(**{f"subject__profile__f_{fact}": True}) for fact in sorted(enjoyed)]
        barred += [_stands(*key) for one in others if (key := item_of(one))]
        barred += _excluded(policy, catalogues.get(policy.one_thing))
        if barred:
            claimed |= Q(policy=policy.pk) & reduce(or_, barred)
    pks = [policy.pk for policy in policies]
    return Match.objects.filter(until=None, policy__in=pks).filter(~claimed)


def _excluded(policy: PublishedPolicy, catalogue: Catalogue | None) -> Iterator[Q]:
    """Yield what keeps the policy's item from being in one case with others."""
    for exclusion in catalogue.exclusions if catalogue else ():
        first, second = exclusion.items
        if policy.item_code == first:
            yield _stands(policy.one_thing, second, only_granted=exclusion.one_way)
        elif policy.item_code == second and not exclusion.one_way:
            yield _stands(policy.one_thing, first)


def _applied() -> "QuerySet[Case]":
    """Return the cases of the subject of a match that ask for its policy."""
    return _cases().filter(
        one_thing=OuterRef("policy__one_thing"),
        item_codes__contains=[OuterRef("policy__item_code")],
    )


def _cases() -> "QuerySet[Case]":
    """Return the cases of the subject of a match, without those that came to nothing."""
    own = Case.objects.filter(
        identity_index=OuterRef("subject__identity_index"), applicant_kind=OuterRef("subject__kind")
    )
    return own.exclude(state__in=(CaseState.DRAFT, *CAME_TO_NOTHING))


def _stands(one_thing: str, code: str, *, only_granted: bool = False) -> Q:
    """Return that an item was granted to the subject of a match, or is being handled."""
    granted = WorkItem.objects.filter(
        case__identity_index=OuterRef("subject__identity_index"),
        case__applicant_kind=OuterRef("subject__kind"),
        case__one_thing__code=one_thing,
        item_code=code,
        state=WorkItemState.APPROVED,
    )
    handled = _cases().filter(one_thing__code=one_thing, item_codes__contains=[code])
    found = Q(Exists(granted))
    return found if only_granted else found | Q(Exists(handled.exclude(state__in=CLOSED)))


def _catalogues() -> dict[str, Catalogue]:
    published = OneThing.objects.filter(current__isnull=False).select_related("current")
    return {one.code: one.catalogue for one in published.defer("current__document")}


def _asks_sealed_facts(policy: PublishedPolicy) -> bool:
    nodes = (version.document.node for version in policy.versions)
    return any(node is not None and is_sensitive(node) for node in nodes)
