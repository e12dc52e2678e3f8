"""Maturity (成熟激活): items put aside until they are ripe, woken on their day, resumed by one tap.

Waking looks only at what is due, by index; rows are claimed with SKIP LOCKED, so any number of
copies may run. A ripe item waits for its applicant: `resume` takes the same case up again with what
was given already. Locks: the case with its work items, then its parked items.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from cases import deadlines, parking, release, ripening, verdicts, waking, windows
from cases.application import route
from cases.dispatch import edge_of, new_work_item, outside_predecessors, released_entry
from cases.errors import AlreadyHandled
from cases.models import Case, CaseState, Edge, ParkedItem, ParkedState, WorkItem
from cases.moves import move, own_case
from cases.parking import Aside
from cases.release import Changes
from cases.ripening import Outlook
from cases.routing import Plan, Standing
from cases.working_time import civil_day
from notifications.sending import tell
from policies.models import CatalogueVersion
from portal.accounts.models import Department, User
from portal.core import clock
from portal.core.chinese import day_words, listed
from portal.core.ledger import Entry

# Parked items that one transaction takes.
CHUNK = 500
JUDGED_BY = (
    *("case_id", "subject_id", "item_code", "item_name", "policy_code", "state", "missing"),
    *("expected_on", "closes_on", "case__version_id", "case__item_codes", "case__existing_results"),
)
WITH_CASE_ENDED = "申请已结束，本事项不再办理。"
NOT_WANTED = "申请人选择不再办理。"


class Woken(NamedTuple):
    """How many parked items a run found ripe, moved to another day, ended, reminded of."""

    ripe: int = 0
    moved: int = 0
    ended: int = 0
    reminded: int = 0

    def plus(self, other: "Woken") -> "Woken":
        return Woken(*map(sum, zip(self, other, strict=True)))


# ---- before and at acceptance -------------------------------------------------------------------


def preview(case: Case, *, at_window: bool = False) -> dict[str, Aside]:
    """Return what would be put aside if the case were accepted today; changes nothing.

    The window sees what acceptance will do, the applicant what follows from their own account.
    """
    on = clock.today()
    if not windows.policies_of(case.version.catalogue, case.item_codes):
        return {}
    of_case = verdicts.known_of_case(case, on).facts if at_window else None
    facts = verdicts.known_of_applicant(case, on) if of_case is None else of_case
    return parking.put_aside(route(case), case.version.catalogue, facts, on, case.existing_results)


@dataclass(frozen=True, slots=True)
class Parked:
    """What acceptance put aside: the route that is left, the rows and their events."""

    plan: Plan
    rows: Sequence[ParkedItem] = ()
    entries: Sequence[Entry] = ()

    @property
    def words(self) -> str:
        """The items with their days: “公租房货币补贴申请”（2027年3月1日起可办）."""
        return listed(f"“{row.item_name}”（{row.day_words}）" for row in self.rows)


def park(case: Case, plan: Plan, at: datetime) -> Parked:
    """Put aside what is not ripe on the day of `at`; the rest of the route goes its way."""
    on, catalogue = civil_day(at), case.version.catalogue
    policies = windows.policies_of(catalogue, plan.codes)
    if not policies:
        return Parked(plan)
    subject_id, facts, is_shown = verdicts.known_of_case(case, on)
    aside = parking.put_aside(plan, catalogue, facts, on, case.existing_results)
    if subject_id is None or not aside:
        return Parked(plan)
    rows = ParkedItem.objects.bulk_create(
        ParkedItem(
            case=case,
            subject_id=subject_id,
            item_code=one.code,
            item_name=catalogue.items[one.code].name,
            policy_code=policies[one.code].code if one.code in policies else "",
            snapshot=verdicts.snapshot_of(facts, policies.get(one.code)),  # type: ignore[misc]
            missing=[entry if is_shown else {**entry, "actual": ""} for entry in one.missing],
            expected_on=one.expected_on,
            closes_on=one.closes_on,
            remind_on=ripening.remind_on(one.closes_on, on),
            parked_at=at,
        )
        for one in aside.values()
    )
    entries = [_entry("parked.begun", row, at) for row in rows]
    return Parked(route(case, without=aside), rows, entries)


# ---- waking -------------------------------------------------------------------------------------


def wake(now: datetime | None = None, *, chunk: int = CHUNK) -> Woken:
    """Bring about all that has come by the day of `now`; each chunk is a transaction of its own.

    Items whose day has come are told to applicant and window (双重提醒); those whose last day is
    past end; those that close soon are reminded of once. Where nothing is due, one look is all.
    """
    moment = now or clock.now()
    done, due = Woken(), waking.due(civil_day(moment))
    for what in due:
        done = done.plus(_in_chunks(what, moment, chunk))
    return done


@transaction.atomic
def reconsider(subject_ids: Collection[int], now: datetime | None = None) -> Woken:
    """Judge the open parked items of subjects anew, as facts about them have changed."""
    moment = now or clock.now()
    if not subject_ids:
        return Woken()
    items = list(_locked(ParkedItem.objects.open().filter(subject__in=subject_ids)))
    return _write(ripening.outlook(items, civil_day(moment)), moment) if items else Woken()


def _in_chunks(what: "waking.Due", moment: datetime, chunk: int) -> Woken:
    done, after = Woken(), waking.BEGINNING
    while True:
        woken, after, count = _wake_chunk(what, moment, chunk, after)
        done = done.plus(woken)
        if count < chunk:
            return done


@transaction.atomic
def _wake_chunk(
    what: "waking.Due", moment: datetime, chunk: int, after: "waking.Place"
) -> tuple[Woken, "waking.Place", int]:
    """Take the next rows in the order of their day; nobody waits for those that another has."""
    on = civil_day(moment)
    claimed = waking.claim(what, on, after, chunk)
    if not claimed:
        return Woken(), after, 0
    ids = [pk for pk, _ in claimed]
    place = (claimed[-1][1], claimed[-1][0])
    if what == waking.Due.CLOSING:
        return Woken(reminded=waking.remind(ids, moment)), place, len(claimed)
    items = _whole(ParkedItem.objects.filter(pk__in=ids))
    return _write(ripening.outlook(items, on), moment), place, len(claimed)


def _write(found: Outlook, moment: datetime) -> Woken:
    on = civil_day(moment)
    ended = [(end.item.pk, end.reasons) for end in found.ends]
    ended += _followers_of([end.item for end in found.ends], moment)
    waking.renew([(row.pk, day, ripening.remind_on(day, on)) for row, day in found.renewed])
    return Woken(
        ripe=waking.ripen([row.pk for row in found.ripe], moment),
        moved=waking.move(found.stays, moment),
        ended=waking.end(ended, moment),
    )


def _followers_of(ended: Sequence[ParkedItem], moment: datetime) -> list[tuple[int, str]]:
    """Return the parked items that waited for ended ones, each locked, with the reasons."""
    found: list[tuple[int, str]] = []
    gone = {(row.case_id, row.item_code): row.item_name for row in ended}
    if not gone:
        return found
    cases = {case for case, _ in gone}
    done = {row.pk for row in ended}
    for row in _locked(ParkedItem.objects.open().filter(case__in=cases)):
        needed = [(row.case_id, entry["item"]) for entry in row.missing if entry.get("item")]
        because = next((gone[key] for key in needed if key in gone), None)
        if because and row.pk not in done:
            found.append((row.pk, f"前置事项“{because}”已终止，本事项缺少所需的前置结果。"))
            gone[row.case_id, row.item_code] = row.item_name
    return found


def _locked(rows: QuerySet[ParkedItem]) -> list[ParkedItem]:
    return _whole(rows.select_for_update(of=("self",), no_key=True))


def _whole(rows: QuerySet[ParkedItem]) -> list[ParkedItem]:
    """Return parked items with what is asked of their cases, those that others wait for first."""
    whole = rows.select_related("case").only(*JUDGED_BY).order_by("expected_on", "pk")
    found = list(whole)
    versions = CatalogueVersion.objects.in_bulk({row.case.version_id for row in found})
    for row in found:
        row.case.version = versions[row.case.version_id]
    return found


# ---- resuming -----------------------------------------------------------------------------------


@transaction.atomic
def resume(*, case_id: UUID, actor: User) -> list[WorkItem]:
    """Return the new work items of a case: all of its ripe items are taken up again (恢复办理).

    They have what was given at submission; clocks start now, or with the decision they wait for.
    A completed case is at work again with a deadline of its own. What is no longer ripe waits on.
    A second tap finds nothing to resume and changes nothing.
    """
    case = own_case(case_id, actor)
    changes = Changes.of(case, at=clock.now())
    rows = _locked(case.parked_items.open())
    ripe = [row for row in rows if row.state == ParkedState.RIPE]
    if not ripe:
        return []
    found = ripening.outlook(rows, civil_day(changes.at))
    _write(found, changes.at)
    unripe = {stay.item.pk for stay in found.stays} | {end.item.pk for end in found.ends}
    chosen = [row for row in ripe if row.pk not in unripe]
    return _take_up(chosen, changes, actor) if chosen else []


@transaction.atomic
def give_up(*, parked_id: int, actor: User) -> ParkedItem:
    """Return the parked item ended, as its applicant does not want it any more."""
    row = ParkedItem.objects.get(pk=parked_id)
    case = own_case(row.case_id, actor)
    moment = clock.now()
    rows = {one.pk: one for one in _locked(case.parked_items.open())}
    if parked_id not in rows:
        raise AlreadyHandled("该事项已恢复办理或已终止，请查看最新状态。")
    ended = [(parked_id, NOT_WANTED), *_followers_of([rows[parked_id]], moment)]
    waking.end(ended, moment, actor_id=actor.pk)
    return ParkedItem.objects.get(pk=parked_id)


def end_with(changes: Changes) -> None:
    """End the parked items of a locked case that is over; its own notice tells of it."""
    rows = list(changes.case.parked_items.open().select_for_update(no_key=True).defer("snapshot"))
    for row in rows:
        move(row.end)
        row.ended_at, row.reasons = changes.at, WITH_CASE_ENDED
        changes.add(_entry("parked.ended", row, changes.at))
    if rows:
        ParkedItem.objects.bulk_update(rows, ["state", "ended_at", "reasons"])


def _take_up(rows: Sequence[ParkedItem], changes: Changes, actor: User) -> list[WorkItem]:
    """Make the work items of ripe rows, after what they need, and let the case go on."""
    case = changes.case
    for row in rows:
        move(row.resume)
        row.resumed_at, row.remind_on = changes.at, None
    ParkedItem.objects.bulk_update(rows, ["state", "resumed_at", "remind_on"])
    _reopen(case, changes)
    made, failed = _work_items(changes, {row.item_code for row in rows})
    by_code = {item.item_code: item for item in made}
    for row in rows:
        item = by_code[row.item_code]
        words = {"item": item.item_name, "when": _when_words(item)}
        changes.add(_entry("parked.resumed", row, changes.at, actor.pk), words)
        if item.started_at:
            changes.add(released_entry(item, changes.at))
    release.follow(failed, changes)
    release.complete_if_done(changes)
    tell(changes.write(["reasons"]))
    return made


def _reopen(case: Case, changes: Changes) -> None:
    if case.state == CaseState.COMPLETED:
        move(case.resume)
        case.closed_at = None
    case.resumed_at = changes.at
    case.due_at = deadlines.case_deadline(
        accepted_at=changes.at,
        promised_days=case.promised_days or 0,
        calendar=changes.calendar,
    )
    case.save(update_fields=["state", "closed_at", "resumed_at", "due_at"])


def _work_items(changes: Changes, codes: Collection[str]) -> tuple[list[WorkItem], list[WorkItem]]:
    """Return new work items in the order of the route, and the failed ones that block any of them.

    They hang on what is decided or open in the case, and on open items of other persons.
    """
    case, plan = changes.case, route(changes.case)
    departments = {department.code: department for department in Department.objects.all()}
    outside = outside_predecessors(case, plan, decided_since=None)
    by_code = {item.item_code: item for item in changes.items}
    made: list[WorkItem] = []
    edges: list[Edge] = []
    failed: list[WorkItem] = []
    for step in (step for step in plan.steps if step.code in codes):
        item = new_work_item(case, step.item, departments, waiting=True)
        inside = [(by_code[c], need) for need in step.needs for c in need.any_of if c in by_code]
        own = [edge_of(item, *found) for found in (*inside, *outside.get(step.code, ()))]
        standing = release.judged(own, {})
        if standing == Standing.READY:
            move(item.release)
            deadlines.start_clock(item, at=changes.at, calendar=changes.calendar)
        elif standing == Standing.BLOCKED:
            failed += [edge.predecessor for edge in own if not edge.predecessor.is_open]
        by_code[step.code] = item
        made.append(item)
        edges += own
    WorkItem.objects.bulk_create(made)
    Edge.objects.bulk_create(edges)
    changes.items += made
    return made, failed


def _when_words(item: WorkItem) -> str:
    return f"应于{day_words(item.due_at)}前办结" if item.due_at else "前一事项有结果后开始计时"


def _entry(kind: str, row: ParkedItem, at: datetime, actor_id: int | None = None) -> Entry:
    return Entry(kind, row.case_id, row.ledger_name, actor_id, at, {"item": row.item_code})
