"""The package (政策套餐): what answers give a right to now, soon, and what would settle the rest.

Nothing is stored here: a package follows from facts on a day. What excludes each other counts once,
the better of it; what an item of the package brings about counts for the others (随…一并办理).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.urls import reverse
from pydantic import BaseModel, ConfigDict

from cases import merging
from cases.questions import Answers, Branch, branches
from policies.benefits import Benefit
from policies.dictionary import dictionary
from policies.eligibility import Facts, Finding
from policies.eligibility import Outcome as Standing
from policies.judging import Verdict, judge
from policies.models import OneThing
from policies.schema import Applicant, Catalogue
from policies.shelf import PublishedPolicy, shelf
from portal.accounts.models import Department
from portal.core.chinese import listed, money_words

Pay = Literal["once", "yearly"]
# How far ahead the end of a term is told.
MINDED = timedelta(days=5 * 366)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Missing(_Part):
    """A fact that is unknown, and the question that asks for it, if one does."""

    name: str
    question: int | None = None


class Entry(_Part):
    """One policy of the package. `lines` and `reasons` may tell what was answered."""

    code: str
    name: str
    department: str
    item: str = ""
    apply: str = ""
    worth: str = ""
    once: Decimal | None = None
    yearly: Decimal | None = None
    years: int | None = None
    lines: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    unpriced: tuple[str, ...] = ()
    from_day: date | None = None
    closes_on: date | None = None
    uploads: tuple[str, ...] = ()
    spared: int = 0
    together: str = ""
    rivals: tuple[str, ...] = ()
    is_counted: bool = True

    @property
    def url(self) -> str:
        """The policy's own page."""
        return reverse("policies:policy", args=[self.code])

    @property
    def value(self) -> Decimal:
        """What it comes to over its whole term, for comparing policies; yuan."""
        return (self.once or Decimal()) + (self.yearly or Decimal()) * (self.years or 1)


class Filing(_Part):
    """What of the package is applied for here in one case."""

    slug: str
    name: str
    codes: tuple[str, ...]


class Outcome(_Part):
    """A package as it was on a day; amounts in yuan."""

    kind: Applicant
    on: date
    now: tuple[Entry, ...] = ()
    soon: tuple[Entry, ...] = ()
    unclear: tuple[Entry, ...] = ()
    never: tuple[Entry, ...] = ()
    enjoyed: tuple[str, ...] = ()
    filing: Filing | None = None
    uploads: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.now if entry.is_counted)

    @property
    def spare(self) -> int:
        """How many give way to one that they exclude."""
        return len(self.now) - len(self.counted)

    @property
    def once(self) -> Decimal:
        return self._sum("once")

    @property
    def yearly(self) -> Decimal:
        return self._sum("yearly")

    @property
    def sums(self) -> tuple[str, ...]:
        """The totals with their arithmetic, such as 一次性：甲 10,000 + 乙 5,000 = 15,000 元。"""
        titles: tuple[tuple[Pay, str], ...] = (("once", "一次性"), ("yearly", "每年"))
        return tuple(self._added(pay, title) for pay, title in titles if self._paid(pay))

    @property
    def put_aside(self) -> int:
        """How many policies are not met or enjoyed already."""
        return len(self.never) + len(self.enjoyed)

    @property
    def heading(self) -> str:
        """The answer in one line."""
        if not self.now:
            return "现在还没有可以享受的政策" if self.soon or self.unclear else "没有可以享受的政策"
        amounts = [
            f"{title} {money_words(amount)}"
            for title, amount in (("一次性", self.once), ("每年", self.yearly))
            if amount
        ]
        total = f"，合计{'、'.join(amounts)}" if amounts else ""
        return f"现在可以享受 {len(self.counted)} 项政策{total}"

    def _paid(self, pay: Pay) -> list[Entry]:
        return [entry for entry in self.counted if getattr(entry, pay)]

    def _sum(self, pay: Pay) -> Decimal:
        return sum((getattr(entry, pay) for entry in self._paid(pay)), Decimal())

    def _added(self, pay: Pay, title: str) -> str:
        paid = self._paid(pay)
        parts = [f"{entry.name} {money_words(getattr(entry, pay))}" for entry in paid]
        total = f" = {money_words(self._sum(pay))}" if len(paid) > 1 else ""
        return f"{title}：{' + '.join(parts)}{total}"


def assemble(kind: Applicant, facts: Facts, on: date) -> Outcome:
    """Return the package of somebody with these facts on a day."""
    policies = shelf()
    things = {one.code: one for one in OneThing.objects.on_offer()}
    making = _Making(kind, facts, on, {code: one.catalogue for code, one in things.items()})
    making.judge(policies.for_applicant(kind))
    departments = dict(Department.objects.values_list("code", "short_name"))
    entries = {
        code: making.entry(verdict, departments) for code, verdict in making.verdicts.items()
    }
    now, rivals = making.eligible, making.rivals
    taken = [one for one in now if one.policy.code not in rivals.lesser]
    filing = _filing(taken, things)
    return Outcome(
        kind=kind,
        on=on,
        now=tuple(sorted((entries[one.policy.code] for one in now), key=_worth_first)),
        soon=tuple(sorted(making.of(entries, Standing.NOT_YET), key=_soonest)),
        unclear=tuple(making.of(entries, Standing.UNKNOWN)),
        never=tuple(making.of(entries, Standing.NOT)),
        enjoyed=tuple(making.enjoyed),
        filing=filing,
        uploads=_uploads(things, filing, on),
    )


# Parts of an entry that tell how the questions were answered.
TELLING = {"lines": True, "reasons": True, "missing": True, "unpriced": True, "closes_on": True}


def shareable(outcome: Outcome) -> dict[str, Any]:
    """Return the package as JSON without what tells how the questions were answered."""
    every = {"__all__": TELLING}
    return outcome.model_dump(
        mode="json",
        exclude_defaults=True,
        exclude={"now": every, "soon": every, "unclear": every, "never": True, "enjoyed": True},
    )


def read(document: Mapping[str, Any]) -> Outcome:
    """Return a shared package as it was kept."""
    return Outcome.model_validate(document)


def answered(branch: Branch, answers: Answers) -> list[dict[str, Any]]:
    """Return every question with the answer as a person reads it, for changing it."""
    rows = []
    for number, question in enumerate(branch.questions, 1):
        given = answers.get(question.code, {})
        words = [one.words(given[one.code]) for one in question.fields if given.get(one.code)]
        rows.append({"number": number, "title": question.title, "words": "；".join(words)})
    return rows


# ---- what excludes what -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rivals:
    """Which of several policies exclude each other, and those that give way to a better one."""

    names: Mapping[str, tuple[str, ...]]
    lesser: frozenset[str]

    def names_of(self, code: str) -> tuple[str, ...]:
        return self.names.get(code, ())


def excluding(verdicts: Sequence[Verdict]) -> Rivals:
    """Return how verdicts that could all be had stand to each other; the better one is kept."""
    codes = {one.policy.code: one for one in verdicts}
    clashes: dict[str, set[str]] = {}
    for one in verdicts:
        for other in _excluded_by(one):
            if other in codes:
                clashes.setdefault(one.policy.code, set()).add(other)
                clashes.setdefault(other, set()).add(one.policy.code)
    kept: set[str] = set()
    for one in sorted(verdicts, key=lambda verdict: -_value(verdict)):
        if not clashes.get(one.policy.code, set()) & kept:
            kept.add(one.policy.code)
    names = {
        code: tuple(f"“{codes[other].policy.name}”" for other in sorted(others))
        for code, others in clashes.items()
    }
    return Rivals(names, frozenset(codes) - kept)


def _excluded_by(verdict: Verdict) -> tuple[str, ...]:
    return verdict.version.document.excludes if verdict.version else ()


def _value(verdict: Verdict) -> Decimal:
    total = verdict.benefit.total if verdict.benefit else None
    return total or Decimal()


# ---- making a package ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Making:
    """Verdicts on the way to a package: those that could be had bring about facts for others."""

    kind: Applicant
    facts: Facts
    on: date
    catalogues: Mapping[str, Catalogue]
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    enjoyed: list[str] = field(default_factory=list)
    together: dict[str, str] = field(default_factory=dict)

    def judge(self, policies: Iterable[PublishedPolicy]) -> None:
        for policy in policies:
            verdict = judge(policy, self.facts, self.on)
            if verdict.version and self.facts.get(verdict.version.document.enjoyed) is True:
                self.enjoyed.append(policy.name)
            else:
                self.verdicts[policy.code] = verdict
        while self._judge_together():
            pass

    @property
    def eligible(self) -> list[Verdict]:
        return [one for one in self.verdicts.values() if one.outcome == Standing.ELIGIBLE]

    @property
    def rivals(self) -> Rivals:
        return excluding(self.eligible)

    def of(self, entries: Mapping[str, Entry], standing: Standing) -> list[Entry]:
        return [
            entries[code]
            for code, verdict in self.verdicts.items()
            if verdict.outcome == standing and verdict.version
        ]

    def entry(self, verdict: Verdict, departments: Mapping[str, str]) -> Entry:
        policy, rivals = verdict.policy, self.rivals
        version = verdict.version
        return Entry(
            code=policy.code,
            name=policy.name,
            department=departments.get(policy.department, ""),
            item=policy.item_code,
            apply=version.document.apply if version else "",
            **_paid(verdict.benefit),
            reasons=tuple(_unmet(verdict)) if verdict.outcome == Standing.NOT else (),
            lacks=tuple(_lacking(verdict)) if verdict.outcome == Standing.NOT_YET else (),
            missing=tuple(self._missing(verdict)),
            from_day=verdict.from_day,
            closes_on=self._closing(verdict),
            together=self.together.get(policy.code, ""),
            rivals=rivals.names_of(policy.code),
            is_counted=policy.code not in rivals.lesser,
            **self._papers(policy),
        )

    def _closing(self, verdict: Verdict) -> date | None:
        """Return the last day of applying, if it is near enough to be minded."""
        end = verdict.closes_on
        return end if end and end - self.on <= MINDED else None

    def _judge_together(self) -> bool:
        """Judge once more with what the chosen items bring about; tell whether that helped."""
        supplied = self._supplied()
        facts = {**self.facts, **dict.fromkeys(supplied, True)}
        helped = False
        for code, verdict in list(self.verdicts.items()):
            if verdict.outcome == Standing.ELIGIBLE:
                continue
            again = judge(verdict.policy, facts, self.on)
            if again.outcome == Standing.ELIGIBLE:
                counts = [leaf.fact for leaf in verdict.explanation.leaves if leaf.fact in supplied]
                self.together[code] = listed(dict.fromkeys(supplied[fact] for fact in counts))
                self.verdicts[code] = again
                helped = True
        return helped

    def _supplied(self) -> dict[str, str]:
        """Return the facts that chosen items make true and that are not so yet, with the items."""
        lesser = self.rivals.lesser
        found: dict[str, str] = {}
        for one in self.eligible:
            if one.policy.code in lesser or not one.policy.item_code:
                continue
            item = self._item(one.policy)
            for fact in item.supplies if item else ():
                if self.facts.get(fact) is not True:
                    found.setdefault(fact, f"“{one.policy.name}”")
        return found

    def _item(self, policy: PublishedPolicy) -> Any:
        catalogue = self.catalogues.get(policy.one_thing)
        return catalogue.items.get(policy.item_code) if catalogue else None

    def _papers(self, policy: PublishedPolicy) -> dict[str, Any]:
        if self._item(policy) is None:
            return {}
        catalogue = self.catalogues[policy.one_thing]
        merged = merging.merge(catalogue, [policy.item_code], None, self.on)
        spared = [*merged.shared, *merged.produced, *merged.commitments]
        return {
            "uploads": tuple(one.material.name for one in merged.required_uploads),
            "spared": len(spared),
        }

    def _missing(self, verdict: Verdict) -> Iterator[Missing]:
        numbers = _questions(self.kind)
        for code in verdict.explanation.missing:
            yield Missing(name=dictionary()[code].name, question=numbers.get(code))


def _paid(benefit: Benefit | None) -> dict[str, Any]:
    """Return what a benefit comes to, one-off and by the year; a loan is not paid out."""
    if benefit is None:
        return {}
    told = {
        "worth": benefit.words,
        "lines": benefit.lines + tuple(str(part) for part in benefit.instalments),
        "unpriced": tuple(dictionary()[code].name for code in benefit.unknown),
    }
    if benefit.amount is None:
        return told
    months = MONTHS_OF.get(benefit.unit[-1])
    if months is None:
        return told if benefit.total is None else {**told, "once": benefit.total}
    yearly = benefit.amount * months
    years = int(benefit.total / yearly) if benefit.total and yearly else None
    return {**told, "yearly": yearly, "years": years}


# By the unit's last sign: how many of it make a year. Whatever has none is paid once.
MONTHS_OF = {"月": 12, "年": 1}


def _unmet(verdict: Verdict) -> Iterator[str]:
    """Yield what is not met and was said instead; of alternatives only that none is met."""
    failed = [leaf for leaf in verdict.explanation.leaves if _is_failed(leaf)]
    needed = [leaf for leaf in failed if not _ALTERNATIVE.search(leaf.path)]
    yield from (f"{leaf.label}（您的情况：{leaf.actual}）" for leaf in needed)
    if failed and not needed:
        yield "所列的几种情形都不符合"


def _lacking(verdict: Verdict) -> Iterator[str]:
    """Yield what only time or an event will meet, without alternatives that are out of reach."""
    leaves = verdict.explanation.leaves
    lost = {way for leaf in leaves if _is_failed(leaf) for way in _ways(leaf.path)}
    labels = (
        leaf.label
        for leaf in leaves
        if leaf.met is False and not _is_failed(leaf) and not lost.intersection(_ways(leaf.path))
    )
    yield from dict.fromkeys(labels)


_ALTERNATIVE = re.compile(r"(?:any|of)\[\d+\]")


def _is_failed(leaf: Finding) -> bool:
    return leaf.met is False and not leaf.matures and leaf.from_day is None


def _ways(path: str) -> set[str]:
    """Return the alternatives that a leaf belongs to, as paths."""
    return {path[: found.end()] for found in _ALTERNATIVE.finditer(path)}


def _questions(kind: Applicant) -> dict[str, int]:
    """Return the number of the question that asks for a fact."""
    return {
        code: number
        for number, question in enumerate(branches()[kind].questions, 1)
        for asked in question.fields
        for code in asked.stated
    }


def _filing(taken: Iterable[Verdict], things: Mapping[str, OneThing]) -> Filing | None:
    """Return the one case that applies for most of what can be had now."""
    codes: dict[str, list[str]] = {}
    for one in taken:
        if one.policy.item_code and one.policy.one_thing in things:
            codes.setdefault(one.policy.one_thing, []).append(one.policy.item_code)
    if not codes:
        return None
    code = max(codes, key=lambda one: len(codes[one]))
    return Filing(slug=things[code].slug, name=things[code].name, codes=tuple(codes[code]))


def _uploads(things: Mapping[str, OneThing], filing: Filing | None, on: date) -> tuple[str, ...]:
    """Return the documents of the whole case, each once."""
    if filing is None:
        return ()
    catalogue = next(one.catalogue for one in things.values() if one.slug == filing.slug)
    merged = merging.merge(catalogue, filing.codes, None, on)
    return tuple(one.material.name for one in merged.required_uploads)


def _worth_first(entry: Entry) -> tuple[bool, Decimal]:
    return not entry.is_counted, -entry.value


def _soonest(entry: Entry) -> date:
    return entry.from_day or date.max
