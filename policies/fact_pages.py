"""What pages show of the facts of a subject: for its holder, and for those who handle the case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import TextChoices

from policies.day_sets import full_months
from policies.dictionary import FactDefinition, dictionary
from policies.models import FactRequest, Subject
from policies.providers import may_ask_from, requests_of
from policies.subjects import (
    FORM,
    MANUAL,
    RECOGNITION,
    RESULT,
    KnownFact,
    Stated,
    resolved,
    source_names,
)
from portal.core.chinese import day_words, instant_words, listed

Outcome = FactRequest.Outcome
HIDDEN = "已掌握，不显示"


class Standing(TextChoices):
    """How a question to a source stands, in words for pages."""

    WAITING = "later", "正在查询"
    SILENT = "now", "暂未返回，系统会自动再查"
    FOUND = "done", "已取得"
    NOTHING = "plain", "没有记录"
    UNAVAILABLE = "stop", "没有返回"


@dataclass(frozen=True, slots=True)
class Saying:
    """What one source says: value, who and when, until when, and what is to be known of it."""

    words: str
    source: str
    code: str
    when: str
    until: str
    note: str
    grounds: str
    has_proof: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One fact on a page; `counts` is none where nobody's statement is valid any more."""

    code: str
    name: str
    words: str
    counts: Saying | None
    others: tuple[Saying, ...]
    is_conflict: bool
    why: str
    is_sealed: bool
    derived: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact of which nothing is known, and who could state it."""

    code: str
    name: str
    from_whom: str


@dataclass(frozen=True, slots=True)
class Source:
    """A source that was asked: its name and how the question stands."""

    name: str
    standing: Standing
    when: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is known of a subject, in the order of the dictionary."""

    lines: tuple[Line, ...]
    unknown: tuple[Unknown, ...]

    @property
    def conflicts(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.is_conflict)

    @property
    def agreed(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.is_conflict)


def sheet(
    subject: Subject,
    on: date,
    *,
    within: Mapping[str, FactDefinition] | None = None,
    clear: bool = True,
) -> Sheet:
    """Return what is known on a day; `within` limits it, sealed values show only with `clear`."""
    names = source_names()
    every = within if within is not None else _of_kind(subject.kind)
    known = {fact.definition.code: fact for fact in resolved(subject, on)}
    shown = [fact for code, fact in known.items() if code in every]
    values = {code: fact.value for code, fact in known.items()}
    lines = tuple(_line(fact, values, on, names, clear=clear) for fact in shown)
    unknown = tuple(
        Unknown(one.code, one.name, listed(_whom(one, names)))
        for code, one in every.items()
        if code not in known and not one.is_derived
    )
    return Sheet(lines, unknown)


def asked(subject: Subject) -> dict[str, object]:
    """Return how the questions to the sources stand, and whether they may be put again."""
    if not settings.FACT_PROVIDER:
        return {"sources": (), "may_ask": False, "again": ""}
    names, requests = source_names(), requests_of(subject)
    free = may_ask_from(requests)
    rows = sorted((_source(one, names) for one in requests), key=lambda row: row.standing.value)
    return {
        "sources": tuple(rows),
        "may_ask": free is None,
        "again": instant_words(free) if free else "",
    }


def _of_kind(kind: str) -> dict[str, FactDefinition]:
    return {code: one for code, one in dictionary().items() if one.applicant in (None, kind)}


def _line(
    fact: KnownFact,
    values: Mapping[str, object],
    on: date,
    names: Mapping[str, str],
    *,
    clear: bool,
) -> Line:
    definition = fact.definition
    hide = definition.sensitive and not clear
    others = fact.others if fact.counts is None else (*fact.conflicts, *_quiet(fact))
    return Line(
        code=definition.code,
        name=definition.name,
        words=HIDDEN if hide else fact.words,
        counts=_saying(fact.counts, hide=hide) if fact.counts else None,
        others=tuple(_saying(one, hide=hide) for one in others),
        is_conflict=bool(fact.conflicts),
        why=_why(fact, names),
        is_sealed=hide,
        derived=() if hide else tuple(_derived(definition.code, values, on)),
    )


def _quiet(fact: KnownFact) -> tuple[Stated, ...]:
    """Return the statements that agree with the one that counts, and the expired ones."""
    return tuple(one for one in fact.others if one not in fact.conflicts)


def _saying(stated: Stated, *, hide: bool) -> Saying:
    return Saying(
        words="不显示" if hide else stated.words,
        source=stated.source_name,
        code=stated.source,
        when=day_words(stated.obtained_at),
        until=day_words(stated.valid_until) if stated.valid_until else "",
        note=_note(stated),
        grounds=stated.grounds,
        has_proof=stated.has_proof,
    )


def _note(stated: Stated) -> str:
    if not stated.is_valid:
        return "已过有效期，不再采用"
    if stated.definition.grows is None:
        return ""
    if stated.as_of is None:
        return "不再增长"
    return f"按{day_words(stated.as_of)}的数据逐月推算"


def _why(fact: KnownFact, names: Mapping[str, str]) -> str:
    """Say which statement counts and why, where sources differ."""
    if fact.counts is None or not fact.conflicts:
        return ""
    order = [names.get(source, "其他来源") for source in fact.definition.sources]
    return f"采用{fact.counts.source_name}的。这项信息按{listed(order)}的顺序采用，前面的优先。"


def _derived(code: str, values: Mapping[str, object], on: date) -> Iterable[str]:
    """Yield what follows from a date today: 周岁年龄 28岁."""
    since = values.get(code)
    for one in dictionary().values():
        if one.since and one.since.fact == code and isinstance(since, date):
            months = full_months(since, on)
            yield f"{one.name} {one.label_of(months // 12 if one.since.by == 'year' else months)}"


def _whom(definition: FactDefinition, names: Mapping[str, str]) -> list[str]:
    """Return who could state a fact, as a person who lacks it would put it."""
    said = {FORM: "申请时填报", RESULT: "在本平台办结相关事项", RECOGNITION: "人才认定", MANUAL: ""}
    words = (said.get(source, names.get(source, "")) for source in definition.sources)
    return [word for word in words if word] or ["工作人员凭证明录入"]


def _source(request: FactRequest, names: Mapping[str, str]) -> Source:
    if request.outcome == Outcome.PENDING:
        standing = Standing.SILENT if request.attempts > 1 or _waits(request) else Standing.WAITING
    else:
        standing = {
            Outcome.FOUND: Standing.FOUND,
            Outcome.NOTHING: Standing.NOTHING,
            Outcome.UNAVAILABLE: Standing.UNAVAILABLE,
        }[Outcome(request.outcome)]
    moment = request.answered_at if request.outcome != Outcome.PENDING else None
    when = day_words(moment) if moment else ""
    return Source(names.get(request.source, "其他来源"), standing, when)


def _waits(request: FactRequest) -> bool:
    """Whether a source was silent once and the question waits for its next turn."""
    return request.attempts > 0 and request.leased_until is None
