"""A city's worth of subjects and policies, made by the database in seconds.

Persons are graduates of the last ten years and students, enterprises young firms; ages follow from
graduation, insured months from both, and of each fact some share is unknown. Every policy has four
conditions. Beside its tree stands the same as SQL written by hand, which is what floors are made of
and what the compiled conditions are held against.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from benchmarks import population
from cases.models import Case
from policies.models import Policy, PolicyVersion, Profile, Subject
from portal.accounts.models import Department
from portal.core import clock

# The day asked about: fixed, so that every run finds the same.
ON = date(2026, 11, 24)
POLICIES = 200
ENTERPRISE_POLICIES = 20
PERSONS_AN_ENTERPRISE = 12
OPEN_ITEMS = 10_000
DISTRICTS = ["330102", "330105", "330106", "330108", "330109", "330110", "330113", "330114"]

SUBJECTS = """
INSERT INTO policies_subject
    (kind, identity_index, identity, employer_index, created_at)
SELECT %(kind)s, md5(%(kind)s || j) || md5(j || %(kind)s), %(identity)s,
       CASE %(kind)s WHEN 'person' THEN md5('employer' || j %% 10000) || md5('e' || j %% 10000)
       ELSE '' END, %(now)s
FROM generate_series(1, %(many)s) AS j
"""
PERSONS = """
INSERT INTO policies_profile
    (subject_id, kind, sealed, refreshed_at, f_birth_date, f_edu, f_study_mode, f_overseas,
     f_enrolled, f_grad_date, f_hukou_city, f_hukou_urban, f_residence_registered, f_permit_valid,
     f_insured, f_ss_months_total, f_ss_months_total_as_of, f_ss_months_cont,
     f_ss_months_cont_as_of, f_fund_months_cont, f_fund_months_cont_as_of, f_contract_months,
     f_house_family, f_house_deal_history, f_kin_can_support, f_family_size, f_monthly_rent,
     f_enjoy_public_rental, f_enjoy_rent_subsidy, f_got_living_subsidy, f_got_startup_subsidy,
     f_got_city_fund, f_shortage_major, f_title_level, f_skill_level, f_is_legal_rep,
     f_industry_ok, f_credit_ok, f_west_region, f_talent_level, f_district, f_industry)
SELECT id, 'person', %(sealed)s, %(now)s,
       grad_date - (365.25 * (CASE edu WHEN '11' THEN 28.5 WHEN '14' THEN 25 WHEN '21' THEN 22
                              ELSE 20.5 END + 3 * random()))::int,
       CASE WHEN random() < 0.97 THEN edu END,
       CASE WHEN random() < 0.9 THEN CASE WHEN random() < 0.9 THEN '全日制' ELSE '非全日制' END END,
       random() < 0.04, grad_date > %(on)s, CASE WHEN random() < 0.96 THEN grad_date END,
       urban OR random() < 0.1, CASE WHEN random() < 0.98 THEN urban END,
       CASE WHEN random() < 0.9 THEN random() < 0.7 END,
       CASE WHEN random() < 0.9 THEN random() < 0.25 END,
       CASE WHEN random() < 0.95 THEN insured END, months,
       CASE WHEN insured THEN counted END, (months * (0.4 + 0.6 * random()))::int,
       CASE WHEN insured THEN counted END,
       CASE WHEN random() < 0.8 THEN (months * random())::int END,
       CASE WHEN insured THEN counted END,
       CASE WHEN insured AND random() < 0.9
            THEN (ARRAY[6, 12, 12, 24, 36, 36, 60])[1 + floor(7 * random())] END,
       CASE WHEN random() < 0.85 THEN floor(3 * random() ^ 3) END, random() < 0.2,
       CASE WHEN random() < 0.5 THEN random() < 0.3 END,
       CASE WHEN random() < 0.7 THEN 1 + floor(4 * random() ^ 2) END,
       CASE WHEN random() < 0.6 THEN round((800 + 4000 * random())::numeric, 2) END,
       random() < 0.03, random() < 0.08, random() < 0.15, random() < 0.02, random() < 0.01,
       CASE WHEN random() < 0.7 THEN random() < 0.12 END,
       CASE WHEN random() < 0.8
            THEN (ARRAY['无', '无', '无', '无', '初级', '初级', '中级', '副高'])
                 [1 + floor(8 * random())] END,
       CASE WHEN random() < 0.8
            THEN (ARRAY['无', '无', '无', '无', '中级工', '高级工', '技师'])
                 [1 + floor(7 * random())] END,
       random() < 0.06, random() < 0.94, CASE WHEN random() < 0.9 THEN random() < 0.98 END,
       random() < 0.1,
       CASE WHEN random() < 0.12
            THEN (ARRAY['D', 'E', 'E', 'F', 'F', 'F'])[1 + floor(6 * random())] END,
       (%(districts)s::text[])[1 + floor(8 * random())],
       CASE WHEN random() < 0.8
            THEN (ARRAY['C', 'E', 'F', 'I', 'I', 'J', 'L', 'M', 'P', 'Q'])[1 + floor(10 * random())]
       END
FROM (
    SELECT drawn.*,
           greatest(0, (%(on)s::date - grad_date) / 30.4 * random())::int AS months
    FROM (
        SELECT id,
               (ARRAY['11', '14', '14', '14', '14', '14', '21', '21', '21', '21', '21', '21', '21',
                      '21', '21', '31', '31', '31', '31', '31'])[1 + floor(20 * random())] AS edu,
               %(on)s::date + 200 - (3650 * random() ^ 1.4)::int AS grad_date,
               random() < 0.4 AS urban, random() < 0.75 AS insured,
               (date_trunc('month', %(on)s::date) - interval '1 day')::date
                   - CASE WHEN random() < 0.2 THEN 31 ELSE 0 END AS counted
        FROM policies_subject WHERE kind = 'person' AND id > %(after)s ORDER BY id
    ) AS drawn
) AS person
"""
ENTERPRISES = """
INSERT INTO policies_profile
    (subject_id, kind, sealed, refreshed_at, f_established, f_tax_months, f_tax_months_as_of,
     f_turnover_tax_paid, f_industry_ok, f_addr_same, f_credit_ok, f_revenue_last, f_tax_last,
     f_hires_12m, f_small_micro, f_grad_hires, f_lease_area, f_rent_paid, f_team_equity,
     f_legal_original, f_legal_insured_here, f_legal_grad_years, f_got_city_fund, f_west_region,
     f_district, f_industry)
SELECT id, 'enterprise', %(sealed)s, %(now)s, established,
       CASE WHEN random() < 0.9 THEN ((%(on)s::date - established) / 31 * random())::int END,
       %(on)s::date - (40 * random())::int, CASE WHEN random() < 0.9 THEN random() < 0.8 END,
       random() < 0.9, CASE WHEN random() < 0.9 THEN random() < 0.75 END,
       CASE WHEN random() < 0.95 THEN random() < 0.96 END,
       CASE WHEN random() < 0.8 THEN round((5000 * random() ^ 4)::numeric, 2) END,
       CASE WHEN random() < 0.8 THEN round((200 * random() ^ 4)::numeric, 2) END,
       CASE WHEN random() < 0.8 THEN floor(20 * random() ^ 3) END, random() < 0.85,
       CASE WHEN random() < 0.8 THEN floor(10 * random() ^ 3) END,
       CASE WHEN random() < 0.6 THEN round((30 + 300 * random())::numeric, 1) END,
       CASE WHEN random() < 0.6 THEN round((10000 + 90000 * random())::numeric, 2) END,
       CASE WHEN random() < 0.8 THEN round((100 * random())::numeric, 1) END, random() < 0.8,
       CASE WHEN random() < 0.9 THEN random() < 0.7 END,
       CASE WHEN random() < 0.8 THEN round((8 * random())::numeric, 1) END, random() < 0.05,
       random() < 0.12, (%(districts)s::text[])[1 + floor(8 * random())],
       (ARRAY['C', 'F', 'I', 'I', 'L', 'M', 'R'])[1 + floor(7 * random())]
FROM (
    SELECT id, %(on)s::date - (3000 * random() ^ 1.3)::int AS established
    FROM policies_subject WHERE kind = 'enterprise' AND id > %(after)s ORDER BY id
) AS enterprise
"""


class Leaf(NamedTuple):
    """A condition, and what someone would write for it in SQL on the day ON."""

    fact: str
    op: str
    value: Any
    sql: str

    @property
    def tree(self) -> dict[str, Any]:
        return {"fact": self.fact, "op": self.op, "value": self.value}


class Made(NamedTuple):
    """A policy of the population: its code, tree and hand-written condition."""

    code: str
    applicant: str
    tree: dict[str, Any]
    sql: str


class Population:
    """Makes persons, enterprises and policies when asked; what is there already stays."""

    def __init__(self, persons: int) -> None:
        self.persons = persons
        self.on, self.now = ON, clock.now()
        self.policies = tuple(policies(POLICIES))

    def open_cases(self) -> None:
        """Have some cases that are being handled, with the catalogue, calendar and accounts."""
        if not Case.objects.exists():
            population.Population().grow(open_items=OPEN_ITEMS)

    def grow(self) -> None:
        """Bring persons, enterprises and policies up to their numbers."""
        self.open_cases()
        for kind, statement, many in (
            ("person", PERSONS, self.persons),
            ("enterprise", ENTERPRISES, self.persons // PERSONS_AN_ENTERPRISE),
        ):
            _fill(kind, statement, many)
        if not Policy.objects.filter(code=self.policies[0].code).exists():
            _publish(self.policies)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def policies(many: int) -> Iterator[Made]:
    """Yield so many different policies, always the same."""
    dice = Random(20261124)
    seen: set[str] = set()
    while len(seen) < many:
        groups = ENTERPRISE if len(seen) < ENTERPRISE_POLICIES else PERSON
        kind = "enterprise" if groups is ENTERPRISE else "person"
        leaves = [dice.choice(group)(dice) for group in groups]
        tree, sql = _joined(dice, leaves)
        if sql not in seen:
            seen.add(sql)
            yield Made(f"BENCH_{len(seen):03d}", kind, tree, sql)


def _joined(dice: Random, leaves: Sequence[Leaf]) -> tuple[dict[str, Any], str]:
    """Return four conditions as policies have them: mostly all, some with alternatives."""
    a, b, c, d = leaves
    draw = dice.random()
    if draw < 0.7:
        return {"all": [one.tree for one in leaves]}, " AND ".join(one.sql for one in leaves)
    if draw < 0.95:
        tree = {"all": [a.tree, b.tree, {"any": [c.tree, d.tree]}]}
        return tree, f"{a.sql} AND {b.sql} AND ({c.sql} OR {d.sql})"
    tree = {"all": [a.tree, {"at_least": 2, "of": [b.tree, c.tree, d.tree]}]}
    two = f"({b.sql} AND {c.sql} OR {b.sql} AND {d.sql} OR {c.sql} AND {d.sql})"
    return tree, f"{a.sql} AND {two}"


def _fill(kind: str, statement: str, many: int) -> None:
    has = Subject.objects.filter(kind=kind).count()
    if has >= many:
        return
    last = Subject.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    params: dict[str, Any] = {
        "kind": kind,
        "many": many - has,
        "after": last,
        "now": timezone.now(),
        "on": ON,
        "districts": DISTRICTS,
        "identity": Subject._meta.get_field("identity").get_prep_value({"name": "测试"}),
        "sealed": Profile._meta.get_field("sealed").get_prep_value({}),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.4)")
        cursor.execute(SUBJECTS, params)
        cursor.execute(statement, params)


def _publish(made: Sequence[Made]) -> None:
    department = Department.objects.first()
    rows = Policy.objects.bulk_create(
        Policy(code=one.code, name=one.code, applicant=one.applicant, department=department)
        for one in made
    )
    PolicyVersion.objects.bulk_create(
        PolicyVersion(
            policy=row,
            number=1,
            label="基准",
            effective_from=date(2020, 1, 1),
            document={"summary": row.code, "conditions": one.tree},
            state="published",
            published_at=timezone.now(),
        )
        for row, one in zip(rows, made, strict=True)
    )


# ---- the conditions that policies are made of ----------------------------------------------------


def _years_before(years: int) -> date:
    return date(ON.year - years, ON.month, ON.day)


def _months_before(months: int) -> date:
    before = ON.year * 12 + ON.month - 1 - months
    return date(before // 12, before % 12 + 1, ON.day)


def _younger(dice: Random) -> Leaf:
    years = dice.choice([28, 30, 35, 35, 40, 45])
    return Leaf("age", "<", years, f"p.f_birth_date > '{_years_before(years)}'")


def _graduated(dice: Random) -> Leaf:
    months = dice.choice([12, 24, 24, 36, 60, 60, 84])
    return Leaf(
        "months_since_grad", "<=", months, f"p.f_grad_date > '{_months_before(months + 1)}'"
    )


def _graduated_since(dice: Random) -> Leaf:
    day = dice.choice(["2019-06-03", "2020-02-24", "2021-10-15", "2023-07-01"])
    return Leaf("grad_date", ">=", day, f"p.f_grad_date >= '{day}'")


def _graduated_within(dice: Random) -> Leaf:
    years = dice.choice([2, 3, 5, 7])
    value = {"of": "application", "years": -years}
    return Leaf("grad_date", ">=", value, f"p.f_grad_date >= '{_years_before(years)}'")


def _counted(fact: str, *choices: int) -> Callable[[Random], Leaf]:
    """Return a condition on a growing count; all were counted within the last half year."""
    days = ", ".join(f"'{_months_before(months) + timedelta(1)}'" for months in range(6, 0, -1))
    grown = f"p.f_{fact} + coalesce(6 - width_bucket(p.f_{fact}_as_of, ARRAY[{days}]::date[]), 0)"

    def leaf(dice: Random) -> Leaf:
        least = dice.choice(choices)
        return Leaf(fact, ">=", least, f"{grown} >= {least}")

    return leaf


def _number(fact: str, op: str, *choices: int) -> Callable[[Random], Leaf]:
    def leaf(dice: Random) -> Leaf:
        value = dice.choice(choices)
        return Leaf(fact, op, value, f"p.f_{fact} {op.replace('==', '=')} {value}")

    return leaf


def _is(fact: str, value: bool) -> Callable[[Random], Leaf]:
    return lambda dice: Leaf(fact, "==", value, f"p.f_{fact}" if value else f"NOT p.f_{fact}")


def _one_of(fact: str, *choices: Sequence[str]) -> Callable[[Random], Leaf]:
    def leaf(dice: Random) -> Leaf:
        values = list(dice.choice(choices))
        listed = ", ".join(f"'{value}'" for value in values)
        return Leaf(fact, "in", values, f"p.f_{fact} IN ({listed})")

    return leaf


def _established(dice: Random) -> Leaf:
    months = dice.choice([12, 36, 36, 60])
    return Leaf("e_months", "<=", months, f"p.f_established > '{_months_before(months + 1)}'")


SOME_DISTRICTS = (DISTRICTS[:3], DISTRICTS[2:6], DISTRICTS[5:])
PERSON = (
    (
        _one_of("edu", ["11", "14", "21"], ["11", "14"], ["11", "14", "21"], ["21", "31"]),
        _one_of("edu", ["11", "14", "21"], ["14", "21"]),
        _one_of("title_level", ["中级", "副高", "正高"], ["初级", "中级", "副高"]),
        _one_of("talent_level", ["D", "E"], ["D", "E", "F"]),
    ),
    (_graduated, _graduated, _graduated_since, _graduated_within, _younger),
    (
        _counted("ss_months_cont", 3, 6, 6, 12),
        _counted("ss_months_total", 1, 12, 24),
        _counted("fund_months_cont", 3, 6),
        _number("contract_months", ">=", 12, 24),
        _number("monthly_rent", ">=", 1000, 1500),
    ),
    (
        _number("house_family", "==", 0),
        _is("hukou_urban", value=False),
        _is("permit_valid", value=True),
        _is("got_living_subsidy", value=False),
        _is("insured", value=True),
        _one_of("district", *SOME_DISTRICTS),
        _one_of("industry", ["I", "J", "M"], ["C", "I"]),
    ),
)
ENTERPRISE = (
    (_established, _counted("tax_months", 3, 12)),
    (_number("revenue_last", ">=", 200, 300), _number("tax_last", ">=", 10, 100)),
    (
        _number("hires_12m", ">=", 1, 3),
        _number("grad_hires", ">=", 1, 2),
        _number("team_equity", ">=", 30),
    ),
    (
        _is("industry_ok", value=True),
        _is("credit_ok", value=True),
        _is("addr_same", value=True),
        _one_of("district", *SOME_DISTRICTS),
    ),
)
