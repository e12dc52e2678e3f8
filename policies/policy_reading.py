"""Reading the policy files of a catalogue folder, one per policy, checked against the items."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from policies.policy_schema import Flaw, PolicyEntry, VersionEntry, division_flaw, flaws_of
from policies.reading import CatalogueError, Problem, document_in, reason_of, steps_of
from policies.schema import Catalogue
from portal.core.chinese import day_words

FOLDER = "policies"
# A day before the People's Republic is a slip of the pen.
EARLIEST = date(1949, 10, 1)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy and the name of its file, which problems found later still name."""

    name: str
    policy: PolicyEntry

    def problem(self, flaw: Flaw) -> Problem:
        return Problem(self.name, flaw.path, flaw.reason)


class Period(Protocol):
    """What overlap is judged by; a policy version in the database or in a file."""

    @property
    def label(self) -> str: ...
    @property
    def division(self) -> str: ...
    @property
    def effective_from(self) -> Any: ...
    @property
    def effective_to(self) -> Any: ...


def read_policies(folder: Path, catalogue: Catalogue) -> tuple[PolicyFile, ...]:
    """Return the policies in the folder's policies/*.yaml; raise CatalogueError with all problems.

    A catalogue without that folder has no policies.
    """
    problems: list[Problem] = []
    files: list[PolicyFile] = []
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        name = f"{folder.name}/{FOLDER}/{path.name}"
        found = _read(path, name)
        if isinstance(found, PolicyFile):
            files.append(found)
        else:
            problems += found
    # A file that cannot be read is missing from what others refer to.
    whole = not problems
    for file in files:
        problems += map(file.problem, _flaws(file.policy, catalogue))
    if whole:
        problems += _between(files)
    if problems:
        raise CatalogueError(tuple(sorted(set(problems))))
    return tuple(files)


def _read(path: Path, name: str) -> PolicyFile | list[Problem]:
    document = document_in(path, name)
    if isinstance(document, Problem):
        return [document]
    try:
        return PolicyFile(name, PolicyEntry.model_validate(document))
    except ValidationError as error:
        return [
            Problem(name, steps_of(detail["loc"]).lstrip("."), reason_of(detail))
            for detail in error.errors()
        ]


def _flaws(policy: PolicyEntry, catalogue: Catalogue) -> Iterator[Flaw]:
    if policy.department not in catalogue.departments:
        yield Flaw("department", f"没有部门 {policy.department}")
    yield from _item(policy, catalogue)
    yield from _sources(policy, catalogue)
    for index, version in enumerate(policy.versions):
        for flaw in _version(policy, index, version):
            yield Flaw(f"versions[{index}].{flaw.path}", flaw.reason)


def _item(policy: PolicyEntry, catalogue: Catalogue) -> Iterator[Flaw]:
    if not policy.item:
        return
    item = catalogue.items.get(policy.item)
    if item is None:
        yield Flaw("item", f"没有事项 {policy.item}")
    elif item.applicant != policy.applicant:
        yield Flaw("applicant", f"事项 {item.code} 由另一类申请人办理")


def _sources(policy: PolicyEntry, catalogue: Catalogue) -> Iterator[Flaw]:
    for path, source in _cited(policy.model_dump(exclude_defaults=True)):
        if source not in catalogue.sources:
            yield Flaw(path, f"没有来源 {source}")


def _cited(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            here = f"{path}.{key}" if path else str(key)
            if key == "source" and part:
                yield here, part
            else:
                yield from _cited(part, here)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _cited(part, f"{path}[{index}]")


def _version(policy: PolicyEntry, index: int, version: VersionEntry) -> Iterator[Flaw]:
    yield from flaws_of(version, policy.applicant)
    flaw = division_flaw(version.division) or clash(version, policy.versions[:index])
    if flaw is not None:
        yield flaw


def clash(version: Period, earlier: Sequence[Period]) -> Flaw | None:
    """Return why a version cannot follow those of its division, all of which stay as they are.

    It begins after each of them and, where one has a fixed end, after that; an open-ended one ends
    the day before.
    """
    begins, ends = version.effective_from, version.effective_to
    if begins is not None and begins < EARLIEST:
        return Flaw("effective_from", f"施行日期不能早于{day_words(EARLIEST)}")
    if begins is not None and ends is not None and ends < begins:
        return Flaw("effective_to", "截止日期不能早于施行日期")
    for other in earlier:
        if other.division != version.division:
            continue
        if begins is None:
            return Flaw("effective_from", f"已有版本“{other.label}”，须写明施行日期")
        if other.effective_from is not None and begins <= other.effective_from:
            day = day_words(other.effective_from)
            return Flaw("effective_from", f"施行日期须晚于版本“{other.label}”的{day}")
        if other.effective_to is not None and begins <= other.effective_to:
            day = day_words(other.effective_to)
            return Flaw("effective_from", f"与版本“{other.label}”重叠，该版本{day}截止")
    return None


def _between(files: Sequence[PolicyFile]) -> Iterator[Problem]:
    """Yield what does not fit between the policies: codes and items used twice, unknown codes."""
    codes: dict[str, str] = {}
    items: dict[str, str] = {}
    for file in files:
        policy = file.policy
        if policy.code in codes:
            yield Problem(file.name, "code", f"代码重复，已见于 {codes[policy.code]}")
        if policy.item and policy.item in items:
            yield Problem(file.name, "item", f"事项 {policy.item} 已见于 {items[policy.item]}")
        codes.setdefault(policy.code, file.name)
        items.setdefault(policy.item, file.name)
    for file in files:
        for path, code in _excluded(file.policy):
            if code not in codes:
                yield Problem(file.name, path, f"没有政策 {code}")
            elif code == file.policy.code:
                yield Problem(file.name, path, "政策不能与自己互斥")


def _excluded(policy: PolicyEntry) -> Iterator[tuple[str, str]]:
    for number, version in enumerate(policy.versions):
        for index, code in enumerate(version.excludes):
            yield f"versions[{number}].excludes[{index}]", code
