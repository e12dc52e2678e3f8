"""The route derived from the real catalogue, and the judgement of waiting items."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import routing
from cases.routing import Standing
from policies.schema import Catalogue

ON = date(2026, 11, 23)


def bars(plan: routing.Plan) -> dict[str, tuple[int, int]]:
    return {step.code: (step.begin, step.end) for step in plan.steps}


def test_items_that_need_nothing_start_together(catalogue: Catalogue) -> None:
    plan = routing.plan(catalogue, ["P05", "P01", "P12"], None, ON)

    assert bars(plan) == {"P01": (0, 1), "P05": (0, 1), "P12": (0, 1)}
    assert plan.days == 1


@pytest.mark.parametrize("permit", ["P03", "P04"])
def test_public_rental_waits_for_insurance_and_either_permit(
    catalogue: Catalogue, permit: str
) -> None:
    plan = routing.plan(catalogue, ["P01", permit, "P08"], None, ON)

    assert bars(plan) == {"P01": (0, 1), permit: (1, 4), "P08": (4, 20)}
    assert plan.critical == ("P01", permit, "P08")
    assert plan.days == 20


def test_a_missing_prerequisite_is_added_with_its_reason(catalogue: Catalogue) -> None:
    plan = routing.plan(catalogue, ["P07"], None, ON)

    assert plan.codes == ("P01", "P07")
    assert set(plan.added) == {"P01"}
    assert plan.added["P01"].endswith("。")


def test_the_unasked_alternative_never_moves_a_household_registration(
    catalogue: Catalogue,
) -> None:
    plan = routing.plan(catalogue, ["P08"], None, ON)

    assert plan.codes == ("P01", "P04", "P08")


def test_the_chosen_alternative_is_kept(catalogue: Catalogue) -> None:
    plan = routing.plan(catalogue, ["P03", "P08"], {}, ON)

    assert "P04" not in plan.codes


def test_an_existing_result_stands_in_for_its_item(catalogue: Catalogue) -> None:
    plan = routing.plan(catalogue, ["P08"], {}, ON, existing=["P01", "P03"])

    assert bars(plan) == {"P08": (0, 16)}


def test_a_condition_on_an_answer_decides_what_follows_what(catalogue: Catalogue) -> None:
    bachelor = routing.plan(catalogue, ["P01", "P03"], {"p_edu": "21"}, ON)
    master = routing.plan(catalogue, ["P01", "P03"], {"p_edu": "14"}, ON)

    assert bars(bachelor)["P03"] == (1, 4)
    assert bars(master)["P03"] == (0, 3)


def test_an_answer_can_bring_in_another_item(catalogue: Catalogue) -> None:
    answers = {"p_edu": "14", "settle_type": "人才市场集体户"}

    plan = routing.plan(catalogue, ["P03"], answers, ON)

    assert plan.codes == ("P05", "P03")


def test_a_soft_order_only_delays(catalogue: Catalogue) -> None:
    plan = routing.plan(catalogue, ["P01", "P04", "P06"], None, ON)

    assert bars(plan)["P06"] == (4, 4)
    assert plan.followers("P01") == ("P04", "P06")


def test_an_enterprise_item_looks_for_the_legal_representative(catalogue: Catalogue) -> None:
    plan = routing.plan(catalogue, ["E02"], {"e_legal_id": "330199199508221045"}, ON)

    (need,) = plan.step("E02").outside
    assert need.any_of == ("P01",)
    assert need.subject.numbers({"e_legal_id": "330199199508221045"}) == ("330199199508221045",)


def test_an_unknown_item_is_a_key_error(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError):
        routing.plan(catalogue, ["P99"], None, ON)


@given(data=st.data())
def test_every_item_starts_after_all_it_waits_for(
    catalogue: Catalogue, data: st.DataObject
) -> None:
    codes = data.draw(st.lists(st.sampled_from(list(catalogue.items)), min_size=1, unique=True))

    plan = routing.plan(catalogue, codes, None, ON)

    at = bars(plan)
    assert set(codes) <= set(plan.codes)
    for step in plan.steps:
        for need in step.needs:
            assert max(at[code][1] for code in need.any_of) <= step.begin
    assert plan.days == max(end for _, end in at.values())
    assert sum(plan.step(code).item.promised_days for code in plan.critical) == plan.days


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ([], Standing.READY),
        ([("R01", True, "approved")], Standing.READY),
        ([("R01", True, "ready")], Standing.WAITING),
        ([("R01", True, "refused")], Standing.BLOCKED),
        ([("R23", True, "refused"), ("R23", True, "approved")], Standing.READY),
        ([("R23", True, "refused"), ("R23", True, "ready")], Standing.WAITING),
        ([("R01", True, "approved"), ("R23", True, "refused")], Standing.BLOCKED),
        ([("R01", True, "ready"), ("R23", True, "closed")], Standing.BLOCKED),
        ([("P06", False, "ready")], Standing.WAITING),
        ([("P06", False, "refused")], Standing.READY),
        ([("R01", True, "approved"), ("P06", False, "waiting")], Standing.WAITING),
    ],
)
def test_the_standing_of_a_waiting_item(
    needs: list[tuple[str, bool, str]], expected: Standing
) -> None:
    assert routing.standing(needs, approved="approved", still_open={"ready", "waiting"}) == expected
