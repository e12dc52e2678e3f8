"""The figures of a month against an independent recount; ranking, rounding, versions."""

import math
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from cases import calendar
from cases.models import Bulletin, Card, Case, WorkItem
from cases.supervision import bulletin_document
from cases.supervision.bulletin_document import DepartmentLine, Document, UnknownVersion, read
from cases.supervision.bulletin_figures import collect, ranking, rate
from cases.supervision.scope import month_before, month_of
from cases.working_time import counted_from, net_days
from portal.accounts.models import Department
from portal.core import clock
from tests.cases.bulletins import DECEMBER, NOVEMBER, november, red_cards, user
from tests.cases.conftest import SHANGHAI

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with november(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.at(DECEMBER):
        yield


def document(month: date = NOVEMBER) -> Document:
    return collect(month, now=clock.now())


def line(code: str) -> DepartmentLine:
    return next(one for one in document().departments if one.code == code)


def in_november(instant: datetime | None) -> bool:
    if instant is None:
        return False
    local = instant.astimezone(SHANGHAI)
    return (local.year, local.month) == (2026, 11)


# ---- recounted one by one ----------------------------------------------------------------------


def net(item: WorkItem) -> float:
    """The net days worked out anew from start, decision and pauses."""
    pauses = [(one.began_at, one.ended_at) for one in item.suspensions.all() if one.ended_at]
    assert item.started_at and item.decided_at
    start = counted_from(calendar.current(), item.started_at, item.budget)
    return net_days(calendar.current(), start=start, end=max(item.decided_at, start), pauses=pauses)


def middle(numbers: list[int], percent: int) -> int | None:
    ordered = sorted(numbers)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else None


def recount(items: list[WorkItem]) -> dict[str, Any]:
    """Count the decided ones of November by hand."""
    done = [one for one in items if one.decided_by_id and in_november(one.decided_at)]
    late = [one for one in done if one.late_stage == "department"]
    days = [math.ceil(round(net(one), 9)) for one in done]
    return {
        "decided": len(done),
        "late": len(late),
        "median": middle(days, 50),
        "p90": middle(days, 90),
        "share": (len(done) - len(late)) / len(done) if done else None,
        "net": sum(map(net, done)) / len(done) if done else None,
        "promised": sum(one.promised_days for one in done) / len(done) if done else None,
    }


def assert_equal(told: Any, counted: dict[str, Any]) -> None:
    assert (told.decided, told.late) == (counted["decided"], counted["late"])
    assert (told.median, told.p90) == (counted["median"], counted["p90"])
    for name, value, within in (
        ("rate", counted["share"], 0.0005),
        ("average", counted["net"], 0.051),
        ("promised", counted["promised"], 0.051),
    ):
        shown = getattr(told, name)
        assert (shown is None) == (value is None)
        assert shown is None or abs(shown - value) <= within


def test_each_departments_figures_equal_a_recount() -> None:
    told = {one.code: one for one in document().departments}
    compared = 0

    for department in Department.objects.all():
        items = list(WorkItem.objects.filter(department=department).prefetch_related("suspensions"))
        counted = recount(items)
        if department.code in told:
            assert_equal(told[department.code], counted)
            compared += counted["decided"]
        else:
            assert counted["decided"] == 0

    assert compared >= 15


def test_all_departments_together_equal_a_recount() -> None:
    every = list(WorkItem.objects.prefetch_related("suspensions"))

    assert_equal(document().total, recount(every))
    assert document().total.late > 0


def test_received_and_accepted_are_counted_in_cases() -> None:
    cases = Case.objects.exclude(state="draft")
    own = cases.filter(work_items__department__code="D03").distinct()

    assert document().total.received == sum(in_november(one.submitted_at) for one in cases)
    assert document().total.accepted == sum(in_november(one.accepted_at) for one in cases)
    assert line("D03").received == sum(in_november(one.submitted_at) for one in own)
    assert line("D03").accepted == sum(in_november(one.accepted_at) for one in own)


def test_cards_are_those_issued_in_the_month_and_not_revoked() -> None:
    cards = [one for one in Card.objects.select_related("work_item") if in_november(one.issued_at)]
    red = [one for one in cards if one.level == "red"]

    assert document().total.red == len(red) > 1
    assert document().total.yellow == sum(one.level == "yellow" for one in cards) > 1
    assert document().total.unexplained == len(red) - 1
    own = [one for one in red if one.work_item.department.code == "D03"]
    assert line("D03").red == len(own)

    revoke(red[0])

    assert document().total.red == len(red) - 1


def revoke(card: Card) -> None:
    Card.objects.filter(pk=card.pk).update(
        revoked_at=clock.now(), revoked_by=user("jiandu01"), revocation="时限计算有误。"
    )


def test_a_card_of_the_windows_lateness_is_not_the_departments() -> None:
    card = red_cards().filter(work_item__department__code="D03").last()
    before = document()
    Card.objects.filter(pk=card.pk).update(stage="intake")

    after = document()

    assert after.total.red == before.total.red - 1
    assert after.total.red_at_window == 1
    assert next(one for one in after.cards if one.at_window).department == "市住保房管局"


def test_the_month_before_is_compared() -> None:
    with clock.at(datetime(2027, 1, 4, 10, 0, tzinfo=SHANGHAI)):
        later = collect(date(2026, 12, 1), now=clock.now())

    told = {one.code: one for one in later.departments}
    assert later.previous.decided == document().total.decided
    assert told["D03"].previous_rate == line("D03").rate
    assert told["D03"].previous_red == line("D03").red
    assert later.total.decided == 0
    assert [one.code for one in later.unranked] == [one.code for one in later.departments]


# ---- lists -------------------------------------------------------------------------------------


def test_every_red_card_is_listed_with_its_explanation_or_none() -> None:
    told = document()
    red = [one for one in told.cards if one.level == "red"]

    assert len(red) == told.total.red + told.total.red_at_window
    explained = [one for one in red if one.cause]
    assert [one.explanation for one in explained] == ["住房情况需向区县核查。"]
    assert explained[0].cause == "情况复杂，核查耗时"


def test_a_yellow_card_is_listed_once_somebody_explained_it() -> None:
    assert {one.level for one in document().cards} == {"red"}
    yellow = Card.objects.filter(
        level="yellow", issued_at__gte=datetime(2026, 11, 1, tzinfo=SHANGHAI)
    )
    Card.objects.filter(pk=yellow.order_by("pk")[0].pk).update(
        cause="workload",
        explanation="集中申报。",
        measure="增派人手。",
        explained_at=clock.now(),
        explained_by=user("zhufang01"),
    )

    assert [one.explanation for one in document().cards if one.level == "yellow"] == ["集中申报。"]


def test_more_cards_than_fit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.supervision.bulletin_figures.MOST_LISTED", 1)

    told = document()

    assert len(told.cards) == 1
    assert told.cards_in_all == told.total.red + told.total.red_at_window > 1


def test_an_urging_is_listed_with_its_answer() -> None:
    (told,) = document().urgings

    assert (told.department, told.answer) == ("市住保房管局", "已向区县催办。")
    assert not told.is_late(DECEMBER)


def test_good_items_had_no_lateness_and_bad_ones_had_some() -> None:
    told = document()

    assert told.best and told.worst
    assert all(not (one.late or one.red) and one.promised for one in told.best)
    assert all(one.late or one.red for one in told.worst)
    shares = [round((one.average or 0) / (one.promised or 1), 3) for one in told.best]
    assert shares == sorted(shares)


# ---- ranking and rounding ----------------------------------------------------------------------


def department(code: str, decided: int, late: int = 0, red: int = 0) -> DepartmentLine:
    return DepartmentLine(code=code, name=code, decided=decided, late=late, red=red)


def test_equals_share_a_rank_and_the_next_one_is_left_out() -> None:
    lines = [
        department("late", 10, late=1),
        department("good", 5),
        department("idle", 0, red=3),
        department("also good", 500),
        department("good with a card", 20, red=1),
    ]

    assert ranking(lines) == {"good": 1, "also good": 1, "good with a card": 3, "late": 4}


def test_nobody_is_ranked_where_nothing_was_decided() -> None:
    assert ranking([department("a", 0), department("b", 0)]) == {}


@pytest.mark.parametrize(
    ("decided", "late", "expected"),
    [
        (0, 0, None),
        (7, 0, 1.0),
        (7, 7, 0.0),
        (3, 1, 0.667),
        (2000, 1, 0.999),
        (100_000, 1, 0.999),
        (100_000, 99_999, 0.001),
        (2000, 975, 0.513),
    ],
)
def test_a_rate_is_rounded_but_never_to_the_whole(
    decided: int, late: int, expected: float | None
) -> None:
    assert rate(decided, late) == expected


def test_months() -> None:
    assert month_of(date(2028, 2, 10)).end == date(2028, 2, 29)
    assert month_before(date(2026, 1, 31)) == date(2025, 12, 1)


# ---- the stored document -----------------------------------------------------------------------


def test_a_document_survives_storing() -> None:
    told = document()

    assert read(bulletin_document.frozen(told)) == told


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UnknownVersion):
        read({**bulletin_document.frozen(document()), "schema_version": 99})
    with pytest.raises(UnknownVersion):
        bulletin_document.stored(Bulletin(month=NOVEMBER, figures=None))


def test_an_older_version_is_made_new(monkeypatch: pytest.MonkeyPatch) -> None:
    told = bulletin_document.frozen(document())
    older = {**told, "schema_version": 0, "total_of_all": told["total"]}
    del older["total"]

    def upgrade(figures: dict[str, Any]) -> dict[str, Any]:
        total = figures.pop("total_of_all")
        return {**figures, "schema_version": 1, "total": total}

    monkeypatch.setitem(bulletin_document.UPGRADES, 0, upgrade)

    assert read(older).total == document().total


def test_a_document_with_a_foreign_part_is_refused() -> None:
    with pytest.raises(ValidationError):
        read({**bulletin_document.frozen(document()), "secret": 1})
