"""Subjects and their facts (事实): who states what, which statement counts, and the wide row of it.

Of each fact the latest statement of each source is kept. Of several, the one counts whose source
the fact dictionary names first, as long as it is valid; the others are shown beside it. The wide
row (`Profile`) holds what counts, so that a whole population can be searched.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from policies import profiles
from policies.dictionary import FactDefinition, dictionary
from policies.eligibility import Count, Facts, grown
from policies.guards import as_date
from policies.models import Fact, OneThing, Subject
from portal.accounts.models import Department, User
from portal.core import clock
from portal.core.crypto import blind_index
from portal.core.ledger import Entry, record_many

logger = logging.getLogger("portal.facts")

# One purpose for subjects and cases, so that a person's cases are found in one statement.
IDENTITY_PURPOSE = "cases.identity"
EMPLOYER_PURPOSE = "policies.employer"
RESULT, RECOGNITION, FORM, MANUAL = "result", "recognition", "form", "manual"
OWN_SOURCES = {
    RESULT: "本系统办理结果",
    RECOGNITION: "人才认定",
    FORM: "本人填报",
    MANUAL: "工作人员录入",
}


class FactError(ValueError):
    """What was entered by hand cannot be kept; `problems` says why, by fact."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("；".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source says of one fact.

    `as_of` is the day of a growing count; without it the count has stopped growing. The value None
    takes back what the source said before.
    """

    value: Any
    as_of: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """A kept statement: its value on the day asked, who made it and until when it holds."""

    definition: FactDefinition
    value: Any
    source: str
    source_name: str
    as_of: date | None
    obtained_at: datetime
    valid_until: date | None
    is_valid: bool
    grounds: str
    has_proof: bool

    @property
    def words(self) -> str:
        return self.definition.label_of(self.value)


@dataclass(frozen=True, slots=True)
class KnownFact:
    """One fact with every statement of it, the more trusted first; `counts` is none where all of
    them have expired."""

    definition: FactDefinition
    counts: Stated | None
    statements: tuple[Stated, ...]

    @property
    def value(self) -> Any:
        return self.counts.value if self.counts else None

    @property
    def words(self) -> str:
        return self.definition.label_of(self.value)

    @property
    def others(self) -> tuple[Stated, ...]:
        return tuple(one for one in self.statements if one is not self.counts)

    @property
    def conflicts(self) -> tuple[Stated, ...]:
        """The valid statements that differ from the one that counts."""
        return tuple(one for one in self.others if one.is_valid and one.value != self.value)


def identity_index(number: str) -> str:
    """Return the blind index by which a subject is found by ID or social credit number."""
    return blind_index(number, IDENTITY_PURPOSE)


def employer_index(uscc: str) -> str:
    """Return the blind index by which an employer finds its people; "" without a number."""
    return blind_index(uscc, EMPLOYER_PURPOSE) if uscc.strip() else ""


def find(kind: str, number: str) -> Subject | None:
    """Return the subject with an ID or social credit number, if it is known here."""
    return Subject.objects.filter(kind=kind, identity_index=identity_index(number)).first()


def of_user(user: User, kind: str = "person") -> Subject | None:
    """Return the subject that an account stands for; of an agent's enterprises the latest."""
    return Subject.objects.filter(user=user, kind=kind).order_by("-pk").first()


@transaction.atomic
def subject_for(
    kind: str, number: str, name: str = "", phone: str = "", user: User | None = None
) -> Subject:
    """Return the subject with this number, made where it is new, with what is now said of it.

    Raises ValueError without a number. An account is attached as given; who may be attached is the
    caller's to decide.
    """
    number = number.strip().upper()
    if not number:
        raise ValueError("A subject has an ID or social credit number.")
    own = "id_number" if kind == "person" else "uscc"
    said: Any = {own: number} | {k: v for k, v in (("name", name), ("phone", phone)) if v}
    subject, is_new = Subject.objects.get_or_create(
        kind=kind,
        identity_index=identity_index(number),
        defaults={"identity": said, "user": user},
    )
    if is_new:
        return subject
    identity = {**subject.identity, **said}
    if identity != subject.identity or (user and subject.user_id != user.pk):
        subject.identity = identity
        subject.user = user or subject.user
        subject.save(update_fields=["identity", "user"])
    return subject


@dataclass(frozen=True, slots=True)
class Held:
    """A subject whose row this transaction holds, with every statement of its facts."""

    subject: Subject
    rows: Mapping[tuple[str, str], Fact]


def hold(kind: str, number: str) -> Held | None:
    """Return the subject with a number, held until the transaction ends; none where it is new."""
    return _held(Subject.objects.filter(kind=kind, identity_index=identity_index(number)))


def introduce(subject: Subject) -> Held:
    """Insert a new subject and return it held; where another was faster, return that one."""
    Subject.objects.bulk_create(
        [subject],
        update_conflicts=True,
        unique_fields=["kind", "identity_index"],
        update_fields=["kind"],
    )
    rows = Fact.objects.filter(subject=subject)
    return Held(subject, {(row.code, row.source): row for row in rows})


@transaction.atomic
def record(
    subject: Subject,
    statements: Mapping[str, Statement],
    source: str,
    recorded_by: User | None = None,
    grounds: str = "",
    proof: str = "",
) -> set[str]:
    """Keep what a source states of a subject; return the codes of the facts that changed.

    A statement that says the same again leaves no event. What a source may not state or states in
    a wrong type is refused and put on record, the rest is kept; of a manual entry nothing is kept
    then and FactError is raised.
    """
    held = _held(Subject.objects.filter(pk=subject.pk))
    if held is None:
        raise Subject.DoesNotExist
    return keep(held, statements, source, recorded_by, grounds, proof)


def keep(
    held: Held,
    statements: Mapping[str, Statement],
    source: str,
    recorded_by: User | None = None,
    grounds: str = "",
    proof: str = "",
) -> set[str]:
    """Do the work of `record` for a subject that is held already."""
    subject, today = held.subject, clock.today()
    stated, refused = _checked(subject.kind, statements, source)
    if refused and source == MANUAL:
        raise FactError(refused)
    kept = {
        (code, source): _row(subject, code, said, source, recorded_by, grounds, proof)
        for code, said in stated.items()
    }
    changed = {key[0] for key, row in kept.items() if _differs(held.rows.get(key), row, today)}
    if not all(_is_repeated(held.rows.get(key), row) for key, row in kept.items()):
        _write(kept.values())
        sealed = _sealed({**held.rows, **kept}.values(), today)
        profiles.write([subject.pk], {subject.pk: sealed}, today, mark=bool(changed))
    elif any(localdate(held.rows[key].obtained_at) != today for key in kept):
        # Nothing new but that it still holds.
        own = Fact.objects.filter(subject=subject, source=source, code__in=stated)
        own.update(obtained_at=clock.now())
    # A new proof of the same value is news of a kind, too.
    told = set(stated) if source == MANUAL else changed
    _note(subject, source, told, refused, recorded_by, proof)
    return changed


def known(subject: Subject, on: date) -> Facts:
    """Return what counts of a subject on a day, by code; what nobody states is missing."""
    return best_known(Fact.objects.filter(subject=subject), on)


def best_known(rows: Iterable[Fact], on: date) -> Facts:
    """Return what counts on a day of the statements about one subject, by code."""
    return {code: _value(row) for code, row in _best(rows, on).items()}


def sealed_facts(sealed: Any) -> Facts:
    """Return the sensitive facts of a wide row (`Profile.sealed`) in their types."""
    known_here = ((dictionary().get(code), code, value) for code, value in sealed.items())
    return {code: one.parse(value) for one, code, value in known_here if one}


def resolved(subject: Subject, on: date) -> list[KnownFact]:
    """Return each fact of which something is stated, in the order of the dictionary."""
    names = source_names()
    by_code: dict[str, list[Fact]] = {}
    for row in Fact.objects.filter(subject=subject).select_related("recorded_by"):
        by_code.setdefault(row.code, []).append(row)
    return [
        _resolved(definition, by_code[code], on, names)
        for code, definition in dictionary().items()
        if any(_has_value(row) for row in by_code.get(code, ()))
    ]


@transaction.atomic
def refresh(subject_ids: Collection[int], *, mark: bool = False) -> None:
    """Write the wide rows of subjects anew from their facts as they count today.

    With `mark` they are put among those to be inspected.
    """
    today = clock.today()
    ids = sorted(subject_ids)
    list(
        Subject.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").only("pk")
    )
    secret = [code for code, one in dictionary().items() if one.sensitive]
    rows: dict[int, list[Fact]] = {}
    for row in Fact.objects.filter(subject__in=ids, code__in=secret, sealed__isnull=False):
        rows.setdefault(row.subject_id, []).append(row)
    sealed = {pk: _sealed(own, today) for pk, own in rows.items()}
    profiles.write(ids, sealed, today, mark=mark)


def source_names() -> dict[str, str]:
    """Return the Chinese name of every source: departments, outside sources and our own."""
    names = dict(OWN_SOURCES)
    for one_thing in (
        OneThing.objects.filter(current__isnull=False)
        .select_related("current")
        .defer("current__document")
    ):
        names |= {code: one.name for code, one in one_thing.catalogue.data_sources.items()}
        names |= {code: one.short_name for code, one in one_thing.catalogue.departments.items()}
    return names | dict(Department.objects.values_list("code", "short_name"))


def _held(subjects: "QuerySet[Subject]") -> Held | None:
    subject = subjects.select_for_update(no_key=True).first()
    if subject is None:
        return None
    # Read by a statement of its own, which sees what the last holder has written.
    rows = Fact.objects.filter(subject=subject)
    return Held(subject, {(row.code, row.source): row for row in rows})


def _checked(
    kind: str, statements: Mapping[str, Statement], source: str
) -> tuple[dict[str, Statement], dict[str, str]]:
    """Return what may be kept, in its types, and why the rest may not be, both by code."""
    stated: dict[str, Statement] = {}
    refused: dict[str, str] = {}
    for code, said in statements.items():
        try:
            stated[code] = _typed(kind, code, said, source)
        except ValueError as error:
            refused[code] = str(error)
    return stated, refused


def _typed(kind: str, code: str, said: Statement, source: str) -> Statement:
    """Return a statement with its value in its type. Raises ValueError, in Chinese."""
    definition = dictionary().get(code)
    if definition is None or definition.is_derived:
        raise ValueError("没有这项可登记的事实")
    if definition.applicant not in (None, kind):
        raise ValueError(f"“{definition.name}”不适用于这类主体")
    if source not in definition.sources:
        raise ValueError(f"“{definition.name}”不能由该来源提供")
    if said.value is None:
        return Statement(None)
    as_of = _day(definition, said.as_of) if definition.grows else None
    if as_of and as_of > clock.today():
        raise ValueError(f"“{definition.name}”的截至日期不能晚于今天")
    return Statement(definition.parse(said.value), as_of, _day(definition, said.valid_until))


def _day(definition: FactDefinition, value: Any) -> date | None:
    day = None if isinstance(value, datetime) else as_date(value)
    if day is None and value is not None:
        raise ValueError(f"“{definition.name}”的截至日期和有效期应为 2020-06-01 形式的日期")
    return day


STATED = ["value", "sealed", "as_of", "valid_until", "recorded_by", "grounds", "proof"]


def _row(
    subject: Subject,
    code: str,
    said: Statement,
    source: str,
    recorded_by: User | None,
    grounds: str,
    proof: str,
) -> Fact:
    value, is_secret = _stored(said.value), dictionary()[code].sensitive
    return Fact(
        subject=subject,
        code=code,
        source=source,
        value=None if is_secret else value,
        sealed=value if is_secret else None,
        as_of=said.as_of,
        valid_until=said.valid_until,
        recorded_by=recorded_by,
        grounds=grounds,
        proof=proof,
    )


def _write(rows: Iterable[Fact]) -> None:
    Fact.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["subject", "code", "source"],
        update_fields=[*STATED, "obtained_at"],
    )


def _is_repeated(before: Fact | None, after: Fact) -> bool:
    return before is not None and all(
        getattr(before, name) == getattr(after, name)
        for name in ("recorded_by_id" if name == "recorded_by" else name for name in STATED)
    )


def _stored(value: Any) -> Any:
    """Return a typed value as JSON holds it: a decimal and a day as text, so that none is lost."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _has_value(row: Fact) -> bool:
    return row.value is not None or row.sealed is not None


def _is_valid(row: Fact, on: date) -> bool:
    return _has_value(row) and (row.valid_until is None or row.valid_until >= on)


def _value(row: Fact) -> Any:
    """Return a kept value in its type, a growing count with the day it was counted."""
    definition = dictionary()[row.code]
    value = definition.parse(row.sealed if definition.sensitive else row.value)
    return Count(value, row.as_of) if definition.grows else value


def _on_day(row: Fact, on: date) -> Any:
    """Return a kept value as it stands on a day, a count with its growth since it was counted."""
    value = _value(row)
    return grown(value, dictionary()[row.code].grows, on) if isinstance(value, Count) else value


def _differs(before: Fact | None, after: Fact, today: date) -> bool:
    """Whether a statement says something else than the one it replaces, on any day to come.

    A count that has grown as it had to is the same count.
    """
    was = before if before and _is_valid(before, today) else None
    now = after if _is_valid(after, today) else None
    if was is None or now is None:
        return was is not now
    if (was.value, was.sealed, was.as_of) == (now.value, now.sealed, now.as_of):
        return False
    if was.as_of and now.as_of and was.as_of.day == now.as_of.day and was.as_of <= now.as_of:
        return bool(_on_day(was, now.as_of) != now.value)
    return True


def _best(rows: Iterable[Fact], on: date) -> dict[str, Fact]:
    """Return by code the valid statement of the most trusted source."""
    best: dict[str, Fact] = {}
    for row in rows:
        definition = dictionary().get(row.code)
        if definition is None or row.source not in definition.sources or not _is_valid(row, on):
            continue
        rank = definition.sources.index
        if row.code not in best or rank(row.source) < rank(best[row.code].source):
            best[row.code] = row
    return best


def _sealed(rows: Iterable[Fact], on: date) -> dict[str, Any]:
    secret = (row for row in rows if row.sealed is not None)
    return {code: row.sealed for code, row in _best(secret, on).items()}


def _resolved(
    definition: FactDefinition, rows: Sequence[Fact], on: date, names: Mapping[str, str]
) -> KnownFact:
    order = definition.sources
    ranked = sorted(
        (row for row in rows if row.source in order and _has_value(row)),
        key=lambda row: order.index(row.source),
    )
    statements = tuple(_stated(definition, row, on, names) for row in ranked)
    counts = next((one for one in statements if one.is_valid), None)
    return KnownFact(definition, counts, statements)


def _stated(definition: FactDefinition, row: Fact, on: date, names: Mapping[str, str]) -> Stated:
    return Stated(
        definition=definition,
        value=_on_day(row, on),
        source=row.source,
        source_name=names.get(row.source, "其他来源"),
        as_of=row.as_of,
        obtained_at=row.obtained_at,
        valid_until=row.valid_until,
        is_valid=_is_valid(row, on),
        grounds=row.grounds,
        has_proof=bool(row.proof),
    )


def _note(
    subject: Subject,
    source: str,
    changed: Collection[str],
    refused: Collection[str],
    actor: User | None = None,
    proof: str = "",
) -> None:
    """Put on record what changed and what was refused: codes only, never a value."""
    about, actor_id = f"subject:{subject.pk}", actor.pk if actor else None
    entries = []
    if changed:
        payload: dict[str, Any] = {"source": source, "facts": sorted(changed)}
        payload |= {"proof": proof} if proof else {}
        entries.append(Entry("subject.facts_changed", None, about, actor_id, payload=payload))
    if refused:
        logger.warning("Facts of %s from %s refused: %s", about, source, ", ".join(sorted(refused)))
        payload = {"source": source, "facts": sorted(refused)}
        entries.append(Entry("subject.facts_refused", None, about, actor_id, payload=payload))
    if entries:
        record_many(entries)
