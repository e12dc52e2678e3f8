"""Policies and people to inspect, and the plain recount that an inspection is held against."""

from datetime import date, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from policies import subjects
from policies.dictionary import dictionary, stated
from policies.eligibility import Count, Outcome
from policies.judging import outcome
from policies.models import Match, Policy, PolicyVersion, Subject
from policies.shelf import shelf
from policies.subjects import MANUAL, Statement
from portal.accounts.models import Department
from portal.core import clock
from tests.policies.factories import resident_id
from tests.policies.wide_rows import a_day, some_facts

MONDAY = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
PERSONAL = tuple(one for one in stated() if one.applicant != "enterprise")
TREES: dict[str, dict[str, Any]] = {
    "SETTLED": {"all": [{"fact": "insured", "op": "==", "value": True},
                        {"fact": "edu", "op": "in", "value": ["11", "14", "21"]}]},
    "YOUNG": {"any": [{"fact": "age", "op": "<", "value": 3},
                      {"fact": "grad_date", "op": ">=",
                       "value": {"of": "application", "months": -9}}]},
    "MATURE": {"fact": "ss_months_cont", "op": ">=", "value": 6, "matures": True},
    "POOR": {"all": [{"fact": "income_pc", "op": "<", "value": 4},
                     {"none": [{"fact": "house_family", "op": ">", "value": 1}]}]},
}  # fmt: skip


def publish(code: str, document: dict[str, Any] | None = None, **version: Any) -> Policy:
    """Publish a version of a policy, by default of one of the trees above; make it where new."""
    department, _ = Department.objects.get_or_create(code="D01", defaults={"name": "市人力社保局"})
    policy, _ = Policy.objects.get_or_create(
        code=code, defaults={"name": code, "applicant": "person", "department": department}
    )
    PolicyVersion.objects.create(
        policy=policy,
        number=policy.versions.count() + 1,
        label="试",
        state="published",
        published_at=clock.now(),
        document={"summary": code, **(document or {"conditions": TREES[code]})},
        **version,
    )
    return policy


def person(number: int = 0, **facts: Any) -> Subject:
    subject = subjects.subject_for("person", resident_id(f"33019919971203{number:03d}"), "沈一舟")
    if facts:
        say(subject, **facts)
    return subject


def say(subject: Subject, **facts: Any) -> set[str]:
    return subjects.record(
        subject,
        {
            code: Statement(*value) if isinstance(value, Count) else Statement(value)
            for code, value in facts.items()
        },
        MANUAL,
    )


def draw(dice: Random, many: int) -> dict[str, Any]:
    """Return a few things that are newly known of someone; some are taken back."""
    found = some_facts(dice, dice.sample(PERSONAL, many))
    latest = clock.today()
    for code, value in found.items():
        if dice.random() < 0.1:
            found[code] = None
        elif isinstance(value, Count) and value.as_of and value.as_of > latest:
            found[code] = Count(value.value, latest)
    if dice.random() < 0.3:
        found["income_pc"] = dice.randint(0, 8)
    if dice.random() < 0.3:
        found["birth_date"] = a_day(dice)
    return {code: value for code, value in found.items() if code in dictionary()}


def recount(on: date) -> set[tuple[int, str, int]]:
    """Return who may have what by which version, judged one by one from the facts."""
    found = set()
    for subject in Subject.objects.all():
        facts = subjects.known(subject, on)
        for policy in shelf().for_applicant("person"):
            version = policy.version(facts, on)
            if version and outcome(policy, facts, on).outcome == Outcome.ELIGIBLE:
                found.add((subject.pk, policy.code, version.pk))
    return found


def matches() -> set[tuple[int, str, int]]:
    rows = Match.objects.filter(until=None)
    return set(rows.values_list("subject_id", "policy__code", "version_id"))
