"""Trying a draft on made-up subjects (试算): facts as a form has them, and the verdict.

Nothing typed here is kept. `examples.yaml` beside this module has the made-up subjects.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policies.dictionary import FactDefinition, dictionary
from policies.editing import builder
from policies.editing.builder import Choice
from policies.editing.rows import Posted, number_of
from policies.eligibility import Count, Facts
from policies.guards import as_date
from policies.judging import Verdict, judge
from policies.models import PolicyState, PolicyVersion
from policies.shelf import PublishedPolicy, published_policy
from portal.core.chinese import day_words

EXAMPLES = Path(__file__).parent / "examples.yaml"
PREFIX = "f-"


@dataclass(frozen=True, slots=True)
class Example:
    """A made-up subject: texts of the form's fields by fact."""

    code: str
    name: str
    applicant: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One fact of the form."""

    code: str
    label: str
    unit: str
    kind: str
    text: str
    options: tuple[Choice, ...]
    problem: str
    matters: bool

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.code}"


@cache
def examples() -> tuple[Example, ...]:
    entries = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))["examples"]
    return tuple(
        Example(
            entry["code"],
            entry["name"],
            entry["applicant"],
            {code: _written(value) for code, value in entry["facts"].items()},
        )
        for entry in entries
    )


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts_of(data: Posted) -> dict[str, str]:
    """Return what is typed, by fact; an example that was picked fills in the whole form."""
    picked = next((one for one in examples() if one.code == data.get("example", "")), None)
    if picked is not None and data.get("fill", ""):
        return dict(picked.facts)
    texts = {code: str(data.get(f"{PREFIX}{code}", "") or "").strip() for code in dictionary()}
    return {code: text for code, text in texts.items() if text}


def facts_of(texts: Mapping[str, str], on: date) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the facts that texts stand for, and what is wrong with the others, by code.

    A count is as of the day asked about.
    """
    facts: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for code, text in texts.items():
        definition = dictionary().get(code)
        if definition is None:
            continue
        try:
            value = definition.parse(_typed(definition, text))
            facts[code] = Count(value, on) if definition.moves else value
        except ValueError as error:
            problems[code] = str(error)
    return facts, problems


def _typed(definition: FactDefinition, text: str) -> Any:
    if definition.kind == "bool":
        return {"true": True, "false": False}.get(text)
    return number_of(text) if definition.kind in {"int", "decimal"} else text


def asked(
    version: PolicyVersion, texts: Mapping[str, str], problems: Mapping[str, str]
) -> list[Asked]:
    """Return the facts of the form: those that matter for the policy first."""
    matter = _mattering(version)
    known = dictionary().items()
    found = [
        _asked(one, texts.get(code, ""), problems.get(code, ""), code in matter)
        for code, one in known
        if one.applicant in {None, version.policy.applicant} or code in matter
    ]
    return sorted(found, key=lambda one: not one.matters)


def _asked(definition: FactDefinition, text: str, problem: str, matters: bool) -> Asked:
    return Asked(
        definition.code,
        definition.name,
        definition.unit,
        {"date": "day", "int": "number", "decimal": "number"}.get(definition.kind, "select"),
        text,
        tuple(_options(definition)),
        problem,
        matters,
    )


def _options(definition: FactDefinition) -> Iterator[Choice]:
    yield ("", "未知")
    if definition.kind == "bool":
        yield from builder.BOOLEANS
    elif definition.kind == "division":
        yield from builder.districts()
    yield from ((one.value, one.label) for one in definition.options)


def _mattering(version: PolicyVersion) -> frozenset[str]:
    (only,) = alone(version).versions
    node = only.document.node
    codes = set(node.facts()) if node else set()
    if only.document.benefit is not None:
        codes |= {code for _, code, _ in only.document.benefit.fact_codes()}
    codes |= {only.document.judged_on} & set(dictionary())
    since = (dictionary()[code].since for code in codes)
    return frozenset(codes) | {one.fact for one in since if one}


def alone(version: PolicyVersion) -> PublishedPolicy:
    """Return the policy with this version only, as if it were published."""
    return published_policy(version.policy, [version])


def with_others(version: PolicyVersion) -> PublishedPolicy:
    """Return the policy as it would be with this version published."""
    rows = version.policy.versions.filter(state=PolicyState.PUBLISHED).exclude(pk=version.pk)
    return published_policy(version.policy, [*rows, version])


def verdict(version: PolicyVersion, facts: Facts, on: date) -> Verdict:
    """Return how made-up facts stand with the policy as it would be."""
    return judge(with_others(version), facts, on)


def day_of(data: Posted, default: date) -> date:
    return as_date(data.get("on", "")) or default


def leaf_rows(found: Verdict) -> list[dict[str, str]]:
    """Return every comparison of a verdict in words."""
    return [
        {
            "label": leaf.label,
            "need": leaf.need,
            "actual": leaf.actual,
            "tag": "later" if leaf.met is None else "done" if leaf.met else "stop",
            "met": "待核实" if leaf.met is None else "满足" if leaf.met else "不满足",
            "ripens": f"{day_words(leaf.from_day)}起满足" if leaf.from_day else
            "会随时间成熟" if leaf.matures and leaf.met is False else "",
        }
        for leaf in found.explanation.leaves
    ]  # fmt: skip
