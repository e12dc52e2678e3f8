"""The comprehensive database: every figure against a recount by hand, small cells withheld."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO
from random import Random

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from cases import intake, review
from cases.analysis import figures, pages
from cases.analysis.axes import AXES
from cases.models import Case, Recommendation
from cases.supervision.scope import Period
from policies.models import (
    Match,
    OneThing,
    Policy,
    PolicyState,
    PolicyVersion,
    Profile,
    Subject,
    SubjectKind,
)
from policies.subjects import identity_index
from portal.accounts.models import Role, User
from portal.core import clock
from tests.cases.conftest import make_user

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
DISTRICTS = ("330110", "330106", None)


def subject(number: int, kind: str = SubjectKind.PERSON, **facts: object) -> Subject:
    made = Subject.objects.create(kind=kind, identity_index=identity_index(f"analysis-{number}"))
    Profile.objects.create(subject=made, kind=kind, **{f"f_{c}": v for c, v in facts.items()})
    return made


@pytest.fixture
def people() -> list[Subject]:
    dice = Random(4)
    return [
        subject(
            number,
            edu=dice.choice(("11", "14", "21", "21", None)),
            birth_date=dice.choice((None, date(1990 + number % 15, 11, 20 + number % 10))),
            district=dice.choice(DISTRICTS),
        )
        for number in range(120)
    ]


@pytest.fixture
def version(one_thing: OneThing) -> PolicyVersion:
    """A published policy that stands for the first item of the one-thing."""
    policy = Policy.objects.create(
        code="EXAMPLE",
        name="示例补贴",
        applicant=SubjectKind.PERSON,
        department=one_thing.lead,
        one_thing=one_thing,
        item_code="P05",
    )
    return PolicyVersion.objects.create(
        policy=policy,
        number=1,
        label="2026",
        document={"open": True, "summary": "示例", "basis": []},
        state=PolicyState.PUBLISHED,
        published_at=clock.now(),
    )


def match(one: Subject, version: PolicyVersion) -> None:
    Match.objects.create(subject=one, policy=version.policy, version=version, since=TODAY)


def test_degrees_by_district_agree_with_a_recount(people: list[Subject]) -> None:
    rows = Profile.objects.values_list("f_edu", "f_district")
    expected = Counter((edu or "?", place or "?") for edu, place in rows)

    assert figures.population(AXES["degree"], TODAY) == dict(expected)


def test_an_age_band_begins_on_the_birthday() -> None:
    subject(1, birth_date=date(2001, 11, 24), district="330110")
    subject(2, birth_date=date(2001, 11, 25), district="330110")

    found = figures.population(AXES["age"], TODAY)

    assert found == {("25", "330110"): 1, ("22", "330110"): 1}


def test_firms_are_no_people() -> None:
    subject(1, edu="21")
    subject(2, SubjectKind.ENTERPRISE, edu="21", established=date(2025, 11, 24))

    assert figures.population(AXES["degree"], TODAY) == {("21", "?"): 1}
    assert figures.population(AXES["firm-age"], TODAY) == {("1", "?"): 1}


def test_what_is_due_and_what_was_asked_for_are_told_apart_by_district(
    version: PolicyVersion, submitted: Callable[..., Case]
) -> None:
    case = submitted("P05")
    asked = Subject.objects.get_or_create(
        kind=SubjectKind.PERSON, identity_index=case.identity_index
    )[0]
    Profile.objects.update_or_create(
        subject=asked, defaults={"kind": SubjectKind.PERSON, "f_district": "330106"}
    )
    for one in (asked, *(subject(number, district="330110") for number in range(7))):
        match(one, version)

    assert figures.claims() == {
        ("EXAMPLE", "330106", True): 1,
        ("EXAMPLE", "330110", False): 7,
    }


def test_a_draft_a_refusal_and_a_withdrawal_claim_nothing(
    version: PolicyVersion, submitted: Callable[..., Case], talent: User
) -> None:
    case = submitted("P05")
    one = Subject.objects.get_or_create(
        kind=SubjectKind.PERSON, identity_index=case.identity_index
    )[0]
    match(one, version)
    intake.withdraw(case_id=case.pk, actor=talent)

    assert [asked for _, _, asked in figures.claims()] == [False]


def test_the_funnel_counts_each_person_once_at_each_stage(
    version: PolicyVersion, accepted: Callable[..., Case], officers: dict[str, User]
) -> None:
    case = accepted("P05")
    officer = officers["D01"]
    work_item = case.work_items.get(item_code="P05")
    review.claim(work_item_id=work_item.pk, officer=officer)
    review.approve(work_item_id=work_item.pk, officer=officer, result_number="档存〔2026〕1号")
    others = [subject(number) for number in range(3)]
    for one in others:
        match(one, version)
    Recommendation.objects.create(
        subject=others[0],
        user=case.applicant,
        policy=version.policy,
        occasion="facts",
        shown_at=clock.now(),
    )

    way = figures.funnel(["P05"])["EXAMPLE"]

    assert way == figures.Way(eligible=3, shown=1, applied=1, approved=1, paid=1)
    assert figures.funnel([])["EXAMPLE"].paid == 0


def test_the_funnel_reads_the_matches_once_and_not_for_each_policy(db: None) -> None:
    """At 200 policies and 130,000 subjects reading them again and again ends in a timeout."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {figures.FUNNEL}", {"money": []})
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert plan.count(" on policies_match") == 1
    assert "SubPlan" not in plan


def test_demand_counts_applicants_of_a_period_and_no_drafts(
    submitted: Callable[..., Case], draft: Callable[..., Case], monday: datetime
) -> None:
    submitted("P07")
    draft("P05")
    day = monday.date()

    found = figures.demand(*Period(day, day).instants)

    assert {item for item, _ in found} >= {"P07"}
    assert "P05" not in {item for item, _ in found}
    assert figures.demand(*Period(day - timedelta(days=9), day - timedelta(days=1)).instants) == {}


def test_a_stage_that_differs_by_a_few_from_the_one_before_is_withheld() -> None:
    stages = pages._stages(figures.Way(eligible=900, shown=3, applied=40, approved=37, paid=30))

    assert stages == [900, None, 40, None, 30]


def test_a_stage_behind_a_withheld_one_does_not_give_it_away() -> None:
    stages = pages._stages(figures.Way(eligible=900, shown=50, applied=40, approved=38, paid=38))

    assert stages == [900, 50, 40, None, None]


@pytest.mark.parametrize("page", list(pages.PAGES))
@pytest.mark.parametrize("district", ["", "330110", "999999", "\0"])
def test_every_page_and_its_excel_open_for_any_district(
    client: Client, people: list[Subject], version: PolicyVersion, page: str, district: str
) -> None:
    client.force_login(make_user("policy-maker", Role.EDITOR))

    shown = client.get(reverse("cases:analysis", args=[page]), {"district": district})
    sheet = client.get(reverse("cases:analysis-excel", args=[page]))

    assert shown.status_code == sheet.status_code == 200
    assert load_workbook(BytesIO(sheet.content)).worksheets


def test_no_page_and_no_excel_shows_a_count_below_five(
    client: Client, version: PolicyVersion
) -> None:
    for number in range(3):
        match(subject(number, edu="11", district="330110"), version)
    for number in range(20):
        match(subject(100 + number, edu="21", district="330106"), version)
    client.force_login(make_user("policy-maker", Role.SUPERVISOR))

    for page in pages.PAGES:
        for table in pages.PAGES[page].tables("") + pages.PAGES[page].sheets():
            counts = [
                cell.value
                for row in table.rows
                for cell, column in zip(row.cells, table.columns, strict=True)
                if column.kind == "count" and cell.value
            ]
            assert all(count >= 5 for count in counts), (page, table.title, counts)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.TALENT, 404), (Role.AGENT, 404), (Role.CLERK, 403), (Role.ADMINISTRATOR, 403)],
)
def test_others_do_not_see_it(client: Client, db: None, role: Role, status: int) -> None:
    client.force_login(make_user("somebody", role))

    assert client.get(reverse("cases:analysis-start")).status_code == status
    assert client.get(reverse("cases:analysis-excel", args=["degree"])).status_code == status


def test_a_page_that_is_not_there_is_not_found(client: Client, db: None) -> None:
    client.force_login(make_user("policy-maker", Role.EDITOR))

    assert client.get("/analysis/nothing/").status_code == 404
    assert client.post("/analysis/degree/").status_code == 405


def test_a_page_takes_few_statements_however_many_people(
    client: Client, people: list[Subject]
) -> None:
    client.force_login(make_user("policy-maker", Role.EDITOR))

    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("cases:analysis", args=["degree"]))

    assert len(queries) <= 11
