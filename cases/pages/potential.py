"""Pages of people who could have a policy: what was chosen, a page of people, the Excel file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet
from django.http import HttpResponse

from cases.masking import masked_number
from cases.potential import Listed
from cases.supervision.scope import NO_DISTRICT
from cases.supervision.selection import district_name, district_names
from policies.models import Match, Subject, SubjectKind
from policies.shelf import PublishedPolicy
from portal.core import spreadsheet
from portal.core.chinese import day_words
from portal.core.spreadsheet import Column, Sheet

PER_PAGE = 25
# What one file holds; more is narrowed down first.
MOST_ROWS = 50_000
READ_AT_ONCE = 2_000
NO_NAME = "未登记名称"


@dataclass(frozen=True)
class Choice:
    """The matches that are asked for; a policy or district that is not there chooses nothing."""

    listed: Listed
    policy: PublishedPolicy | None
    district: str

    @cached_property
    def matches(self) -> "QuerySet[Match]":
        found = self.listed.matches
        if self.policy:
            found = found.filter(policy=self.policy.pk)
        if self.district:
            place = None if self.district == NO_DISTRICT else self.district
            found = found.filter(subject__profile__f_district=place)
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many persons and enterprises there are, by kind."""
        by_kind = self.matches.order_by().values_list("subject__kind")
        return dict(by_kind.annotate(Count("subject", distinct=True)))

    @property
    def payload(self) -> dict[str, str]:
        """What was asked for, as the ledger keeps it: codes only."""
        return {"policy": self.policy.code if self.policy else "", "district": self.district}

    def page(self, number: str) -> Page:
        """Return a page of subject ids."""
        every = self.matches.order_by("subject").values_list("subject", flat=True).distinct()
        return Paginator(every, PER_PAGE).get_page(number)


@dataclass(frozen=True, slots=True)
class Person:
    """One person or enterprise of the list with the policies that are open to them."""

    name: str
    number: str
    district: str
    policies: tuple[tuple[str, date], ...]


def choice_of(listed: Listed, given: Mapping[str, str]) -> Choice:
    by_code = {policy.code: policy for policy in listed.policies}
    district = given.get("district", "")
    return Choice(
        listed=listed,
        policy=by_code.get(given.get("policy", "")),
        district=district if district in district_names() else "",
    )


def people(choice: Choice, ids: Iterable[int]) -> list[Person]:
    """Return subjects with the policies that were asked for, in the order of the ids."""
    order = list(ids)
    names = {policy.pk: policy.name for policy in choice.listed.policies}
    found: dict[int, list[tuple[str, date]]] = {pk: [] for pk in order}
    rows = choice.matches.filter(subject__in=order).order_by("policy__code")
    for subject_id, policy_id, since in rows.values_list("subject_id", "policy_id", "since"):
        found[subject_id].append((names[policy_id], since))
    known = Subject.objects.annotate(place=F("profile__f_district")).in_bulk(order)
    return [_person(known[pk], tuple(found[pk])) for pk in order]


def _person(subject: Any, policies: tuple[tuple[str, date], ...]) -> Person:
    is_person = subject.kind == SubjectKind.PERSON
    number = str(subject.identity.get("id_number" if is_person else "uscc", ""))
    return Person(
        name=subject.name or NO_NAME,
        number=masked_number(number) if number else "",
        district=district_name(subject.place or ""),
        policies=policies,
    )


def heading(choice: Choice) -> str:
    """Return the answer of the page: how many could have something and have not asked for it."""
    counted = [(choice.counts.get(kind, 0), unit) for kind, unit in UNITS.items()]
    words = "、".join(f"{number:,} {unit}" for number, unit in counted if number)
    what = f"“{choice.policy.name}”" if choice.policy else "本部门政策"
    where = district_name(choice.district) if choice.district else ""
    if not words:
        return f"{where}目前没有可以享受{what}而未申请的个人或企业"
    return f"{where}{words}可以享受{what}，尚未申请"


UNITS: Mapping[str, str] = {SubjectKind.PERSON: "人", SubjectKind.ENTERPRISE: "家企业"}


def context(choice: Choice, number: str) -> dict[str, Any]:
    page = choice.page(number)
    return {
        "heading": heading(choice),
        "page": page,
        "people": people(choice, page.object_list),
        "choice": choice,
        "policies": choice.listed.policies,
        "districts": district_names(),
        "total": sum(choice.counts.values()),
        "most_rows": MOST_ROWS,
    }


def excel(choice: Choice, on: date) -> HttpResponse:
    """Return one row for each person and policy; raises TooManyRows (see MOST_ROWS)."""
    if choice.matches.count() > MOST_ROWS:
        raise spreadsheet.TooManyRows
    columns = [
        Column("姓名（名称）"),
        Column("证件号码（统一社会信用代码）"),
        Column("所在区县"),
        Column("可以享受的政策"),
        Column("符合条件起", kind="date"),
    ]
    note = (
        f"数据截至 {day_words(on)}。符合政策条件而未申请、未享受的个人和企业；"
        "以办理时核验结果为准。含个人信息，仅供本部门主动服务使用。"
    )
    sheet = Sheet(heading(choice), columns, _rows(choice), note, name="名单")
    return spreadsheet.response(f"可享受未申请名单（{day_words(on)}）", [sheet])


def _rows(choice: Choice) -> Iterator[tuple[str, str, str, str, date]]:
    every = list(choice.matches.order_by("subject").values_list("subject", flat=True).distinct())
    for begin in range(0, len(every), READ_AT_ONCE):
        for one in people(choice, every[begin : begin + READ_AT_ONCE]):
            for policy, since in one.policies:
                yield one.name, one.number, one.district, policy, since
