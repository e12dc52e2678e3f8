"""What a draft would change, recounted one subject at a time in plain Python."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import pytest

from policies import impact
from policies.editing import drafting
from policies.eligibility import Decision, Outcome
from policies.impact import Change
from policies.models import Policy, PolicyState, PolicyVersion, Profile, Subject
from portal.accounts.models import User
from portal.core import clock
from tests.accounts.factories import DepartmentFactory, StaffFactory

pytestmark = pytest.mark.django_db

ON = date(2027, 1, 1)
DISTRICTS = ["330106", "330110", None]


@pytest.fixture
def editor() -> User:
    return StaffFactory(editor=True)


def document(months: int, *others: dict[str, Any]) -> dict[str, Any]:
    insured = {"fact": "ss_months_cont", "op": ">=", "value": months, "matures": True}
    young = {"fact": "age", "op": "<", "value": 35}
    return {"summary": "补贴", "conditions": {"all": [insured, young, *others]}}


@pytest.fixture
def policy() -> Policy:
    made = Policy.objects.create(
        code="POL_I1", name="补贴", applicant="person", department=DepartmentFactory()
    )
    PolicyVersion.objects.create(
        policy=made,
        number=1,
        label="旧",
        document=document(6),
        state=PolicyState.PUBLISHED,
        published_at=clock.now(),
    )
    return made


def drafted(policy: Policy, **stated: Any) -> PolicyVersion:
    version = PolicyVersion(policy=policy, number=2, label="新", effective_from=ON, **stated)
    version.save()
    return PolicyVersion.objects.select_related("policy").get(pk=version.pk)


def subject(number: int, **columns: Any) -> Profile:
    made = Subject.objects.create(kind="person", identity_index=f"made-{number}")
    return Profile.objects.create(subject=made, kind="person", **columns)


@pytest.fixture
def people() -> list[Profile]:
    dice = Random(7)
    return [
        subject(
            number,
            f_birth_date=date(dice.randint(1985, 2004), dice.randint(1, 12), 15),
            f_ss_months_cont=dice.choice([None, *range(14)]),
            f_ss_months_cont_as_of=dice.choice([None, date(2026, 11, 1)]),
            f_district=dice.choice(DISTRICTS),
            f_edu=dice.choice(["11", "21", None]),
            sealed={"income_pc": dice.choice(["30000", "90000"])} if number % 3 else {},
        )
        for number in range(240)
    ]


# Plain Python: months by adding them one at a time, days by trying one after the other.


def months_on(row: Profile, on: date) -> int | None:
    value, as_of = row.f_ss_months_cont, row.f_ss_months_cont_as_of
    if value is None or as_of is None:
        return value
    return value + (on.year - as_of.year) * 12 + on.month - as_of.month - (on.day < as_of.day)


def age_on(row: Profile, on: date) -> int:
    born = row.f_birth_date
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def standing(row: Profile, months: int, income: int | None) -> tuple[str, date | None]:
    """Return how a subject stands: by insured months, age below 35, and an income below a limit."""
    insured, earns = months_on(row, ON), row.sealed.get("income_pc")
    if age_on(row, ON) >= 35 or (income and earns and int(earns) >= income):
        return "not", None
    if insured is None or (income and not earns):
        return "unknown", None
    if insured >= months:
        return "eligible", None
    if row.f_ss_months_cont_as_of is None:
        return "not_yet", None
    day = ON
    while months_on(row, day) < months and age_on(row, day) < 35:
        day = date.fromordinal(day.toordinal() + 1)
    # An event may still come in time where waiting alone does not help.
    return "not_yet", day if age_on(row, day) < 35 else None


def recounted(old: tuple[str, date | None], new: tuple[str, date | None]) -> str:
    if "eligible" in {old[0], new[0]} and old[0] != new[0]:
        return "gained" if new[0] == "eligible" else "lost"
    if (old[0] == "not_yet") != (new[0] == "not_yet"):
        return "hope" if new[0] == "not_yet" else "no_hope"
    if old[1] == new[1] or new[0] != "not_yet":
        return "unchanged"
    before, after = old[1] or date.max, new[1] or date.max
    return "earlier" if after < before else "later"


@pytest.mark.parametrize(
    ("months", "income"), [(3, None), (9, None), (6, None), (9, 60000), (3, 60000)]
)
def test_the_counts_are_those_of_counting_one_by_one(
    policy: Policy, people: list[Profile], months: int, income: int | None
) -> None:
    limit = {"fact": "income_pc", "op": "<", "value": income}
    version = drafted(policy, document=document(months, *([limit] if income else [])))

    found = impact.measure(version)

    said = [
        (row.f_district or "", row.f_edu or "", recounted(standing(row, 6, None), new))
        for row in people
        for new in [standing(row, months, income)]
    ]
    assert found.changes == Counter(change for _, _, change in said)
    for place, counts in ((0, found.by_district), (1, found.by_degree)):
        assert counts == {
            key: Counter(one[2] for one in said if one[place] == key)
            for key in {one[place] for one in said}
        }
    assert (found.seen, found.total, found.on) == (240, 240, ON)
    assert found.is_whole and found.is_done


def test_a_district_version_changes_that_district_only(
    policy: Policy, people: list[Profile]
) -> None:
    version = drafted(policy, document=document(1), division="330106")

    found = impact.measure(version)

    assert set(found.by_district["330110"]) == {"unchanged"}
    assert found.by_district["330106"]["gained"] > 0


def test_ending_a_policy_only_takes(policy: Policy, people: list[Profile]) -> None:
    version = drafted(policy, document={"summary": "停止实施", "closed": True})

    found = impact.measure(version)

    assert set(found.changes) <= {"lost", "no_hope", "unchanged"}
    assert found.changes["lost"] > 0


def test_a_new_policy_only_gives(people: list[Profile], editor: User) -> None:
    fresh = Policy(code="POL_I2", name="新", applicant="person", department=DepartmentFactory())
    version = drafting.found(policy=fresh, label="首个版本", by=editor)
    version.document = {"summary": "人人都有", "open": True}

    found = impact.measure(version)

    assert found.changes == {"gained": 240}


def test_sealed_facts_are_only_opened_where_they_matter(
    policy: Policy, people: list[Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = {"fact": "income_pc", "op": "<", "value": 60000}
    opened: list[Any] = []
    sealed_facts = impact.sealed_facts
    monkeypatch.setattr(
        impact, "sealed_facts", lambda sealed: opened.append(sealed) or sealed_facts(sealed)
    )

    impact.measure(drafted(policy, document=document(6, limit)))

    too_old = sum(age_on(row, ON) >= 35 for row in people)
    assert 0 < len(opened) <= 240 - too_old


# Time and progress


@pytest.fixture
def ticking() -> Callable[[], float]:
    """A clock on which each look takes ten seconds."""
    moments = iter(range(0, 100_000, 10))
    return lambda: float(next(moments))


def test_a_measurement_goes_on_where_it_stopped(
    policy: Policy,
    people: list[Profile],
    ticking: Callable[[], float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(impact, "CHUNK", 100)
    monkeypatch.setattr(impact, "LIMIT_SECONDS", 1_000.0)
    version = drafted(policy, document=document(3))
    whole = impact.measure(version)

    so_far, steps = impact.begin(version), []
    while not so_far.is_done:
        so_far = impact.go_on(version, so_far, seconds=1.0, now=ticking)
        so_far = impact.from_json(so_far.to_json())
        steps.append(so_far.percent)

    assert steps == [41, 83, 100]
    assert so_far.changes == whole.changes and so_far.by_district == whole.by_district


def test_a_huge_population_is_measured_in_part_and_says_so(
    policy: Policy,
    people: list[Profile],
    ticking: Callable[[], float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(impact, "CHUNK", 100)
    monkeypatch.setattr(impact, "LIMIT_SECONDS", 5.0)
    version = drafted(policy, document=document(3))

    found = impact.go_on(version, impact.begin(version), seconds=1.0, now=ticking)

    assert found.is_done and not found.is_whole
    assert (found.seen, found.total) == (100, 240)


def test_a_measurement_is_kept_with_who_made_it_and_ages_with_the_draft(
    policy: Policy, people: list[Profile], editor: User
) -> None:
    version = drafted(policy, document=document(3))
    found = impact.measure(version)

    impact.keep(version, found, editor)

    kept = impact.latest(version)
    assert kept is not None and kept.is_current
    assert kept.by == str(editor) and kept.measurement.changes == found.changes
    version.document = document(4)
    aged = impact.latest(version)
    assert aged is not None and not aged.is_current


SOON, LATE = date(2027, 2, 1), date(2027, 5, 1)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (("not", None), ("eligible", None), Change.GAINED),
        (("eligible", None), ("unknown", None), Change.LOST),
        (("not_yet", LATE), ("not_yet", SOON), Change.EARLIER),
        (("not_yet", None), ("not_yet", SOON), Change.EARLIER),
        (("not_yet", SOON), ("not_yet", LATE), Change.LATER),
        (("not", None), ("not_yet", SOON), Change.HOPE),
        (("not_yet", SOON), ("not", None), Change.NO_HOPE),
        (("not", None), ("unknown", None), Change.UNCHANGED),
        (("eligible", None), ("eligible", None), Change.UNCHANGED),
    ],
)
def test_what_becomes_of_a_subject(old: Any, new: Any, change: Change) -> None:
    decisions = [Decision(Outcome(name), day) for name, day in (old, new)]

    assert impact.change_of(*decisions) == change
