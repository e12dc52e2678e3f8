"""What each route of recognition (认定方式) asks for, and how high it reaches; pure.

`recognition.yaml` beside this module has the rules with their sources. A is the highest level, F
the lowest; a route's rule says up to which level it may go, the officer decides within that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from policies.guards import as_number
from policies.models import Level, Route
from policies.schema import Code, Text
from portal.core.chinese import money_words

RULES = Path(__file__).with_name("recognition.yaml")
LONGEST = 100
LARGEST = Decimal(10**12)


class Rule(BaseModel):
    """A rule and where it comes from; `demonstration` marks what the source does not say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    basis: Text
    quote: Text
    source: Text
    demonstration: bool = False


class ContestRole(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    name: Text
    highest: Level
    demonstration: bool = False


class ContestRule(Rule):
    """以赛代评: the project's rank lets in, the role says how high."""

    ranks: tuple[Text, ...] = Field(min_length=1)
    roles: tuple[ContestRole, ...] = Field(min_length=1)


class Band(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    start: Decimal = Field(alias="from", gt=0)
    highest: Level
    demonstration: bool = False


class Measure(BaseModel):
    """A figure of the market in yuan; `inclusive` tells 以上 (the amount itself) from 高于."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    name: Text
    inclusive: bool
    bands: tuple[Band, ...] = Field(min_length=1)

    def highest(self, amount: Decimal) -> Level | None:
        """Return the level that an amount reaches, None below the first band."""
        reached = [
            band.highest
            for band in self.bands
            if amount > band.start or (self.inclusive and amount == band.start)
        ]
        return min(reached, default=None)

    @property
    def least_words(self) -> str:
        """What is asked for at least: 不低于 200,000 元."""
        return self.words(self.bands[0])

    def words(self, band: Band) -> str:
        return f"{'不低于' if self.inclusive else '高于'} {money_words(band.start)}"

    @property
    def reaches(self) -> tuple[tuple[str, Level], ...]:
        """Each band in words, with the highest level it carries."""
        return tuple((self.words(band), band.highest) for band in self.bands)


class MarketRule(Rule):
    measures: tuple[Measure, ...] = Field(min_length=1)


class RecommendationRule(Rule):
    yearly_quota: int = Field(ge=0)
    highest: Level


class Rules(BaseModel):
    """recognition.yaml: who recognises, for how long, by which routes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    departments: tuple[Text, ...] = Field(min_length=1)
    valid_years: int = Field(gt=0)
    valid_years_demonstration: bool = False
    contest: ContestRule
    market: MarketRule
    recommendation: RecommendationRule

    def of(self, route: str) -> Rule:
        rule: Rule = getattr(self, Route(route).value)
        return rule


class NotMet(Exception):
    """What is stated does not meet the rule; `problems` says by field what is wrong."""

    def __init__(self, **problems: str) -> None:
        super().__init__("；".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Ground:
    """What a recognition rests on: the highest level it carries, and the record of it."""

    highest: Level
    evidence: Mapping[str, str]


@cache
def rules() -> Rules:
    return Rules.model_validate(yaml.safe_load(RULES.read_text(encoding="utf-8")))


def is_higher(level: str, highest: str) -> bool:
    """Whether a level stands above the highest one allowed: A above B."""
    return level < highest


def ground(route: str, stated: Mapping[str, Any]) -> Ground:
    """Return what the statements of a route carry. Raises NotMet."""
    return GROUNDS[Route(route)](stated)


def by_contest(stated: Mapping[str, Any]) -> Ground:
    """By the rank of the project and the role in it (以赛代评)."""
    rule = rules().contest
    roles = {role.code: role for role in rule.roles}
    contest, proof = _text(stated, "contest", "大赛和项目名称"), _text(stated, "proof", "证明材料")
    if stated.get("rank") not in rule.ranks:
        raise NotMet(
            rank=f"以赛代评只适用于{'、'.join(rule.ranks)}奖，其他等次请改用别的认定方式。"
        )
    role = roles.get(str(stated.get("role")))
    if role is None:
        raise NotMet(role="请选择在项目中的角色。")
    told = {"contest": contest, "rank": str(stated["rank"]), "role": role.code, "proof": proof}
    return Ground(role.highest, told)


def by_market(stated: Mapping[str, Any]) -> Ground:
    """By taxable income or equity value of a manager of an enterprise (市场化评定)."""
    measures = {measure.code: measure for measure in rules().market.measures}
    measure = measures.get(str(stated.get("measure")))
    if measure is None:
        raise NotMet(measure="请选择评定依据。")
    amount = as_number(stated.get("amount"))
    if amount is None or not 0 <= amount <= LARGEST:
        raise NotMet(amount="请填写金额，单位为元，不小于 0。")
    highest = measure.highest(amount)
    if highest is None:
        least = f"{measure.name}应{measure.least_words}"
        raise NotMet(amount=f"{least}，现为 {money_words(amount)}，未达到市场化评定标准。")
    position = _text(stated, "position", "企业和管理职务")
    proof = _text(stated, "proof", "证明材料")
    told = {"measure": measure.code, "amount": str(amount), "position": position, "proof": proof}
    return Ground(highest, told)


def by_recommendation(stated: Mapping[str, Any]) -> Ground:
    """By the word of a recommender (举荐); the yearly quota is the verb's matter."""
    grounds = _text(stated, "grounds", "举荐理由")
    proof = _text(stated, "proof", "证明材料")
    return Ground(rules().recommendation.highest, {"grounds": grounds, "proof": proof})


GROUNDS: Mapping[Route, Callable[[Mapping[str, Any]], Ground]] = {
    Route.CONTEST: by_contest,
    Route.MARKET: by_market,
    Route.RECOMMENDATION: by_recommendation,
}


def words(route: str, evidence: Mapping[str, Any]) -> str:
    """Return what a recognition rests on in one Chinese line; amounts as the band they reach.

    The amount itself stays out of lists: whoever reads the level need not know the income.
    """
    if route == Route.CONTEST:
        roles = {role.code: role.name for role in rules().contest.roles}
        return f"{evidence['contest']}，{evidence['rank']}奖，{roles.get(evidence['role'], '')}"
    if route == Route.MARKET:
        measures = {one.code: one for one in rules().market.measures}
        measure = measures[evidence["measure"]]
        return f"{measure.name}{measure.least_words}，{evidence['position']}"
    return str(evidence["grounds"])


def _text(stated: Mapping[str, Any], key: str, name: str) -> str:
    text = str(stated.get(key) or "").strip()
    if not text:
        raise NotMet(**{key: f"请填写{name}。"})
    if len(text) > LONGEST:
        raise NotMet(**{key: f"{name}不超过 {LONGEST} 个字。"})
    return text
