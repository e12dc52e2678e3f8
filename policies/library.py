"""The public library of policies (政策库): what is listed, found, and shown of one policy."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from policies.benefits import Benefit, work_out
from policies.benefits.example import Example, example_of
from policies.comparison import differences, division_words, term_words
from policies.models import SubjectKind
from policies.shelf import PublishedPolicy, PublishedVersion, Shelf
from policies.trees import Group, Node
from portal.core.chinese import day_words

LONGEST_QUERY = 50
IN_FORCE = "现行"


@dataclass(frozen=True, slots=True)
class Entry:
    """One policy in the list; `text` is what a search looks through."""

    policy: PublishedPolicy
    department: str
    applicant: str
    summary: str
    benefit: str
    term: str
    is_in_force: bool
    text: str


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for: words, all of which must occur, a department, an applicant kind."""

    words: str = ""
    department: str = ""
    applicant: str = ""

    def finds(self, entry: Entry) -> bool:
        return (
            self.department in {"", entry.policy.department}
            and self.applicant in {"", entry.policy.applicant}
            and all(word in entry.text for word in _plain(self.words).split())
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of the conditions, with those under it; `detail` is its exact meaning."""

    text: str
    detail: str = ""
    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the list of versions."""

    version: PublishedVersion
    division: str
    term: str
    is_in_force: bool
    standing: str


def entries(shelf: Shelf, departments: Mapping[str, str], on: date) -> tuple[Entry, ...]:
    """Return every published policy as it stands on a day, those for persons first.

    `departments` are names by code.
    """
    ordered = [policy for kind in SubjectKind for policy in shelf.for_applicant(kind)]
    return tuple(_entry(policy, departments, on) for policy in ordered)


def _entry(policy: PublishedPolicy, departments: Mapping[str, str], on: date) -> Entry:
    version, in_force = shown(policy, on), in_force_on(policy, on)
    benefit = worth(version, on)
    department = departments.get(policy.department, policy.department)
    applicant = SubjectKind(policy.applicant).label
    words = benefit.words if benefit else ""
    node = version.document.node
    looked_through = (
        policy.name,
        version.document.summary,
        version.document.apply,
        department,
        applicant,
        words,
        *(f"{leaf.label} {leaf.describe()}" for _, leaf in (node.leaves() if node else ())),
    )
    return Entry(
        policy=policy,
        department=department,
        applicant=applicant,
        summary=version.document.summary,
        benefit=words,
        term=term_words(version),
        is_in_force=in_force is not None,
        text=_plain(" ".join(looked_through)),
    )


def _plain(text: str) -> str:
    """Return a text so that full-width and half-width, capital and small letters are one."""
    return unicodedata.normalize("NFKC", text).casefold()


def in_force_on(policy: PublishedPolicy, on: date) -> PublishedVersion | None:
    """Return the city's version in force, or a district's where the city has none."""
    known = policy.version({}, on)
    districts = (version for version in policy.versions if version.division)
    rest = (one for one in districts if one.in_force(on) and not one.document.closed)
    return known or next(rest, None)


def shown(policy: PublishedPolicy, on: date) -> PublishedVersion:
    """Return the version in force, else the one that comes next, else the latest."""
    current = in_force_on(policy, on)
    if current is not None:
        return current
    city = [version for version in policy.versions if not version.division]
    coming = [one for one in city or policy.versions if one.begins is not None and one.begins > on]
    return coming[0] if coming else (city or list(policy.versions))[-1]


def standing(version: PublishedVersion, on: date) -> str:
    """Say whether a version is in force: 现行, 尚未施行, 已停止施行."""
    if version.begins is not None and version.begins > on:
        return "尚未施行"
    if version.document.closed or not version.in_force(on):
        return "已停止施行"
    return IN_FORCE


def worth(version: PublishedVersion, on: date) -> Benefit | None:
    """Return what a version grants, as far as it can be told without knowing anybody."""
    formula = version.document.benefit
    return None if formula is None else work_out(formula, {}, on)


def example(version: PublishedVersion, on: date) -> Example | None:
    formula = version.document.benefit
    return None if formula is None else example_of(formula, on)


def conditions(version: PublishedVersion) -> tuple[Condition, ...]:
    """Return the conditions in plain language as a tree of lines."""
    node = version.document.node
    return () if node is None else (_condition(node),)


def _condition(node: Node) -> Condition:
    if not isinstance(node, Group):
        text = node.describe()
        return Condition(node.label or text, "" if node.label in {"", text} else text)
    parts = tuple(_condition(part) for part in node.parts)
    return Condition(node.label or node.heading, node.heading if node.label else "", parts)


def version_rows(policy: PublishedPolicy, on: date) -> tuple[VersionRow, ...]:
    """Return all versions, the city's first, the latest of each division first."""
    ordered = sorted(reversed(policy.versions), key=lambda version: version.division)
    return tuple(
        VersionRow(
            version=version,
            division=division_words(version.division),
            term=term_words(version),
            is_in_force=standing(version, on) == IN_FORCE,
            standing=standing(version, on),
        )
        for version in ordered
    )


def compared(
    policy: PublishedPolicy, shelf: Shelf, pair: Iterable[PublishedVersion], on: date
) -> tuple[str, ...]:
    """Return in sentences what the second of two versions says otherwise than the first."""
    old, new = pair
    names = {code: other.name for code, other in shelf.policies.items()}
    return differences(old, new, names, on)


def usual_pair(policy: PublishedPolicy, on: date) -> tuple[PublishedVersion, PublishedVersion]:
    """Return the two versions that one would compare first: the one shown and its predecessor.

    A policy with one version only is compared with itself.
    """
    new = shown(policy, on)
    same = [version for version in policy.versions if version.division == new.division]
    place = same.index(new)
    if place:
        return same[place - 1], new
    others = [version for version in policy.versions if version is not new]
    return (new, others[0]) if others else (new, new)


def by_number(policy: PublishedPolicy, number: str) -> PublishedVersion | None:
    return next((one for one in policy.versions if str(one.number) == number), None)


def closing_words(policy: PublishedPolicy, on: date) -> str:
    """Say why nobody can apply on a day, where no version is in force; empty otherwise."""
    if in_force_on(policy, on) is not None:
        return ""
    version = shown(policy, on)
    if version.begins is not None and version.begins > on:
        return f"{day_words(version.begins)}起受理"
    if version.ends is not None:
        return f"已于{day_words(version.ends)}截止"
    return "已停止实施"


def rivals(version: PublishedVersion, shelf: Shelf) -> Iterator[PublishedPolicy]:
    """Yield the published policies that cannot be enjoyed together with a version."""
    for code in version.document.excludes:
        if code in shelf.policies:
            yield shelf.policies[code]
