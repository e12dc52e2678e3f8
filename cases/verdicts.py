"""Verdicts (能否享受) on the items that somebody ticks, as the policies behind them judge.

What another ticked item will make true counts as true (随参保登记一并办理). A verdict never keeps
anybody from applying: what is not met or not known is for the officer to decide. Only an item
whose policy has no version in force on the day takes no application.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, cast

from django.db.models import F

from cases.application import application_day
from cases.models import Case
from cases.windows import NOTHING, is_closed, policies_of
from cases.working_time import civil_day
from policies.dictionary import dictionary
from policies.eligibility import Count, Facts
from policies.judging import Verdict, judge
from policies.models import Fact, Profile
from policies.schema import Catalogue
from policies.shelf import DISTRICT, PublishedPolicy
from policies.subjects import best_known, known, of_user, sealed_facts
from portal.core import clock


class Known(NamedTuple):
    """Whom a case is about and what is known of them; no subject where nobody has stated anything.

    `is_shown` tells whether the applicant may read it: a clerk has seen whose papers they are, or
    the account stands for that very person.
    """

    subject_id: int | None
    facts: Facts
    is_shown: bool = False


def of_case(case: Case, only: Collection[str] | None = None) -> Mapping[str, Verdict]:
    """Return the verdicts on a case's items, or `only` some, as they stood when work on it began.

    A policy that has closed since the application is judged on the day of application.
    """
    on = civil_day(case.promised_from) if case.promised_from else clock.today()
    codes = [code for code in case.item_codes if only is None or code in only]
    if not codes or not policies_of(case.version.catalogue, codes):
        return {}
    ticked, catalogue = suppliers(case), case.version.catalogue
    facts = known_of_case(case, on).facts
    verdicts = judged(catalogue, ticked, facts, on, only=codes)
    over = [code for code, verdict in verdicts.items() if is_closed(verdict)]
    applied_on = application_day(case)
    if over and applied_on < on:
        verdicts |= judged(catalogue, ticked, facts, applied_on, only=over)
    return verdicts


def judged(
    catalogue: Catalogue,
    ticked: Iterable[str],
    facts: Facts,
    on: date,
    only: Collection[str] | None = None,
) -> dict[str, Verdict]:
    """Return verdicts by item from bare facts and what the ticked items will make true."""
    chosen = list(ticked)
    return {
        code: judge(policy, with_supplied(facts, catalogue, chosen, code), on)
        for code, policy in policies_of(catalogue, only).items()
    }


def with_supplied(facts: Facts, catalogue: Catalogue, ticked: Iterable[str], own: str) -> Facts:
    """Return the facts with what the other ticked items will make true."""
    supplied = supplied_by(catalogue, ticked, own)
    return {**facts, **dict.fromkeys(supplied, True)} if supplied else facts


def supplied_by(catalogue: Catalogue, ticked: Iterable[str], own: str) -> dict[str, str]:
    """Return which facts the other ticked items will make true, with the item that does."""
    items = catalogue.items
    return {
        fact: code
        for code in ticked
        if code != own and code in items
        for fact in items[code].supplies
    }


def suppliers(case: Case) -> list[str]:
    """Return the items of a case, and those whose result its applicant says to hold already."""
    return [*case.item_codes, *case.existing_results]


def known_of_case(case: Case, on: date) -> Known:
    """Return the subject a case was filed for, with the facts that count on a day; one query."""
    rows = list(
        Fact.objects.filter(
            subject__kind=case.applicant_kind, subject__identity_index=case.identity_index
        ).annotate(account=F("subject__user_id"))
    )
    if not rows:
        return Known(None, NOTHING)
    is_shown = case.accepted_by_id is not None or rows[0].account == case.applicant_id
    return Known(rows[0].subject_id, best_known(rows, on), is_shown)


def known_of_applicant(case: Case, on: date) -> Facts:
    """Return what is known of the applicant's own account, before the case is handed in.

    Never by the number that was typed: it may be somebody else's.
    """
    subject = of_user(case.applicant, case.applicant_kind)
    return known(subject, on) if subject else NOTHING


def known_of_many(subject_ids: Collection[int], codes: Iterable[str]) -> dict[int, dict[str, Any]]:
    """Return some facts of many subjects as their wide rows hold them; two queries at most."""
    asked = {code: dictionary()[code] for code in codes if code in dictionary()}
    bases = {one.since.fact for one in asked.values() if one.since}
    asked |= {code: dictionary()[code] for code in bases}
    stated = [one for one in asked.values() if not one.is_derived]
    plain = [one.code for one in stated if not one.sensitive]
    growing = [one.code for one in stated if one.grows]
    columns = [*(f"f_{code}" for code in plain), *(f"f_{code}_as_of" for code in growing)]
    facts: dict[int, dict[str, Any]] = {}
    rows = Profile.objects.filter(pk__in=subject_ids)
    for pk, *values in rows.values_list("pk", *columns):
        held = dict(zip(columns, values, strict=True))
        facts[pk] = {code: held[f"f_{code}"] for code in plain if held[f"f_{code}"] is not None}
        for code in growing:
            if code in facts[pk]:
                facts[pk][code] = Count(facts[pk][code], held[f"f_{code}_as_of"])
    if any(one.sensitive for one in stated):
        for pk, sealed in rows.values_list("pk", "sealed"):
            facts[pk] |= sealed_facts(cast(dict[str, Any], sealed))
    return facts


def facts_asked(policy: PublishedPolicy) -> set[str]:
    """Return what a policy looks at in any of its versions, with what it follows from."""
    asked = {DISTRICT}
    for version in policy.versions:
        asked.add(version.document.judged_on)
        if version.document.node:
            asked |= set(version.document.node.facts())
    bases = {one.since.fact for code in asked if (one := dictionary().get(code)) and one.since}
    return asked | bases


def snapshot_of(facts: Facts, policy: PublishedPolicy | None) -> dict[str, Any]:
    """Return what a policy looks at of the facts as JSON: {code: value or {value, as_of}}."""
    asked = facts_asked(policy) if policy else set()
    return {code: _stored(facts[code]) for code in sorted(asked) if code in facts}


def facts_of(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a snapshot in their types; what the dictionary lost is left out."""
    return {code: _typed(code, said) for code, said in snapshot.items() if code in dictionary()}


def _stored(value: Any) -> Any:
    if isinstance(value, Count):
        return {"value": value.value, "as_of": value.as_of.isoformat() if value.as_of else None}
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _typed(code: str, said: Any) -> Any:
    if isinstance(said, dict):
        as_of = said["as_of"]
        return Count(said["value"], date.fromisoformat(as_of) if as_of else None)
    return dictionary()[code].parse(said)
