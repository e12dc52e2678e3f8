"""What the holder of a code is entitled to (可享待遇), and how little of it each purpose is told.

Services come with the level of a recognition, policies by today's verdict. `scopes.yaml` beside
this module says which of them belong to which purpose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from policies.eligibility import Outcome
from policies.judging import Verdict, judge, outcome
from policies.models import Level, Scope, Subject
from policies.schema import Text
from policies.shelf import shelf
from policies.subjects import known

SCOPES = Path(__file__).with_name("scopes.yaml")


class Service(BaseModel):
    """A service that a recognised talent of one of the levels may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    levels: tuple[Level, ...]


class Purpose(BaseModel):
    """What belongs to one scope."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    services: tuple[Service, ...] = ()
    policies: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything a holder may have today, for the holder's own eyes."""

    services: tuple[str, ...]
    policies: tuple[Verdict, ...]


@cache
def purposes() -> Mapping[Scope, Purpose]:
    """Return what belongs to each scope."""
    stated = yaml.safe_load(SCOPES.read_text(encoding="utf-8"))
    return TypeAdapter(dict[Scope, Purpose]).validate_python(stated)


def named_for(subject: Subject, level: str, scope: str, on: date) -> tuple[str, ...]:
    """Return the names of what a holder may have within one scope, and of nothing else.

    `level` is empty for an enterprise.
    """
    purpose = purposes()[Scope(scope)]
    offered = (shelf().policies.get(code) for code in purpose.policies)
    policies = [one for one in offered if one is not None and one.applicant == subject.kind]
    facts = known(subject, on) if policies else {}
    names = (one.name for one in policies if outcome(one, facts, on).outcome is Outcome.ELIGIBLE)
    return (*_services(purpose, level), *names)


def standing(subject: Subject, level: str, on: date) -> Standing:
    """Return all services of a level and all policies the subject may have on a day."""
    services = (name for purpose in purposes().values() for name in _services(purpose, level))
    facts = known(subject, on)
    verdicts = (judge(policy, facts, on) for policy in shelf().for_applicant(subject.kind))
    eligible = (verdict for verdict in verdicts if verdict.outcome is Outcome.ELIGIBLE)
    return Standing(tuple(services), tuple(eligible))


def _services(purpose: Purpose, level: str) -> tuple[str, ...]:
    return tuple(service.name for service in purpose.services if level in service.levels)
