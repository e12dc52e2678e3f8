"""The menu says what a selection means: what follows, what is added, what excludes what."""

from typing import Any

import pytest
from django.http import QueryDict

from cases.pages.picking import Selection, held_results
from policies.schema import Catalogue
from tests.cases.conftest import MONDAY

# The calendar stands in the database.
pytestmark = pytest.mark.django_db


def selection(catalogue: Catalogue, *ticked: str, **more: Any) -> Selection:
    return Selection(catalogue, more.pop("kind", "person"), ticked, MONDAY.date(), **more)


def option(chosen: Selection, code: str) -> dict[str, Any]:
    return next(option for option in chosen.options() if option["item"].code == code)


def test_each_item_says_who_how_long_and_what_hangs_on_it(catalogue: Catalogue) -> None:
    chosen = selection(catalogue)

    assert option(chosen, "P01")["facts"] == "市人力社保局 · 承诺 1 个工作日 · 结果用于后面 8 项"
    rental = option(chosen, "P08")["facts"]
    assert "市公安局、市人力社保局会办" in rental
    assert "需先办大学生落户或浙江省引进人才居住证申领" in rental
    assert "与“应届大学生租房补贴申领”二选一" in rental
    assert "另有公示 5 个工作日，不计入时限" in rental
    assert "即办，当日出结果" in option(chosen, "P06")["facts"]
    assert "第七届报名时间" in option(chosen, "P10")["facts"]


def test_a_prerequisite_is_added_with_its_reason(catalogue: Catalogue) -> None:
    added = option(selection(catalogue, "P07"), "P01")

    assert added["checked"] and added["disabled"] and added["asks_for_held"]
    assert added["why"] == ["生活补贴须有在杭社会保险缴费记录，须先参保。"]


def test_a_result_already_held_takes_the_prerequisite_away(catalogue: Catalogue) -> None:
    chosen = selection(catalogue, "P07", held={"P01": "杭社 2025001"})

    held = option(chosen, "P01")
    assert not held["checked"] and held["asks_for_held"]
    assert held["held"] == "杭社 2025001"
    assert chosen.sums()["count"] == 1


def test_the_rival_of_a_ticked_item_is_barred_but_not_of_an_added_one(catalogue: Catalogue) -> None:
    ticked = option(selection(catalogue, "P04"), "P03")
    assert ticked["disabled"]
    assert "只能办理一项" in ticked["why"][0]

    # P08 adds P04; whoever wants P03 instead must be able to tick it.
    assert not option(selection(catalogue, "P08"), "P03")["disabled"]


def test_both_rivals_ticked_stay_ticked_and_free(catalogue: Catalogue) -> None:
    chosen = selection(catalogue, "P08", "P09")

    assert "不能同时申请" in chosen.problem
    assert all(option(chosen, code)["checked"] for code in ("P08", "P09"))
    assert not any(option(chosen, code)["disabled"] for code in ("P08", "P09"))
    assert chosen.picture() is None


def test_a_held_number_can_be_stored_whatever_was_typed(catalogue: Catalogue) -> None:
    typed = QueryDict(mutable=True)
    typed.update({"have-P03": " 杭\0户 1 号 ", "have-P04": "\0"})

    assert held_results(catalogue, typed) == {"P03": "杭户 1 号"}


def test_the_sums_are_those_of_the_whole_selection(catalogue: Catalogue) -> None:
    sums = selection(catalogue, "P08").sums()

    assert (sums["count"], sums["days"], sums["promised"]) == (3, 20, 30)
    assert sums["last_day"] == "2026年12月21日"
    assert sums["savings"].materials_before == 24


def test_soft_orders_are_mentioned_only_where_both_are_chosen(catalogue: Catalogue) -> None:
    alone = option(selection(catalogue, "P07"), "P07")["why"]
    both = option(selection(catalogue, "P07", "P06"), "P07")["why"]

    assert not any("金融账户" in why for why in alone)
    assert any("金融账户" in why for why in both)
