"""What a draft would change for the stored population, before it is published (影响测算).

Every subject of the policy's kind is decided twice, by the versions in force and with the draft
among them, on the day the draft begins, or today if that has passed. Wide rows are streamed; a
sealed fact is only opened where it can still matter.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from time import monotonic
from typing import Any

from policies.dictionary import dictionary
from policies.editing.draft import content_mark
from policies.eligibility import Count, Decision, Facts, Outcome
from policies.judging import outcome
from policies.models import PolicyState, PolicyVersion, Profile
from policies.shelf import DISTRICT, PublishedPolicy, published_policy
from policies.subjects import sealed_facts
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Entry, Event, record

MEASURED = "policy.measured"
DEGREE = "edu"
CHUNK = 2_000
# One answer of the page, and all of a measurement; a larger population is measured in part.
SLICE_SECONDS = 2.5
LIMIT_SECONDS = 90.0
UNKNOWN = ""

# An id and the values of the columns asked for.
Columns = tuple[Any, ...]


class Change(StrEnum):
    """What becomes of one subject."""

    GAINED = "gained"
    LOST = "lost"
    EARLIER = "earlier"
    LATER = "later"
    HOPE = "hope"
    NO_HOPE = "no_hope"
    UNCHANGED = "unchanged"


WORDS: Mapping[Change, str] = {
    Change.GAINED: "新可享受",
    Change.LOST: "不再可享受",
    Change.EARLIER: "可办日提前",
    Change.LATER: "可办日推后",
    Change.HOPE: "新列入待成熟",
    Change.NO_HOPE: "不再待成熟",
    Change.UNCHANGED: "没有变化",
}


@dataclass(frozen=True)
class Measurement:
    """How far a measurement has come, and what it has found; JSON by `to_json`."""

    mark: str
    on: date
    total: int
    seen: int = 0
    after: int = 0
    seconds: float = 0.0
    changes: Counter[str] = field(default_factory=Counter)
    by_district: Mapping[str, Counter[str]] = field(default_factory=dict)
    by_degree: Mapping[str, Counter[str]] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return self.seen >= self.total or self.seconds >= LIMIT_SECONDS

    @property
    def is_whole(self) -> bool:
        return self.seen >= self.total

    @property
    def percent(self) -> int:
        return 100 if not self.total else min(100, self.seen * 100 // self.total)

    def to_json(self) -> dict[str, Any]:
        return {
            "mark": self.mark,
            "on": self.on.isoformat(),
            "total": self.total,
            "seen": self.seen,
            "after": self.after,
            "seconds": round(self.seconds, 2),
            "changes": dict(self.changes),
            "by_district": {key: dict(found) for key, found in self.by_district.items()},
            "by_degree": {key: dict(found) for key, found in self.by_degree.items()},
        }


def from_json(written: Mapping[str, Any]) -> Measurement:
    return Measurement(
        **{
            **written,
            "on": date.fromisoformat(written["on"]),
            "changes": Counter(written["changes"]),
            "by_district": {key: Counter(one) for key, one in written["by_district"].items()},
            "by_degree": {key: Counter(one) for key, one in written["by_degree"].items()},
        }
    )


# Measuring


def begin(version: PolicyVersion) -> Measurement:
    """Return a measurement of a sound draft that has not begun yet."""
    total = Profile.objects.filter(kind=version.policy.applicant).count()
    return Measurement(content_mark(version), day_of(version), total)


def day_of(version: PolicyVersion) -> date:
    """Return the day on which old and new are compared: its first, today if that has passed."""
    today = clock.today()
    return max(today, version.effective_from) if version.effective_from else today


def go_on(
    version: PolicyVersion,
    so_far: Measurement,
    *,
    seconds: float = SLICE_SECONDS,
    now: Callable[[], float] = monotonic,
) -> Measurement:
    """Return a measurement taken further for about so many seconds, at least by one chunk."""
    started = now()
    comparison = _Comparison.of(version, so_far.on)
    tally = _Tally.of(so_far)
    for rows in _chunks(comparison.rows(so_far.after)):
        for district, degree, change in comparison.decided(rows):
            tally.count(district, degree, change)
        tally.after = rows[-1][0]
        if now() - started >= seconds:
            break
    else:
        # Whoever came in the meantime was counted, whoever went was not.
        so_far = replace(so_far, total=tally.seen)
    return tally.measured(so_far, now() - started)


def measure(version: PolicyVersion) -> Measurement:
    """Return a whole measurement at once."""
    return go_on(version, begin(version), seconds=LIMIT_SECONDS)


def _chunks(rows: Iterator[Columns]) -> Iterator[tuple[Columns, ...]]:
    while chunk := tuple(islice(rows, CHUNK)):
        yield chunk


@dataclass
class _Tally:
    """Counts while they are made."""

    seen: int
    after: int
    changes: Counter[str]
    by_district: defaultdict[str, Counter[str]]
    by_degree: defaultdict[str, Counter[str]]

    @classmethod
    def of(cls, so_far: Measurement) -> "_Tally":
        return cls(
            so_far.seen,
            so_far.after,
            Counter(so_far.changes),
            defaultdict(Counter, {key: Counter(one) for key, one in so_far.by_district.items()}),
            defaultdict(Counter, {key: Counter(one) for key, one in so_far.by_degree.items()}),
        )

    def count(self, district: str, degree: str, change: Change) -> None:
        self.seen += 1
        self.changes[change] += 1
        self.by_district[district][change] += 1
        self.by_degree[degree][change] += 1

    def measured(self, so_far: Measurement, seconds: float) -> Measurement:
        return replace(
            so_far,
            seen=self.seen,
            after=self.after,
            seconds=so_far.seconds + seconds,
            changes=self.changes,
            by_district=self.by_district,
            by_degree=self.by_degree,
        )


@dataclass(frozen=True)
class _Comparison:
    """The policy as it is and as it would be, and the facts that either asks for."""

    old: PublishedPolicy | None
    new: PublishedPolicy
    on: date
    # Each with whether it is a growing count, which has a second column.
    stated: tuple[tuple[str, bool], ...]
    sealed: frozenset[str]

    @classmethod
    def of(cls, version: PolicyVersion, on: date) -> "_Comparison":
        policy = version.policy
        rows = list(policy.versions.filter(state=PolicyState.PUBLISHED).exclude(pk=version.pk))
        new = published_policy(policy, [*rows, version])
        old = published_policy(policy, rows) if rows else None
        codes = _asked(new) | {DISTRICT, DEGREE}
        sealed = frozenset(code for code in codes if dictionary()[code].sensitive)
        stated = tuple((code, bool(dictionary()[code].grows)) for code in sorted(codes - sealed))
        return cls(old, new, on, stated, sealed)

    def rows(self, after: int) -> Iterator[Columns]:
        """Yield the wide rows by id, streamed from the server: only the columns that matter."""
        columns = [
            f"f_{code}{suffix}"
            for code, grows in self.stated
            for suffix in (("", "_as_of") if grows else ("",))
        ]
        profiles = Profile.objects.filter(kind=self.new.applicant, pk__gt=after).order_by("pk")
        return profiles.values_list("pk", *columns).iterator(chunk_size=CHUNK)

    def decided(self, rows: tuple[Columns, ...]) -> Iterator[tuple[str, str, Change]]:
        """Yield district, degree and change of each row."""
        waiting: dict[int, dict[str, Any]] = {}
        for row in rows:
            facts = self.facts(row)
            old, new = self.decide(facts)
            if self.sealed and _open(old, new):
                waiting[row[0]] = facts
            else:
                yield _place(facts, DISTRICT), _place(facts, DEGREE), change_of(old, new)
        for pk, sealed in _opened(waiting):
            facts = {**waiting[pk], **sealed}
            yield _place(facts, DISTRICT), _place(facts, DEGREE), change_of(*self.decide(facts))

    def facts(self, row: Columns) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        place = 1
        for code, grows in self.stated:
            value = row[place]
            if value is not None:
                facts[code] = Count(value, row[place + 1]) if grows else value
            place += 1 + grows
        return facts

    def decide(self, facts: Facts) -> tuple[Decision, Decision]:
        old = outcome(self.old, facts, self.on) if self.old else Decision(Outcome.NOT)
        return old, outcome(self.new, facts, self.on)


def _asked(policy: PublishedPolicy) -> frozenset[str]:
    """Return the stated facts that any version of a policy asks about."""
    codes: set[str] = set()
    for version in policy.versions:
        if version.document.node is not None:
            codes |= version.document.node.facts()
        if version.document.judged_on in dictionary():
            codes.add(version.document.judged_on)
    since = {code: dictionary()[code].since for code in codes}
    return frozenset(found.fact if found else code for code, found in since.items())


def _open(*decisions: Decision) -> bool:
    """Tell whether a fact not looked at yet could change any of these."""
    return any(one.outcome in {Outcome.UNKNOWN, Outcome.NOT_YET} for one in decisions)


def _opened(waiting: Mapping[int, Any]) -> Iterator[tuple[int, Facts]]:
    for profile in Profile.objects.filter(pk__in=waiting).only("sealed"):
        yield profile.pk, sealed_facts(profile.sealed)


def _place(facts: Facts, code: str) -> str:
    return str(facts.get(code) or UNKNOWN)


_NEVER = date.max


def change_of(old: Decision, new: Decision) -> Change:
    """Return what becomes of a subject; no longer sure counts as no longer eligible."""
    was, will = old.outcome == Outcome.ELIGIBLE, new.outcome == Outcome.ELIGIBLE
    if was != will:
        return Change.GAINED if will else Change.LOST
    hoped, hopes = old.outcome == Outcome.NOT_YET, new.outcome == Outcome.NOT_YET
    if hoped != hopes:
        return Change.HOPE if hopes else Change.NO_HOPE
    before, after = old.from_day or _NEVER, new.from_day or _NEVER
    if not hopes or before == after:
        return Change.UNCHANGED
    return Change.EARLIER if after < before else Change.LATER


# Keeping


@dataclass(frozen=True)
class Kept:
    """A measurement on the record: who made it and when, and whether it is of what stands now."""

    measurement: Measurement
    at: datetime
    by: str
    is_current: bool


def keep(version: PolicyVersion, measurement: Measurement, by: User) -> None:
    """Put a measurement on the record; it holds counts only."""
    payload = {
        "policy": version.policy.code,
        "number": version.number,
        "measurement": measurement.to_json(),
    }
    subject = f"policy_version:{version.pk}"
    record(Entry(kind=MEASURED, subject=subject, actor_id=by.pk, payload=payload))


def latest(version: PolicyVersion) -> Kept | None:
    """Return the last measurement of a version, none if nobody has made one."""
    events = Event.objects.filter(kind=MEASURED, subject=f"policy_version:{version.pk}")
    event = events.select_related("actor").order_by("-pk").first()
    if event is None:
        return None
    found = from_json(event.payload["measurement"])
    current = found.mark == content_mark(version)
    return Kept(found, event.at, str(event.actor or ""), current)
