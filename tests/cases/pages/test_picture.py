"""The picture of a plan: where each bar stands, for a promise and for a case under way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from cases import calendar, review, routing
from cases.models import Case, Edge, WorkItem
from cases.pages import picture
from cases.pages.picture import Picture, Row
from policies.schema import Catalogue
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import MONDAY, SHANGHAI, item


def row(picture: Picture, name: str) -> Row:
    return next(row for row in picture["rows"] if row["name"].startswith(name))


def promise(catalogue: Catalogue, *codes: str) -> Picture:
    plan = routing.plan(catalogue, codes, None, MONDAY.date())
    return picture.promise(plan, catalogue)


def progress(case: Case, now: datetime) -> Picture:
    work_items = list(
        WorkItem.objects.filter(case=case)
        .select_related("department")
        .prefetch_related("suspensions")
    )
    edges = Edge.objects.filter(dependant__case=case)
    return picture.progress(case, work_items, edges, now=now, calendar=calendar.current())


def fits(picture: Picture) -> bool:
    bars = [bar for row in picture["rows"] for bar in (row, *row.get("more", []))]
    return all(1 <= bar["at"] and bar["at"] + bar["span"] - 1 <= picture["days"] for bar in bars)


def test_what_waits_stands_after_what_it_waits_for(catalogue: Catalogue) -> None:
    picture = promise(catalogue, "P01", "P04", "P08")

    first, permit, rental = (row(picture, name) for name in ("职工参保", "浙江省", "公租房"))
    assert (first["at"], first["span"], first["kind"]) == (1, 1, "ahead")
    assert (permit["at"], permit["span"], permit["kind"]) == (2, 3, "wait")
    assert (rental["at"], rental["span"]) == (5, 16)
    assert rental["why"] == "等职工参保登记、浙江省引进人才居住证申领的结果"
    assert fits(picture)


def test_publicity_is_drawn_outside_the_limit(catalogue: Catalogue) -> None:
    picture = promise(catalogue, "P08")

    rental = row(picture, "公租房")
    (publicity,) = rental["more"]
    assert publicity["kind"] == "excluded"
    assert publicity["at"] == rental["at"] + rental["span"]
    assert picture["days"] == publicity["at"] + publicity["span"] - 1


def test_a_same_day_item_has_a_place_too(catalogue: Catalogue) -> None:
    contest = row(promise(catalogue, "P10"), "中国杭州")

    assert (contest["at"], contest["span"], contest["label"]) == (1, 1, "即办")


def test_ticks_are_few_and_far_enough_apart(catalogue: Catalogue) -> None:
    places = [tick["at"] for tick in promise(catalogue, "P08")["scale"]]

    assert 2 <= len(places) <= 7
    assert all(later - earlier >= 3 for earlier, later in pairwise(places))


@pytest.fixture
def chain(monday: datetime, accepted: Callable[..., Case], officers: dict[str, User]) -> Case:
    """P01, P04 and P08, accepted on Monday; P01 approved on Tuesday."""
    case = accepted("P08", "P04")
    with clock.at(MONDAY + timedelta(days=1)):
        officer = officers["D01"]
        review.claim(work_item_id=item(case, "P01").pk, officer=officer)
        review.approve(work_item_id=item(case, "P01").pk, officer=officer, result_number="杭社 1")
    return case


def test_a_case_shows_done_running_and_waiting_with_the_line_of_today(chain: Case) -> None:
    picture = progress(chain, MONDAY + timedelta(days=1, hours=1))

    assert [row["kind"] for row in picture["rows"]] == ["done", "doing", "wait"]
    assert picture["today"] == 2
    assert picture["rows"][2]["why"] == "等浙江省引进人才居住证申领的结果"
    assert picture["rows"][2]["at"] == picture["rows"][1]["at"] + picture["rows"][1]["span"]
    assert fits(picture)


def test_cards_colour_the_bar_and_a_late_one_reaches_today(chain: Case) -> None:
    friday = datetime(2026, 11, 27, 10, 0, tzinfo=SHANGHAI)
    next_tuesday = datetime(2026, 12, 1, 10, 0, tzinfo=SHANGHAI)

    soon, late = progress(chain, friday)["rows"][1], progress(chain, next_tuesday)
    assert soon["kind"] == "soon"
    assert late["rows"][1]["kind"] == "late"
    assert late["rows"][1]["at"] + late["rows"][1]["span"] - 1 == late["today"]
    assert fits(late)


def test_a_wait_of_months_is_drawn_to_scale(chain: Case) -> None:
    drawn = progress(chain, MONDAY + timedelta(days=200))

    assert drawn["days"] == picture.MOST_COLUMNS
    assert fits(drawn)


def test_a_standing_clock_is_hatched_for_as_long_as_was_announced(
    chain: Case, officers: dict[str, User]
) -> None:
    with clock.at(MONDAY + timedelta(days=2)):
        permit = item(chain, "P04")
        review.claim(work_item_id=permit.pk, officer=officers["D01"])
        review.ask(
            work_item_id=permit.pk,
            officer=officers["D01"],
            gaps=[{"kind": "material", "code": "M02", "name": "学历证书", "reason": "不清晰"}],
        )

    paused = row(progress(chain, MONDAY + timedelta(days=2, hours=1)), "浙江省")

    (pause,) = paused["more"]
    assert (pause["kind"], pause["span"]) == ("excluded", 10)
    assert paused["label"] == "已暂停计时"
