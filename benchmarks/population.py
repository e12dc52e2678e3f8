"""A province's worth of cases, made by the database in seconds: clocks true to the rules, no files.

Every work item follows one of a few thousand shapes that the clock's own functions have worked out:
a start, its due and yellow instants, and for decided ones the decision. Open items are not overdue.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from itertools import count
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from cases import calendar
from cases.deadlines import AN_INSTANT
from cases.working_time import Calendar, civil_day, deadline, net_days
from policies.models import OneThing
from policies.schema import Catalogue, Item
from portal.accounts.demo import make_demo_accounts
from portal.accounts.models import Department, Role, User
from portal.core import clock

ITEMS_A_CASE = 5
CASES_A_CHUNK = 20_000
VARIANTS = 12
DISTRICTS = ["330102", "330105", "330106", "330108", "330109", "330110", "330113", "330114"]

CASES = """
INSERT INTO cases_case
    (id, number, applicant_id, one_thing_id, version_id, applicant_kind, item_codes,
     existing_results, answers, sealed, identity_index, district, state, created_at, saved_at,
     submitted_at, received_at, deemed_at, accepted_at, accepted_by_id, promised_days, due_at,
     closed_at, reasons, legal_basis)
SELECT md5('bench' || j)::uuid, '330100' || lpad(j::text, 14, '0'), %(applicant)s, %(one_thing)s,
       %(version)s, 'person', '{}', '{}', '{}', %(sealed)s, '', (%(districts)s)[1 + j %% 8],
       %(state)s, %(filed_at)s, %(filed_at)s, %(filed_at)s, %(filed_at)s, %(filed_at)s,
       %(filed_at)s, %(clerk)s, 30, %(due_at)s, %(closed_at)s, '', ''
FROM generate_series(%(first)s, %(last)s) AS j
"""
WORK_ITEMS = """
INSERT INTO cases_workitem
    (case_id, item_code, item_name, department_id, co_departments, state, promised_days,
     extended_days, started_at, yellow_at, due_at, check_at, cycle, claimed_by_id, claimed_at,
     decided_by_id, decided_at, net_days, late_stage, delivered_at, result_name, result_number,
     reasons, legal_basis)
SELECT md5('bench' || j)::uuid, s.item_code, s.item_name, s.department_id, '{}', s.state, s.budget,
       0, s.started_at, s.yellow_at, s.due_at, s.check_at, 0, s.officer_id, s.started_at,
       CASE WHEN s.decided_at IS NOT NULL THEN s.officer_id END, s.decided_at, s.net_days,
       s.late_stage, s.decided_at, s.item_name, '', '', ''
FROM generate_series(%(first)s, %(last)s) AS j
CROSS JOIN generate_series(0, %(most)s) AS k
JOIN bench_shape s ON s.place = (j + k) %% %(places)s AND s.variant = j / %(places)s %% %(variants)s
    AND s.is_open = %(is_open)s
ORDER BY j, k
"""
SHAPES = """
DROP TABLE IF EXISTS bench_shape;
CREATE TABLE bench_shape (
    place int, variant int, is_open bool, item_code text, item_name text, department_id bigint,
    officer_id bigint, state text, budget int, started_at timestamptz, yellow_at timestamptz,
    due_at timestamptz, check_at timestamptz, decided_at timestamptz, net_days float,
    late_stage text
)
"""


class Population:
    """Grows to so many open and decided work items; what is there already stays."""

    def __init__(self) -> None:
        call_command("load_catalogue", stdout=StringIO())  # what is printed here may be JSON
        calendar.load()
        make_demo_accounts()
        self.now = clock.now()
        self.one_thing = OneThing.objects.on_offer().get()
        self.places = self._shape(self.one_thing.catalogue, calendar.current())
        self._last = {True: 0, False: 0}
        self._cases = count(1)

    def grow(self, *, open_items: int = 0, decided: int = 0) -> None:
        """Bring the numbers of open and of decided work items up to those given."""
        self._fill(open_items, is_open=True)
        self._fill(decided, is_open=False)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def _fill(self, wanted: int, *, is_open: bool) -> None:
        while self._last[is_open] < wanted:
            missing = -(-(wanted - self._last[is_open]) // ITEMS_A_CASE)
            made = min(missing, CASES_A_CHUNK)
            first = next(self._cases)
            self._cases = count(first + made)
            self._copy(first, first + made - 1, is_open=is_open)
            self._last[is_open] += made * ITEMS_A_CASE

    @transaction.atomic
    def _copy(self, first: int, last: int, *, is_open: bool) -> None:
        filed_at = self.now - timedelta(days=40 if is_open else 400)
        params: dict[str, Any] = {
            "first": first,
            "last": last,
            "is_open": is_open,
            "most": ITEMS_A_CASE - 1,
            "places": self.places,
            "variants": VARIANTS,
            "applicant": User.objects.applicants()[0].pk,
            "one_thing": self.one_thing.pk,
            "version": self.one_thing.current_id,
            "sealed": _sealed_nothing(),
            "districts": DISTRICTS,
            "state": "accepted" if is_open else "completed",
            "filed_at": filed_at,
            "clerk": User.objects.filter(role=Role.CLERK)[0].pk,
            "due_at": self.now + timedelta(days=20),
            "closed_at": None if is_open else self.now,
        }
        with connection.cursor() as cursor:
            cursor.execute(CASES, params)
            cursor.execute(WORK_ITEMS, params)

    def _shape(self, catalogue: Catalogue, working_days: Calendar) -> int:
        departments = {one.code: one.pk for one in Department.objects.all()}
        officers = {one.department_id: one.pk for one in User.objects.filter(role=Role.OFFICER)}
        items = list(catalogue.items.values())
        with connection.cursor() as cursor:
            cursor.execute(SHAPES)
            for place, item in enumerate(items):
                department = departments[item.department]
                for shape in _shapes(item, working_days, self.now):
                    own = (item.code, item.name, department, officers[department])
                    cursor.execute(
                        "INSERT INTO bench_shape VALUES %s", [(place, *shape[:2], *own, *shape[2:])]
                    )
        return len(items)


def _shapes(item: Item, working_days: Calendar, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the ways an item stands: variant, open?, state, budget, instants, decision."""
    # Long enough that nothing open is due while the benchmark runs.
    budget = max(item.promised_days, 5)
    today = working_days.next_working(civil_day(now))
    for variant in range(VARIANTS):
        start = working_days.opening(working_days.add(today, -(variant % (budget - 1))))
        clock_ = deadline(working_days, start=start, budget=budget)
        check = clock_.yellow_at if clock_.yellow_at > now else clock_.due_at + AN_INSTANT
        yield (
            variant, True, "handling", budget, start, clock_.yellow_at, clock_.due_at, check,
            None, None, "",
        )  # fmt: skip
        begun = working_days.opening(working_days.add(today, -(budget + 20 * variant + 2)))
        took = 1 + variant % (budget + 1)
        ended = working_days.at(
            working_days.add(civil_day(begun), took), working_days.hours.resumes
        )
        net = net_days(working_days, start=begun, end=ended)
        late = "department" if took > budget else ""
        yield variant, False, "approved", budget, begun, None, None, None, ended, net, late


def _sealed_nothing() -> str:
    from cases.models import Case

    return str(Case._meta.get_field("sealed").get_prep_value({}))
