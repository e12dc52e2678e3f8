"""Picking (选事项): what a selection means before anything is filed, for the menu.

A selection lives in the address or the form alone; nothing is stored until the draft begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.http import QueryDict

from cases import application, calendar, merging, parking, routing, verdicts, windows
from cases.errors import Incomplete
from cases.models.case import ApplicantKind
from cases.pages import picture
from cases.pages import verdicts as verdict_page
from cases.parking import Aside
from policies.eligibility import Facts
from policies.judging import Verdict
from policies.schema import Catalogue, Item, Requirement
from policies.shelf import PublishedPolicy
from policies.subjects import known, of_user
from portal.accounts.models import User
from portal.core.chinese import day_words

HELD = "have-"
LONGEST_NUMBER = 60


@dataclass(frozen=True)
class Selection:
    """Items ticked for one kind of applicant, and results already held (item code → number)."""

    catalogue: Catalogue
    kind: str
    ticked: tuple[str, ...]
    on: date
    held: Mapping[str, str] = field(default_factory=dict)
    # Whoever is signed in reads how they stand with each item.
    user: User | None = None

    @classmethod
    def from_query(
        cls, catalogue: Catalogue, query: QueryDict, on: date, user: User | None = None
    ) -> "Selection":
        """Return the selection that an address or a posted form states."""
        kind = query.get("kind", "")
        return cls(
            catalogue,
            kind if kind in ApplicantKind else ApplicantKind.PERSON,
            tuple(dict.fromkeys(query.getlist("item"))),
            on,
            held_results(catalogue, query),
            user,
        )

    @cached_property
    def items(self) -> tuple[Item, ...]:
        return self.catalogue.items_for(self.kind)  # type: ignore[arg-type]

    @cached_property
    def problem(self) -> str:
        """What keeps this selection from being filed, in Chinese; empty when nothing does."""
        try:
            application.checked_selection(self.catalogue, self.kind, self.ticked, {}, self.held)
        except Incomplete as error:
            return error.problems["items"]
        return ""

    @cached_property
    def plan(self) -> routing.Plan | None:
        if self.problem:
            return None
        return routing.plan(self.catalogue, self.ticked, None, self.on, self.held)

    @cached_property
    def merged(self) -> merging.Merged | None:
        return merging.merge(self.catalogue, self.plan.codes, None, self.on) if self.plan else None

    @property
    def added(self) -> Mapping[str, str]:
        return self.plan.added if self.plan else {}

    @cached_property
    def closed(self) -> Mapping[str, PublishedPolicy]:
        """Items that take no applications on the day."""
        return windows.closed(self.catalogue, [item.code for item in self.items], self.on)

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """How the person who is signed in stands with each item; nothing for anybody else."""
        if self._known is None:
            return {}
        return verdicts.judged(self.catalogue, self._taken, self._known, self.on)

    @cached_property
    def aside(self) -> Mapping[str, Aside]:
        """What of the selection is not ripe yet, by item: it waits after acceptance."""
        if self.plan is None or self._known is None:
            return {}
        return parking.put_aside(self.plan, self.catalogue, self._known, self.on, self.held)

    @property
    def put_aside(self) -> list[dict[str, str]]:
        return [
            {"name": picture.short_name(self.catalogue.items[code].name), "words": one.words}
            for code, one in self.aside.items()
        ]

    @cached_property
    def at_once(self) -> routing.Plan | None:
        """The route that is gone right after acceptance; none where nothing of it is ripe."""
        if self.plan is None or not self.aside:
            return self.plan
        ripe = [code for code in self.plan.codes if code not in self.aside]
        return routing.plan(self.catalogue, ripe, None, self.on, self.held) if ripe else None

    @cached_property
    def _known(self) -> Facts | None:
        if self.user is None or not self.user.is_applicant:
            return None
        subject = of_user(self.user, self.kind)
        return known(subject, self.on) if subject else windows.NOTHING

    @property
    def _taken(self) -> list[str]:
        codes = self.plan.codes if self.plan else self.ticked
        return [*codes, *self.held]

    def options(self) -> list[dict[str, Any]]:
        """Return every item of this kind of applicant as one line of the list."""
        return [self._option(item) for item in self.items]

    def picture(self) -> picture.Picture | None:
        return picture.promise(self.at_once, self.catalogue) if self.at_once else None

    def sums(self) -> dict[str, Any]:
        """Return what the summary beside the list says."""
        promised = self.catalogue.one_thing.promised_days
        if self.plan is None or self.merged is None:
            return {"count": 0, "promised": promised}
        days = self.at_once.days if self.at_once else None
        return {
            "count": len(self.plan.steps),
            "fields": len(self.merged.fields),
            "uploads": len(self.merged.uploads),
            "savings": self.merged.savings,
            "days": days,
            "last_day": day_words(calendar.current().add(self.on, days or 0)),
            "at_once": len(self.at_once.steps) if self.at_once else 0,
            "promised": promised,
        }

    def _option(self, item: Item) -> dict[str, Any]:
        rival = self._rival_of(item)
        is_added = item.code in self.added
        is_held = item.code in self.held and item.code not in self.ticked
        # A closed one that is ticked already can be unticked.
        is_closed = item.code in self.closed and item.code not in self.ticked
        verdict = self.verdicts.get(item.code)
        return {
            "item": item,
            "facts": " · ".join(self._facts(item)),
            "why": self._reasons(item, rival),
            "checked": item.code in self.ticked or is_added,
            "disabled": is_added or bool(rival) or is_closed,
            "is_added": is_added,
            "is_barred": bool(rival),
            "is_closed": item.code in self.closed,
            "verdict": verdict_page.row(verdict, self.catalogue, self._taken, item.code)
            if verdict
            else None,
            "asks_for_held": is_added or is_held,
            "held": self.held.get(item.code, ""),
            "result": self._result_name(item),
        }

    def _reasons(self, item: Item, rival: Item | None) -> list[str]:
        if policy := self.closed.get(item.code):
            return [f"目前不在受理期，{windows.term_words(policy, self.on)}，不能勾选。"]
        if rival:
            short = picture.short_name(rival.name)
            return [f"已选“{short}”，两项只能办理一项。取消“{short}”后可选本项。"]
        if item.code in self.added:
            return [self.added[item.code]]
        if item.code in self.held and item.code not in self.ticked:
            return ["已有结果，不再办理。删去文号即恢复办理。"]
        if item.code not in self.ticked:
            return []
        chosen = self.plan.codes if self.plan else self.ticked
        return [
            need.why
            for need in item.requires
            if need.why and (need.strength == "hard" or set(need.any_of) & set(chosen))
        ]

    def _rival_of(self, item: Item) -> Item | None:
        """Return the ticked item that bars this one; none while both are ticked by mistake."""
        if item.code in self.ticked:
            return None
        for code in self.ticked:
            if code in self.catalogue.items and self.catalogue.exclusions_among([code, item.code]):
                return self.catalogue.items[code]
        return None

    def _facts(self, item: Item) -> list[str]:
        days = picture.days_words(item.promised_days)
        facts = [
            picture.department_names(item, self.catalogue),
            f"承诺 {days}" if item.promised_days else "即办，当日出结果",
        ]
        needs = [_need_words(self.catalogue, need) for need in item.hard_requirements]
        facts += dict.fromkeys(needs)
        if followers := self._followers(item):
            facts.append(f"结果用于后面 {followers} 项")
        facts += [
            f"与“{picture.short_name(self.catalogue.items[other].name)}”二选一"
            for other in self._excluded(item)
        ]
        facts += [
            f"另有{procedure.name} {procedure.days} 个工作日，不计入时限"
            for procedure in item.special_procedures
            if not procedure.counted
        ]
        return facts + ([item.window.text] if item.window else [])

    def _followers(self, item: Item) -> int:
        return sum(
            any(
                item.code in need.any_of and need.subject is None
                for need in other.hard_requirements
            )
            for other in self.items
        )

    def _excluded(self, item: Item) -> list[str]:
        return [
            other
            for exclusion in self.catalogue.exclusions
            if item.code in exclusion.items
            for other in exclusion.items
            if other != item.code
        ]

    def _result_name(self, item: Item) -> str:
        material = self.catalogue.materials.get(item.result.material or "")
        return material.name if material else item.result.name


def held_results(catalogue: Catalogue, query: QueryDict) -> dict[str, str]:
    """Return the numbers of results the applicant names, by item code."""
    typed = {code: query.get(f"{HELD}{code}", "") for code in catalogue.items}
    numbers = {code: text.replace("\0", "").strip() for code, text in typed.items()}
    return {code: number[:LONGEST_NUMBER] for code, number in numbers.items() if number}


def _need_words(catalogue: Catalogue, need: Requirement) -> str:
    names = "或".join(picture.short_name(catalogue.items[code].name) for code in need.any_of)
    if need.subject is not None:
        return f"有关人员须先办{names}"
    return f"视情况先办{names}" if need.when else f"需先办{names}"
