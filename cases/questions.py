"""The navigator's questions (政策导航题目) as data, and the facts that answers state.

`navigator.yaml` beside this module holds them. Answers are kept as they were chosen or typed, by
question and field; whatever is left open is unknown.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from cases.known import years_between
from policies.dictionary import dictionary
from policies.eligibility import Count
from policies.schema import Applicant, Code, Text
from portal.core.chinese import day_words

FILE = Path(__file__).with_name("navigator.yaml")
# What stands in a field of several options where none of them is meant.
NONE = "none"

Answer = str | list[str]
Answers = Mapping[str, Mapping[str, Answer]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(_Part):
    """One option: the facts it states, those it states by not being chosen, what it fills in."""

    value: Text
    label: Text
    facts: Mapping[Code, JsonValue]
    otherwise: Mapping[Code, JsonValue] = Field(default_factory=dict)
    fills: Mapping[Code, str] = Field(default_factory=dict)


class QuestionField(_Part):
    """One box of a question; see the head of the file for its kinds."""

    code: Code
    label: Text
    kind: Literal["choice", "many", "number", "date"]
    help: str = ""
    unit: str = ""
    none: str = ""
    options: tuple[Option, ...] = ()
    states: tuple[Code, ...] = ()
    above_zero: tuple[Code, ...] = ()
    fills: tuple[Code, ...] = ()
    minimum: int | None = None
    maximum: int | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.kind in {"choice", "many"}) != bool(self.options):
            raise ValueError("choice, many 须有 options，其他类型不得有")
        if bool(self.options) == bool(self.states):
            raise ValueError("number, date 须有 states")
        return self

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers answer it."""
        return all(dictionary()[code].kind == "int" for code in self.states)

    @property
    def stated(self) -> set[str]:
        """The facts that some answer states."""
        named = {code for one in self.options for code in (*one.facts, *one.otherwise)}
        return named | {*self.states, *self.above_zero}

    def facts(self, answer: Answer, on: date) -> Iterator[tuple[str, Any]]:
        """Yield the facts that an answer states on a day, in their types."""
        if self.kind == "choice":
            yield from (pair for one in self._chosen(answer) for pair in one.facts.items())
        elif self.kind == "many":
            for one in self.options:
                yield from (one.facts if one.value in answer else one.otherwise).items()
        elif self.kind == "date":
            yield from ((code, date.fromisoformat(str(answer))) for code in self.states)
        else:
            yield from self._numbers(str(answer), on)

    def filled(self, answer: Answer) -> Iterator[tuple[str, str]]:
        """Yield the form elements that an answer fills in, with their values."""
        if self.options:
            yield from (pair for one in self._chosen(answer) for pair in one.fills.items())
        else:
            yield from ((element, str(answer)) for element in self.fills)

    def words(self, answer: Answer) -> str:
        """Return an answer as a person reads it."""
        if self.kind == "date":
            return day_words(date.fromisoformat(str(answer)))
        if not self.options:
            return f"{answer} {self.unit}".strip()
        return "、".join(one.label for one in self._chosen(answer)) or self.none

    def _chosen(self, answer: Answer) -> list[Option]:
        values = [answer] if isinstance(answer, str) else answer
        return [one for one in self.options if one.value in values]

    def _numbers(self, text: str, on: date) -> Iterator[tuple[str, Any]]:
        for code in self.states:
            one = dictionary()[code]
            value = int(text) if one.kind == "int" else Decimal(text)
            # Who has none yet is not collecting any either.
            yield code, Count(int(value), on if value else None) if one.moves else value
        yield from ((code, Decimal(text) > 0) for code in self.above_zero)


class Question(_Part):
    """One page of the navigator; `why` says what the answer is good for."""

    code: Code
    title: Text
    why: Text
    fields: tuple[QuestionField, ...]


class Branch(_Part):
    """The questions for one kind of applicant, in their order."""

    kind: Applicant
    title: Text
    text: Text
    questions: tuple[Question, ...]

    def facts(self, answers: Answers, on: date) -> dict[str, Any]:
        """Return what the answers state on a day; what was left open is missing."""
        stated = {
            code: value
            for field, answer in self._answered(answers)
            for code, value in field.facts(answer, on)
        }
        return stated | _founded(stated)

    def filled(self, answers: Answers) -> dict[str, str]:
        """Return what the answers fill into a form, by element."""
        return {
            element: value
            for field, answer in self._answered(answers)
            for element, value in field.filled(answer)
        }

    def _answered(self, answers: Answers) -> Iterator[tuple[QuestionField, Answer]]:
        for question in self.questions:
            given = answers.get(question.code, {})
            yield from ((one, given[one.code]) for one in question.fields if given.get(one.code))


def _founded(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many years after graduating a founder founded, where both days are known."""
    begun, graduated = facts.get("established"), facts.get("grad_date")
    if begun is None or graduated is None:
        return {}
    return {"legal_grad_years": years_between(graduated, begun)}


@cache
def branches() -> dict[str, Branch]:
    """Return the branches of the navigator by kind of applicant."""
    entries = yaml.safe_load(FILE.read_text(encoding="utf-8"))["branches"]
    found = [Branch.model_validate(entry) for entry in entries]
    return {branch.kind: branch for branch in found}
