"""Every figure against an independent recount: a loop over all rows, in plain Python."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import quantiles
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import calendar, seeding
from cases.demo.samples import DONE, OWN_CASES, UNDER_WAY
from cases.models import Case, TallyDelta, WorkItem
from cases.supervision import figures, tallies
from cases.supervision.figures import CASE_LISTS, CLOCKS, Figures, Intake
from cases.supervision.scope import Period, Scope
from cases.working_time import counted_from, net_days
from policies.models import OneThing
from portal.accounts.models import Role, User
from tests.cases.conftest import SHANGHAI
from tests.cases.desks import make_case, make_work_item
from tests.cases.recounting import GROUPINGS, belongs, day, grouped, in_scope, on, recounted, rows
from tests.cases.staged import TODAY, staged

pytestmark = pytest.mark.django_db

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
PERIODS = [
    NOVEMBER,
    Period(date(2026, 10, 1), date(2026, 10, 31)),
    Period(date(2026, 11, 10), date(2026, 11, 10)),
    Period(date(2025, 12, 1), date(2026, 11, 30)),
]


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Samples played through the verbs, seeded cases, and a second one-thing of other districts."""
    with staged((*OWN_CASES, *UNDER_WAY, *DONE), django_db_blocker):
        seeding.seed(cases=120, open_share=0.5, seed=4, now=TODAY)
        other = second_one_thing()
        for hour, district in enumerate(("330102", "330106", "330106", "")):
            at = datetime(2026, 11, 16 + hour, 8 + hour, 30, tzinfo=SHANGHAI)
            applicant = User.objects.filter(role=Role.TALENT)[0]
            make_work_item(make_case(other, applicant, at, district=district))
        yield


def second_one_thing() -> OneThing:
    first = OneThing.objects.select_related("current").get()
    return OneThing.objects.create(
        code="X", slug="x", name="另一件事", lead=first.lead, current=first.current
    )


@pytest.fixture(params=["deltas", "folded", "both"])
def kept(request: pytest.FixtureRequest) -> None:
    """The same rows with nothing folded yet, with all, and with some that moved since."""
    assert TallyDelta.objects.exists()
    if request.param == "deltas":
        return
    tallies.fold(chunk=100)
    assert not TallyDelta.objects.exists()
    if request.param == "both":
        ready = list(WorkItem.objects.filter(state="ready").values_list("pk", flat=True))
        hour = timedelta(hours=1)
        WorkItem.objects.filter(pk__in=ready[:3]).update(
            yellow_at=TODAY - 2 * hour, due_at=TODAY - hour, check_at=None
        )
        WorkItem.objects.filter(pk__in=ready[3:6]).update(
            yellow_at=TODAY - hour, due_at=TODAY + hour, check_at=TODAY + 2 * hour
        )
        WorkItem.objects.filter(late_stage="department").update(late_stage="intake")
        assert TallyDelta.objects.exists()


def scopes() -> list[Scope]:
    """Return a scope for everything, for each filter, and for some together."""
    some = WorkItem.objects.filter(state="approved", item_code="P01").select_related("case")[0]
    assert some.claimed_by_id
    return [
        Scope(),
        Scope(one_thing=some.case.one_thing_id),
        Scope(department=some.department_id),
        Scope(item="P01"),
        Scope(district=Case.objects.exclude(district="").values_list("district", flat=True)[0]),
        Scope(officer=some.claimed_by_id),
        Scope(department=some.department_id, item="P05", one_thing=some.case.one_thing_id),
        Scope(item="no such item"),
    ]


@pytest.mark.usefixtures("kept")
def test_figures_by_every_grouping_and_filter_equal_a_recount() -> None:
    every = rows()
    assert len({item.case.one_thing_id for item in every}) == 2
    assert len({item.case.district for item in every}) > 2

    for scope in scopes():
        for grouping in GROUPINGS:
            found = figures.by(grouping, scope, now=TODAY, period=NOVEMBER)
            assert found == grouped(every, grouping, scope, TODAY, NOVEMBER), (scope, grouping)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("period", PERIODS)
def test_figures_of_any_period_equal_a_recount(period: Period) -> None:
    found = figures.overall(Scope(), now=TODAY, period=period)

    assert found == recounted(rows(), TODAY, period)


def test_clocks_that_no_sweep_has_seen_count_where_they_stand() -> None:
    later = datetime(2026, 12, 3, 10, 0, tzinfo=SHANGHAI)

    found = figures.by("item", Scope(), now=later, period=NOVEMBER)

    assert found == grouped(rows(), "item", Scope(), later, NOVEMBER)
    before = figures.overall(Scope(), now=TODAY, period=NOVEMBER)
    assert figures.total(found.values()).red > before.red


@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_a_trend_holds_every_step_and_equals_a_recount(step: Any) -> None:
    autumn = Period(date(2026, 10, 15), date(2026, 11, 24))

    points = figures.trend(Scope(), autumn, step)
    every = rows()

    assert len(points) == {"day": 41, "week": 7, "month": 2}[step]
    assert sum(point.figures.decided for point in points) > 0
    ends = [*(point.begin for point in points[1:]), date(2026, 11, 25)]
    for point, after in zip(points, ends, strict=True):
        begin = max(point.begin, autumn.begin)
        part = Period(begin, date.fromordinal(after.toordinal() - 1))
        expected = recounted(every, TODAY, part)
        for name in ("started", "decided", "late", "late_at_window", "promised", "net", "days"):
            assert getattr(point.figures, name) == getattr(expected, name)
        assert point.intake == figures.intake(Scope(), part)


def test_cases_received_and_accepted_equal_a_recount() -> None:
    cases = list(Case.objects.exclude(submitted_at=None))

    for scope in (Scope(), Scope(district="330106"), Scope(one_thing=cases[0].one_thing_id)):
        own = [
            case
            for case in cases
            if scope.district in ("", case.district)
            and scope.one_thing in (None, case.one_thing_id)
        ]
        assert figures.intake(scope, NOVEMBER) == Intake(
            received=sum(on(case.submitted_at, NOVEMBER) for case in own),
            accepted=sum(on(case.accepted_at, NOVEMBER) for case in own),
            deemed=sum(on(case.accepted_at, NOVEMBER) and case.is_deemed_accepted for case in own),
        )


@pytest.mark.parametrize("name", CASE_LISTS)
def test_a_list_of_cases_holds_what_its_figure_counts(name: str) -> None:
    found = figures.listed_cases(Scope().cases(), name, period=NOVEMBER)

    assert found.count() == getattr(figures.intake(Scope(), NOVEMBER), name)


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_list_holds_exactly_what_its_figure_counts(clock: str) -> None:
    every = rows()

    for scope in scopes():
        listed = figures.listed(scope.work_items(), clock, now=TODAY, period=NOVEMBER)

        expected = {
            item.pk
            for item in every
            if in_scope(item, scope) and belongs(item, clock, TODAY, NOVEMBER)
        }
        assert {item.pk for item in listed} == expected
        figure = getattr(figures.overall(scope, now=TODAY, period=NOVEMBER), clock)
        assert figure == len(expected)


def test_net_days_of_decisions_are_those_of_the_pure_arithmetic() -> None:
    decided = [item for item in rows() if item.decided_at]

    assert decided
    for item in decided:
        pauses = [(s.began_at, s.ended_at) for s in item.suspensions.all() if s.ended_at]
        assert item.started_at and item.decided_at
        start = counted_from(calendar.current(), item.started_at, item.budget)
        end = max(item.decided_at, start)
        assert item.net_days == pytest.approx(
            net_days(calendar.current(), start=start, end=end, pauses=pauses)
        )


def test_percentiles_are_the_nearest_rank() -> None:
    assert figures.percentile({1: 3, 2: 5, 10: 2}, 50) == 2
    assert figures.percentile({1: 3, 2: 5, 10: 2}, 90) == 10
    assert figures.percentile({0: 9, 4: 1}, 90) == 0
    assert figures.percentile({}, 50) is None
    assert (
        figures.percentile(dict.fromkeys(range(1, 100), 1), 90)
        == quantiles(range(1, 100), n=10)[-1]
    )


def test_compression_weighs_what_was_decided() -> None:
    year = PERIODS[3]
    decided = [item for item in rows() if belongs(item, "decided", TODAY, year)]

    found = figures.compression(Scope(), year)
    together = figures.compressed(found)

    assert together and together.decided == len(decided) == sum(one.decided for one in found)
    catalogue = OneThing.objects.get(slug="x").catalogue
    before = sum(catalogue.items[item.item_code].days_before for item in decided)
    assert together.before == pytest.approx(before / len(decided))
    assert together.promised == pytest.approx(
        sum(item.promised_days for item in decided) / len(decided)
    )
    assert together.saved == pytest.approx(1 - together.actual / together.before)
    # The Hangzhou data knows no statutory limit, and none is invented.
    assert (together.statutory, together.saved_of_statutory) == (None, None)


def test_lists_of_the_late_begin_with_what_is_over_longest() -> None:
    red = list(figures.listed(WorkItem.objects.all(), "red", now=TODAY, period=NOVEMBER))

    assert len(red) > 1
    assert [item.due_at for item in red] == sorted(item.due_at for item in red if item.due_at)


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_figures_take_a_few_statements_whatever_they_are_grouped_by(grouping: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        figures.by(grouping, Scope(), now=TODAY, period=NOVEMBER)

    assert len(queries) <= 4


def test_rates_and_averages_are_none_without_any_decision() -> None:
    nothing = Figures(open=3)

    assert (nothing.on_time_rate, nothing.average_net, nothing.average_promised) == (None,) * 3
    assert (nothing.median_net, nothing.p90_net) == (None, None)
    assert Figures(decided=4, late=1, net=6.0, promised=8).on_time_rate == 0.75


def test_days_are_those_of_shanghai() -> None:
    late_evening = datetime(2026, 11, 10, 15, 59, tzinfo=SHANGHAI).replace(hour=23)
    item = WorkItem.objects.filter(state="approved", late_stage="")[0]
    WorkItem.objects.filter(pk=item.pk).update(decided_at=late_evening)

    one_day = Period(day(late_evening), day(late_evening))

    assert figures.overall(Scope(), now=TODAY, period=one_day) == recounted(rows(), TODAY, one_day)
