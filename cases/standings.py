"""Standings (申请与享受情况): what subjects have applied for, been granted and enjoy already.

Worked out for any number of subjects in a fixed number of statements.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from cases.models import Case, CaseState, ParkedItem, WorkItem, WorkItemState
from cases.models.work_item import OPEN
from policies.dictionary import dictionary
from policies.models import OneThing, Profile, Subject
from policies.schema import Catalogue
from policies.shelf import PublishedPolicy, Shelf, shelf
from portal.accounts.models import User

# Of a case that came to nothing its items can be applied for again.
CAME_TO_NOTHING = (CaseState.REFUSED, CaseState.WITHDRAWN, CaseState.REVOKED)

# An item by the code of its one-thing and its own.
ItemKey = tuple[str, str]


@dataclass(slots=True)
class Standing:
    """What one subject has: items `ticked` in an open or decided case, `open` among them those not
    decided yet, `granted` items, `enjoyed` policies by code, facts that open items will supply."""

    ticked: set[ItemKey] = field(default_factory=set)
    open: set[ItemKey] = field(default_factory=set)
    granted: set[ItemKey] = field(default_factory=set)
    enjoyed: set[str] = field(default_factory=set)
    supplied: dict[str, Any] = field(default_factory=dict)
    catalogues: Mapping[str, Catalogue] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=lambda: Shelf({}))

    def bars(self, policy: PublishedPolicy) -> bool:
        """Whether a policy is enjoyed, applied for, or excluded by what is."""
        key = item_of(policy)
        return (
            policy.code in self.enjoyed
            or (key is not None and key in self.ticked)
            or any(self._has(code) for code in excluded_by(policy))
            or (key is not None and self._is_excluded(key))
        )

    def _has(self, code: str) -> bool:
        other = self.shelf.policies.get(code)
        key = item_of(other) if other else None
        return code in self.enjoyed or (key is not None and key in self.open | self.granted)

    def _is_excluded(self, key: ItemKey) -> bool:
        one_thing, code = key
        catalogue = self.catalogues.get(one_thing)
        for exclusion in catalogue.exclusions if catalogue else ():
            first, second = exclusion.items
            if code == first and self._stands((one_thing, second), only_granted=exclusion.one_way):
                return True
            if code == second and not exclusion.one_way and self._stands((one_thing, first)):
                return True
        return False

    def _stands(self, key: ItemKey, *, only_granted: bool = False) -> bool:
        policy = self.shelf.of_item(*key)
        is_enjoyed = policy is not None and policy.code in self.enjoyed
        return is_enjoyed or key in self.granted or (not only_granted and key in self.open)


def item_of(policy: PublishedPolicy) -> ItemKey | None:
    """Return the item by which a policy is applied for here, if there is one."""
    return (policy.one_thing, policy.item_code) if policy.item_code else None


def excluded_by(policy: PublishedPolicy) -> set[str]:
    """Return the policies that any version of a policy says it does not go with."""
    return {code for version in policy.versions for code in version.document.excludes}


@dataclass(frozen=True, slots=True)
class Told:
    """A subject and the account that is told of its policies.

    The account is the subject's own once a window has seen who the applicant is; until then it
    learns nothing but what follows from its own form.
    """

    subject: Subject
    user: User

    @property
    def is_proven(self) -> bool:
        return self.subject.user_id == self.user.pk


def standings(told: Iterable[Told]) -> dict[int, Standing]:
    """Return the standing of each subject by its id, as far as the account may know it."""
    every, policies = list(told), shelf()
    catalogues = {one.code: one.catalogue for one in _published()}
    found = {one.subject.pk: Standing(catalogues=catalogues, shelf=policies) for one in every}
    applied = list(_applied(every))
    cases = {case.pk for _, case in applied}
    states, parked = _states(cases), _parked(cases)
    for subject_id, case in applied:
        _count_in(found[subject_id], case, states.get(case.pk, {}), parked.get(case.pk, set()))
    for subject_id, codes in _enjoyed([one.subject.pk for one in every if one.is_proven], policies):
        found[subject_id].enjoyed |= codes
    return found


def _published() -> Iterable[OneThing]:
    published = OneThing.objects.filter(current__isnull=False)
    return published.select_related("current").defer("current__document")


def _applied(told: Collection[Told]) -> Iterator[tuple[int, Case]]:
    """Yield subjects with their cases: the account's own, and accepted ones of the same number."""
    numbered = {(one.subject.kind, one.subject.identity_index): one for one in told}
    own: dict[tuple[int, str], list[Told]] = {}
    for one in told:
        own.setdefault((one.user.pk, one.subject.kind), []).append(one)
    numbers = [one.subject.identity_index for one in told]
    is_drafted = Q(state=CaseState.DRAFT, applicant__in=[one.user.pk for one in told])
    cases = Case.objects.filter(is_drafted | Q(identity_index__in=numbers))
    for case in cases.exclude(state__in=CAME_TO_NOTHING).select_related("one_thing").only(*_READ):
        if case.state == CaseState.DRAFT:
            for one in own.get((case.applicant_id, case.applicant_kind), ()):
                yield one.subject.pk, case
        elif about := numbered.get((case.applicant_kind, case.identity_index)):
            if case.applicant_id == about.user.pk or (case.accepted_at and about.is_proven):
                yield about.subject.pk, case


_READ = (
    "identity_index",
    "applicant",
    "applicant_kind",
    "state",
    "accepted_at",
    "item_codes",
    "one_thing__code",
)


def _states(cases: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the states of work items by case and item."""
    found: dict[UUID, dict[str, str]] = {}
    rows = WorkItem.objects.filter(case__in=cases).values_list("case_id", "item_code", "state")
    for case_id, code, state in rows:
        found.setdefault(case_id, {})[code] = state
    return found


def _parked(cases: Collection[UUID]) -> dict[UUID, set[str]]:
    """Return the items that are put aside, by case."""
    found: dict[UUID, set[str]] = {}
    rows = ParkedItem.objects.open().filter(case__in=cases).values_list("case_id", "item_code")
    for case_id, code in rows:
        found.setdefault(case_id, set()).add(code)
    return found


def _count_in(
    standing: Standing, case: Case, states: Mapping[str, str], parked: Collection[str]
) -> None:
    """Add one case; an item that is put aside is applied for, but supplies nothing yet."""
    items = standing.catalogues[case.one_thing.code].items
    for code in dict.fromkeys([*case.item_codes, *states]):
        key, state = (case.one_thing.code, code), states.get(code)
        standing.ticked.add(key)
        if state == WorkItemState.APPROVED:
            standing.granted.add(key)
        elif code in parked:
            standing.open.add(key)
        elif state in OPEN or case.accepted_at is None:
            standing.open.add(key)
            supplies = items[code].supplies if code in items else ()
            standing.supplied |= dict.fromkeys(supplies, True)


def _enjoyed(ids: Collection[int], policies: Shelf) -> Iterator[tuple[int, set[str]]]:
    """Yield subjects with the policies whose fact of enjoying them is true."""
    facts = {policy.code: enjoyed_by(policy) for policy in policies.policies.values()}
    columns = sorted({f"f_{fact}" for some in facts.values() for fact in some})
    if not columns or not ids:
        return
    for pk, *values in Profile.objects.filter(subject__in=ids).values_list("pk", *columns):
        true = {column for column, value in zip(columns, values, strict=True) if value}
        yield pk, {code for code, some in facts.items() if {f"f_{fact}" for fact in some} & true}


def enjoyed_by(policy: PublishedPolicy) -> set[str]:
    """Return the facts that say a policy is enjoyed already, of any of its versions."""
    enjoyed = {version.document.enjoyed for version in policy.versions} - {""}
    return {fact for fact in enjoyed if not dictionary()[fact].sensitive}
