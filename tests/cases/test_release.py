"""What a refusal does to the items that waited: another way, or the end."""

from collections.abc import Callable
from datetime import datetime

import pytest

from cases import intake, responses, review
from cases.errors import AlreadyHandled, Incomplete
from cases.models import (
    Case,
    CaseState,
    Offer,
    OfferState,
    WorkItemState,
)
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, item
from tests.cases.people import ENTERPRISE, FOUNDER_ID, GRADUATE_ID
from tests.cases.steps import Officers, approved, claimed, refused, sms_kinds, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
CHAIN = ("P01", "P04", "P05", "P07", "P08")
# A master's household registration does not wait for the social insurance.
MASTER = {"p_edu": "14", "p_degree": "3"}
PERMIT = {"qualify_route": "本科及以上", "residence_reg_no": "330106202600001"}
GAPS = [{"kind": "material", "code": "M06", "name": "住房租赁合同", "reason": "缺少租赁备案号。"}]


class TestRefuse:
    def test_what_hangs_on_a_refused_item_is_closed_with_the_reason(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted(*CHAIN)

        refused(case, "P01", officers)

        assert states(case) == {
            "P01": "refused",
            "P04": "closed",
            "P05": "ready",
            "P07": "closed",
            "P08": "closed",
        }
        assert "职工参保登记" in item(case, "P07").reasons
        assert sms_kinds(talent).count("work_item.closed") == 3

    def test_another_way_is_offered(
        self, accepted: Make, officers: Officers, talent: User, monday: datetime
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)

        refused(case, "P03", officers)

        offer = Offer.objects.get(case=case)
        assert (offer.item_code, offer.state) == ("P04", OfferState.OPEN)
        assert offer.lapses_at == datetime(2026, 11, 30, 17, 30, tzinfo=MONDAY.tzinfo)
        assert states(case)["P08"] == "waiting"
        assert sms_kinds(talent)[-1] == "offer.made"

    def test_a_taken_offer_goes_on_to_the_result(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)
        refused(case, "P03", officers)
        answers = {"qualify_route": "本科及以上", "residence_reg_no": "330106202600001"}

        responses.take_offer(offer_id=Offer.objects.get().pk, actor=talent, answers=answers)
        assert states(case)["P04"] == "ready"
        approved(case, "P04", officers)

        assert states(case)["P08"] == "ready"

    def test_an_offer_asks_only_for_what_is_still_missing(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)
        refused(case, "P03", officers)

        with pytest.raises(Incomplete) as caught:
            responses.take_offer(offer_id=Offer.objects.get().pk, actor=talent, answers={})

        assert set(caught.value.problems) == {"qualify_route", "residence_reg_no"}
        assert Offer.objects.get().state == OfferState.OPEN

    @pytest.mark.parametrize("way", ["decline", "lapse"])
    def test_without_another_way_the_dependant_is_closed(
        self, accepted: Make, officers: Officers, talent: User, way: str
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)
        refused(case, "P03", officers)
        offer = Offer.objects.get()

        if way == "decline":
            responses.decline_offer(offer_id=offer.pk, actor=talent)
        else:
            responses.lapse_offer(offer_id=offer.pk, at=offer.lapses_at)

        assert states(case)["P08"] == "closed"
        assert "大学生落户" in item(case, "P08").reasons
        case = Case.objects.get(pk=case.pk)
        assert case.state == CaseState.COMPLETED
        with pytest.raises(AlreadyHandled):
            responses.decline_offer(offer_id=offer.pk, actor=talent)

    def test_refusing_the_other_way_too_closes_the_dependant(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08")
        approved(case, "P01", officers)
        refused(case, "P03", officers)
        answers = {"qualify_route": "本科及以上", "residence_reg_no": "330106202600001"}
        responses.take_offer(offer_id=Offer.objects.get().pk, actor=talent, answers=answers)

        refused(case, "P04", officers)

        assert states(case)["P08"] == "closed"
        assert Offer.objects.count() == 1

    def test_a_soft_order_goes_on_after_a_refusal(self, accepted: Make, officers: Officers) -> None:
        case = accepted("P01", "P04", "P06")
        approved(case, "P01", officers)
        assert states(case)["P06"] == "waiting"

        refused(case, "P04", officers)

        assert states(case)["P06"] == "ready"

    def test_a_refusal_needs_reasons_and_basis(self, accepted: Make, officers: Officers) -> None:
        work_item = claimed(accepted("P01"), "P01", officers)

        with pytest.raises(Incomplete):
            review.refuse(
                work_item_id=work_item.pk, officer=officers["D01"], reasons="", legal_basis=""
            )


class TestOffer:
    def test_an_open_offer_holds_what_waits_while_other_decisions_come_in(
        self, accepted: Make, officers: Officers
    ) -> None:
        case = accepted("P01", "P03", "P08", **MASTER)
        refused(case, "P03", officers)

        approved(case, "P01", officers)

        assert Offer.objects.get().state == OfferState.OPEN
        assert states(case)["P08"] == "waiting"

    def test_a_taken_offer_waits_for_its_own_prerequisites(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08", **MASTER)
        refused(case, "P03", officers)

        responses.take_offer(offer_id=Offer.objects.get().pk, actor=talent, answers=PERMIT)
        assert states(case)["P04"] == "waiting"
        approved(case, "P01", officers)

        assert states(case) == {
            "P01": "approved",
            "P03": "refused",
            "P04": "ready",
            "P08": "waiting",
        }

    def test_an_offer_ends_when_nothing_waits_for_it_any_more(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08", **MASTER)
        refused(case, "P03", officers)

        refused(case, "P01", officers)

        assert Offer.objects.get().state == OfferState.LAPSED
        assert Event.objects.filter(stream=case.pk, kind="offer.ended").count() == 1
        assert Case.objects.get(pk=case.pk).state == CaseState.COMPLETED
        with pytest.raises(AlreadyHandled):
            responses.take_offer(offer_id=Offer.objects.get().pk, actor=talent, answers=PERMIT)

    def test_another_way_is_offered_where_the_chosen_one_could_not_begin(
        self, accepted: Make, officers: Officers
    ) -> None:
        case = accepted("P01", "P03", "P05", "P08", settle_type="人才市场集体户")

        refused(case, "P05", officers)

        assert states(case)["P03"] == "closed"
        assert states(case)["P08"] == "waiting"
        assert Offer.objects.get().item_code == "P04"

    def test_an_offer_cannot_be_taken_after_its_term(
        self, accepted: Make, officers: Officers, talent: User
    ) -> None:
        case = accepted("P01", "P03", "P08", **MASTER)
        refused(case, "P03", officers)
        offer = Offer.objects.get()

        with clock.at(offer.lapses_at), pytest.raises(AlreadyHandled):
            responses.take_offer(offer_id=offer.pk, actor=talent, answers=PERMIT)


class TestAcrossCases:
    """An enterprise's item waits for the founder's own insurance registration."""

    def test_a_refusal_ends_the_other_case_too(
        self, accepted: Make, officers: Officers, stranger: User
    ) -> None:
        person = accepted("P01")
        firm = accepted("E02", applicant=stranger, e_legal_id=GRADUATE_ID)

        refused(person, "P01", officers)

        assert states(firm) == {"E02": "closed"}
        assert Case.objects.get(pk=firm.pk).state == CaseState.COMPLETED
        assert sms_kinds(stranger)[-2:] == ["work_item.closed", "case.completed"]

    def test_a_withdrawal_ends_what_waited_for_it(self, accepted: Make, stranger: User) -> None:
        person = accepted("P01")
        firm = accepted("E02", "E03", applicant=stranger, e_legal_id=GRADUATE_ID)

        intake.withdraw(case_id=person.pk, actor=person.applicant)

        assert states(firm) == {"E02": "closed", "E03": "ready"}
        assert "已由申请人撤回" in item(firm, "E02").reasons
        assert Case.objects.get(pk=firm.pk).state == CaseState.ACCEPTED
        assert sms_kinds(stranger)[-1] == "work_item.closed"


def test_of_a_list_of_people_each_is_waited_for_and_none_blocks(
    accepted: Make, officers: Officers, talent: User, stranger: User
) -> None:
    first, second = ENTERPRISE["hires"][0], {**ENTERPRISE["hires"][0], "id_no": FOUNDER_ID}
    founder = {"p_id_no": FOUNDER_ID, "p_birth": "1995-08-22", "p_gender": "2"}
    one, other = accepted("P01"), accepted("P01", **founder)
    enterprise = accepted("E04", applicant=stranger, hires=[first, second])

    refused(one, "P01", officers)
    assert item(enterprise, "E04").state == WorkItemState.WAITING
    approved(other, "P01", officers)

    assert item(enterprise, "E04").state == WorkItemState.READY
