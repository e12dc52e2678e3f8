"""Every figure against a naive recount: a loop over all rows that knows nothing of the queries."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import calendar, deadlines
from cases.demo.samples import DONE, OWN_CASES, UNDER_WAY
from cases.models import Level, Suspension, WorkItem
from cases.supervision import figures
from cases.supervision.figures import CLOCKS, Figures, Period
from cases.working_time import net_days
from portal.accounts.models import Department
from tests.cases.conftest import SHANGHAI
from tests.cases.staged import TODAY, staged

pytestmark = pytest.mark.django_db

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
PERIODS = [
    NOVEMBER,
    Period(date(2026, 10, 1), date(2026, 10, 31)),
    Period(date(2026, 11, 10), date(2026, 11, 10)),
    Period(date(2026, 1, 1), date(2026, 12, 31)),
]


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with staged((*OWN_CASES, *UNDER_WAY, *DONE), django_db_blocker):
        yield


def rows() -> list[WorkItem]:
    return list(WorkItem.objects.prefetch_related("cards", "suspensions").order_by("pk"))


def in_period(instant: datetime | None, period: Period) -> bool:
    return bool(instant) and period.begin <= instant.astimezone(SHANGHAI).date() <= period.end


def late(item: WorkItem) -> bool:
    return any(card.level == "red" and card.cycle == item.cycle for card in item.cards.all())


def asked(item: WorkItem) -> bool:
    return any(s.ended_at is None and s.reason == "supplement" for s in item.suspensions.all())


def net(item: WorkItem) -> float:
    pauses = [(s.began_at, s.ended_at) for s in item.suspensions.all() if s.ended_at]
    assert item.started_at and item.decided_at
    return net_days(calendar.current(), start=item.started_at, end=item.decided_at, pauses=pauses)


def belongs(item: WorkItem, clock: str, period: Period) -> bool:
    """Say whether a figure should count a row, from the row alone."""
    level = deadlines.level(item, now=TODAY)
    decided = item.state in {"approved", "refused"} and in_period(item.decided_at, period)
    return {
        "open": item.state in {"waiting", "ready", "handling", "paused"},
        "red": level == Level.RED,
        "yellow": level == Level.YELLOW,
        "normal": item.state in {"ready", "handling"} and level is None,
        "paused": item.state == "paused",
        "applicant": item.state == "paused" and asked(item),
        "waiting": item.state == "waiting",
        "decided": decided,
        "late": decided and late(item),
    }[clock]


def recounted(items: Iterable[WorkItem], period: Period) -> Figures:
    every = list(items)
    counts = {name: sum(belongs(item, name, period) for item in every) for name in CLOCKS}
    decided = [item for item in every if belongs(item, "decided", period)]
    return Figures(
        **counts,
        promised=sum(item.promised_days for item in decided),
        net=pytest.approx(sum(map(net, decided)), abs=1e-6),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("period", PERIODS)
def test_figures_by_department_equal_a_naive_recount(period: Period) -> None:
    found = figures.by_department(
        WorkItem.objects.all(), now=TODAY, period=period, calendar=calendar.current()
    )

    for department in Department.objects.all():
        own = [item for item in rows() if item.department_id == department.pk]
        assert found.get(department.pk, Figures()) == recounted(own, period)
    assert figures.total(found.values()) == recounted(rows(), period)


@pytest.mark.parametrize("code", ["P01", "P04", "P08", "P12", "E03"])
def test_figures_of_one_item_equal_a_naive_recount(code: str) -> None:
    found = figures.by_department(
        WorkItem.objects.filter(item_code=code),
        now=TODAY,
        period=NOVEMBER,
        calendar=calendar.current(),
    )

    own = [item for item in rows() if item.item_code == code]
    assert own and figures.total(found.values()) == recounted(own, NOVEMBER)


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_list_holds_exactly_what_its_figure_counts(clock: str) -> None:
    listed = figures.listed(WorkItem.objects.all(), clock, now=TODAY, period=NOVEMBER)

    expected = {item.pk for item in rows() if belongs(item, clock, NOVEMBER)}
    assert expected and {item.pk for item in listed} == expected


def test_the_samples_put_every_kind_of_pause_to_the_recount() -> None:
    ended = Suspension.objects.filter(ended_at__isnull=False, work_item__state="approved")

    assert {"publicity", "expert_review", "supplement"} <= set(
        ended.values_list("reason", flat=True)
    )


def test_a_decision_on_the_day_a_pause_ends_counts_like_the_pure_arithmetic() -> None:
    item = WorkItem.objects.filter(state="approved", item_code="P08").exclude(suspensions=None)[0]
    pause = item.suspensions.get()
    assert pause.ended_at is not None
    WorkItem.objects.filter(pk=item.pk).update(decided_at=pause.ended_at)

    sums = figures.net_by_department(WorkItem.objects.filter(pk=item.pk), calendar.current())

    item = next(row for row in rows() if row.pk == item.pk)
    assert sums == {item.department_id: pytest.approx(net(item), abs=1e-6)}


def test_lists_of_the_late_begin_with_what_is_over_longest() -> None:
    red = list(figures.listed(WorkItem.objects.all(), "red", now=TODAY, period=NOVEMBER))

    assert len(red) > 1
    assert [item.due_at for item in red] == sorted(item.due_at for item in red if item.due_at)


def test_figures_take_four_statements() -> None:
    working_days = calendar.current()

    with CaptureQueriesContext(connection) as queries:
        figures.by_department(
            WorkItem.objects.all(), now=TODAY, period=NOVEMBER, calendar=working_days
        )

    assert len(queries) == 4


def test_rates_and_averages_are_none_without_any_decision() -> None:
    nothing = Figures(open=3)

    assert (nothing.on_time_rate, nothing.average_net, nothing.average_promised) == (None,) * 3
    assert Figures(decided=4, late=1, net=6.0, promised=8).on_time_rate == 0.75
