"""Ticking items and filling the form, until it is handed in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from cases import drafting
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, CaseState
from cases.models.case import ApplicantKind
from policies.models import OneThing
from portal.accounts.models import User
from tests.cases.conftest import MONDAY
from tests.cases.people import GRADUATE_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
CHAIN = ("P01", "P04", "P05", "P07", "P08")


class TestStart:
    def test_a_draft_holds_the_chosen_items_and_their_prerequisites(
        self, one_thing: OneThing, talent: User
    ) -> None:
        case = drafting.start(
            applicant=talent, one_thing=one_thing, kind=ApplicantKind.PERSON, codes=["P08"]
        )

        assert case.item_codes == ["P01", "P04", "P08"]
        assert (case.state, case.number) == (CaseState.DRAFT, None)

    def test_an_existing_result_spares_the_item(self, one_thing: OneThing, talent: User) -> None:
        case = drafting.start(
            applicant=talent,
            one_thing=one_thing,
            kind="person",
            codes=["P08"],
            existing={"P03": "杭公户 2026 第 1 号"},
        )

        assert case.item_codes == ["P01", "P08"]

    @pytest.mark.parametrize(
        ("kind", "codes"),
        [
            ("person", []),
            ("person", ["P99"]),
            ("person", ["E01"]),
            ("person", ["P03", "P04"]),
            ("person", ["P08", "P09"]),
            ("enterprise", ["E01", "E05"]),
        ],
    )
    def test_a_selection_that_cannot_be_filed_is_refused_with_words(
        self, one_thing: OneThing, talent: User, kind: str, codes: list[str]
    ) -> None:
        with pytest.raises(Incomplete) as caught:
            drafting.start(applicant=talent, one_thing=one_thing, kind=kind, codes=codes)

        assert caught.value.problems["items"].endswith("。")
        assert not Case.objects.exists()

    def test_staff_do_not_file(self, one_thing: OneThing, clerk: User) -> None:
        with pytest.raises(PermissionDenied):
            drafting.start(applicant=clerk, one_thing=one_thing, kind="person", codes=["P01"])

    def test_a_closed_one_thing_takes_no_new_draft(self, one_thing: OneThing, talent: User) -> None:
        one_thing.is_open = False

        with pytest.raises(Incomplete):
            drafting.start(applicant=talent, one_thing=one_thing, kind="person", codes=["P01"])


class TestSave:
    def test_what_was_typed_is_kept_right_or_wrong(self, draft: Make, talent: User) -> None:
        case = draft("P01")

        drafting.save(case_id=case.pk, actor=talent, answers={"p_school": "x", "p_id_no": "123"})

        kept = Case.objects.get(pk=case.pk).all_answers
        assert (kept["p_school"], kept["p_id_no"]) == ("x", "123")

    def test_sensitive_answers_never_stand_in_clear(self, draft: Make) -> None:
        case = draft("P01")

        with connection.cursor() as cursor:
            cursor.execute("SELECT answers::text, sealed FROM cases_case WHERE id = %s", [case.pk])
            stored = "".join(cursor.fetchone())
        assert GRADUATE_ID not in stored
        assert "13800000001" not in stored
        assert "陈晓明" not in stored

    def test_an_answer_can_bring_in_an_item(self, draft: Make, talent: User) -> None:
        case = draft("P03", p_edu="14", p_degree="3")
        assert case.item_codes == ["P03"]

        case = drafting.save(
            case_id=case.pk, actor=talent, answers={"settle_type": "人才市场集体户"}
        )

        assert case.item_codes == ["P03", "P05"]

    def test_choosing_again_keeps_the_answers(self, draft: Make, talent: User) -> None:
        case = draft("P01", "P05")

        case = drafting.choose(case_id=case.pk, actor=talent, codes=["P05"])

        assert case.item_codes == ["P05"]
        assert case.all_answers["monthly_wage"] == "12000.00"

    def test_only_the_applicant_saves(self, draft: Make, stranger: User) -> None:
        case = draft("P01")

        with pytest.raises(PermissionDenied):
            drafting.save(case_id=case.pk, actor=stranger, answers={})

    def test_a_submitted_case_is_not_edited(self, submitted: Make, talent: User) -> None:
        case = submitted("P01")

        with pytest.raises(AlreadyHandled):
            drafting.save(case_id=case.pk, actor=talent, answers={"p_school": "别的学校"})

    def test_a_draft_moves_to_the_catalogue_in_force(
        self, draft: Make, talent: User, one_thing: OneThing, document: dict[str, Any]
    ) -> None:
        case = draft("P01", "P05")
        newer = {**document, "items": [one for one in document["items"] if one["code"] != "P05"]}
        one_thing.current = one_thing.versions.create(
            number=2, digest="2", document=newer, published_at=MONDAY
        )
        one_thing.save()

        case = drafting.save(case_id=case.pk, actor=talent, answers={})

        assert case.version == one_thing.current
        assert case.item_codes == ["P01"]
        assert case.all_answers["p_name"] == "陈晓明"
