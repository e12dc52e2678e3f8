"""Step overtime, bottlenecks and the rhythm of a week against recounts in plain Python."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cases import calendar, seeding
from cases.demo.samples import DONE, OWN_CASES
from cases.models import Case, Edge, WorkItem
from cases.models.work_item import Stage
from cases.supervision import bottleneck, rhythm, stages
from cases.supervision.scope import Period, Scope
from policies.models import OneThing
from portal.accounts.models import Role, User
from tests.cases.conftest import SHANGHAI
from tests.cases.desks import make_case, make_work_item
from tests.cases.recounting import day, on, rows
from tests.cases.staged import TODAY, staged

pytestmark = pytest.mark.django_db

YEAR = Period(date(2025, 12, 1), date(2026, 11, 30))
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with staged((*OWN_CASES, *DONE), django_db_blocker):
        seeding.seed(cases=150, open_share=0.2, seed=6, now=TODAY)
        yield


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


# ---- step overtime ------------------------------------------------------------------------------


@pytest.fixture
def decided() -> WorkItem:
    """An item granted on Monday, 2 November; its result is due by Monday, 16 November, closing."""
    one_thing = OneThing.objects.get()
    case = make_case(one_thing, User.objects.filter(role=Role.TALENT)[0], at(10, 30))
    item = make_work_item(case)
    officer = User.objects.filter(role=Role.OFFICER)[0]
    WorkItem.objects.filter(pk=item.pk).update(
        state="approved",
        due_at=None,
        yellow_at=None,
        check_at=None,
        claimed_by=officer,
        decided_by=officer,
        decided_at=at(11, 2),
        net_days=0.5,
        delivered_at=at(11, 2),
    )
    return WorkItem.objects.get(pk=item.pk)


def late(stage: Stage, period: Period, now: datetime = TODAY) -> set[int]:
    found = stages.listed(
        WorkItem.objects.all(), stage, period, now=now, calendar=calendar.current()
    )
    return set(found.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("delivered", "now", "is_late"),
    [
        (at(11, 16, 17), TODAY, False),
        (at(11, 16, 18), TODAY, True),
        (at(11, 20), TODAY, True),
        (None, at(11, 16, 17), False),
        (None, at(11, 16, 18), True),
    ],
)
def test_a_result_is_late_after_ten_working_days(
    decided: WorkItem, delivered: datetime | None, now: datetime, is_late: bool
) -> None:
    WorkItem.objects.filter(pk=decided.pk).update(delivered_at=delivered)

    assert (decided.pk in late(Stage.DELIVERY, NOVEMBER, now)) == is_late


def test_a_late_result_counts_on_the_day_its_term_ended(decided: WorkItem) -> None:
    WorkItem.objects.filter(pk=decided.pk).update(delivered_at=None)

    days = [date(2026, 11, 2) + timedelta(days=offset) for offset in range(21)]
    found = [one for one in days if decided.pk in late(Stage.DELIVERY, Period(one, one))]

    assert found == [date(2026, 11, 16)]


def test_items_of_cases_accepted_by_silence_are_late_at_intake(decided: WorkItem) -> None:
    assert decided.pk not in late(Stage.INTAKE, NOVEMBER)
    Case.objects.filter(pk=decided.case_id).update(deemed_at=at(11, 6, 17), accepted_by=None)

    assert decided.pk in late(Stage.INTAKE, NOVEMBER)
    assert decided.pk not in late(Stage.INTAKE, Period(date(2026, 11, 7), date(2026, 11, 30)))

    clerk = User.objects.filter(role=Role.CLERK)[0]
    answered = {"accepted_by": clerk, "accepted_at": at(11, 6, 18)}
    Case.objects.filter(pk=decided.case_id).update(**answered)
    assert decided.pk in late(Stage.INTAKE, NOVEMBER)
    Case.objects.filter(pk=decided.case_id).update(accepted_at=at(11, 6, 16))
    assert decided.pk not in late(Stage.INTAKE, NOVEMBER)


def test_overtime_equals_a_recount_and_counts_cases_in_time(decided: WorkItem) -> None:
    WorkItem.objects.filter(pk=decided.pk).update(delivered_at=None)
    working_days = calendar.current()

    found = stages.overtime(Scope(), YEAR, now=TODAY, calendar=working_days)

    department = [
        item for item in rows() if item.late_stage == "department" and on(item.decided_at, YEAR)
    ]
    in_time = [
        item
        for item in department
        if item.case.due_at and (item.case.closed_at or TODAY) <= item.case.due_at
    ]
    assert department and in_time
    assert found[Stage.DEPARTMENT] == stages.Overtime(len(department), len(in_time))
    for stage, one in found.items():
        assert one.late == len(late(stage, YEAR))
    assert found[Stage.DELIVERY].late == 1


# ---- bottlenecks --------------------------------------------------------------------------------


def chain(item: WorkItem, edges: list[Edge]) -> list[Edge]:
    """Return the edge that a work item waited for, and those before it."""
    needed = [
        edge
        for edge in edges
        if edge.dependant_id == item.pk
        and edge.predecessor.decided_at
        and item.started_at
        and item.case.accepted_at
        and item.case.accepted_at <= edge.predecessor.decided_at <= item.started_at
    ]
    if not needed:
        return []
    last = max(needed, key=lambda edge: (edge.predecessor.decided_at, -edge.predecessor_id))
    return [last, *chain(last.predecessor, edges)]


def waited(edge: Edge) -> int:
    begin = max(day(edge.predecessor.started_at), day(edge.dependant.case.accepted_at))
    return calendar.current().between(begin, day(edge.predecessor.decided_at))


def test_edges_and_items_equal_a_recount_over_completed_cases() -> None:
    completed = [
        case for case in Case.objects.filter(state="completed") if on(case.closed_at, YEAR)
    ]
    items = [item for item in rows() if item.case in completed]
    edges = list(Edge.objects.select_related("predecessor__case", "dependant__case").order_by("pk"))
    days: Counter[tuple[str, str]] = Counter()
    critical: Counter[tuple[str, str]] = Counter()
    for item in items:
        for edge in chain(item, edges)[:1]:
            days[edge.predecessor.item_code, item.item_code] += waited(edge)
    for case in completed:
        own = [item for item in items if item.case == case and item.decided_at]
        last = max(own, key=lambda item: (item.decided_at, -item.pk))
        for edge in chain(last, edges):
            key = edge.predecessor.item_code, edge.dependant.item_code
            critical[key] += waited(edge)

    found = bottleneck.bottleneck(Scope(), YEAR, calendar=calendar.current())

    assert found.cases == len(completed) and len(found.edges) > 2
    by_edge = {(edge.predecessor, edge.dependant): edge for edge in found.edges}
    assert {key: edge.days for key, edge in by_edge.items()} == dict(days)
    assert {key: edge.critical_days for key, edge in by_edge.items() if edge.critical_waits} == {
        key: count for key, count in critical.items()
    }
    assert found.worst == max(found.edges, key=lambda edge: edge.critical_days)
    for cost in found.items:
        net = [item.net_days for item in items if item.item_code == cost.item and item.decided_at]
        assert (cost.decided, cost.net) == (len(net), pytest.approx(sum(filter(None, net))))


def test_a_scope_narrows_the_cases_and_none_is_no_bottleneck() -> None:
    nothing = bottleneck.bottleneck(
        Scope(item="P01"),
        Period(date(2020, 1, 1), date(2020, 1, 31)),
        calendar=calendar.current(),
    )
    assert (nothing.cases, nothing.edges, nothing.items, nothing.worst) == (0, [], [], None)

    some = WorkItem.objects.filter(case__state="completed")[0]
    scope = Scope(department=some.department_id, item=some.item_code)
    found = bottleneck.bottleneck(scope, YEAR, calendar=calendar.current())
    own = {item.case for item in rows() if item.item_code == some.item_code}
    assert found.cases == sum(
        case.state == "completed" and on(case.closed_at, YEAR) for case in own
    )


# ---- rhythm -------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", rhythm.ACTS)
def test_the_heat_map_holds_weekday_and_hour_in_shanghai(act: Any) -> None:
    instants = (
        [case.submitted_at for case in Case.objects.all()]
        if act == "received"
        else [item.decided_at for item in rows()]
    )
    local = [one.astimezone(SHANGHAI) for one in instants if one and on(one, NOVEMBER)]

    week = rhythm.heat_map(Scope(), NOVEMBER, act)

    expected = Counter((one.weekday(), one.hour) for one in local)
    assert expected and (len(week), {len(hours) for hours in week}) == (7, {24})
    assert {
        (weekday, hour): count
        for weekday, hours in enumerate(week)
        for hour, count in enumerate(hours)
        if count
    } == dict(expected)
