"""Terms that end by themselves: supplements that do not come, offers that nobody takes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from cases import review, sweep
from cases.models import (
    Case,
    CaseState,
    Offer,
    OfferState,
    Supplement,
    Suspension,
    WorkItem,
    WorkItemState,
)
from cases.sweep import SweepReport
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import SHANGHAI
from tests.cases.desks import make_case, make_desk, make_work_item, on, told
from tests.cases.files import pdf

pytestmark = pytest.mark.django_db
YELLOW_AT = on(25, 9)


@pytest.fixture
def case(one_thing: OneThing, talent: User) -> Case:
    return make_case(one_thing, talent, on(23, 10))


@pytest.fixture
def desk(one_thing: OneThing) -> dict[str, User]:
    return make_desk(one_thing)


def test_a_supplement_that_does_not_come_sets_the_clock_going_at_its_term(
    case: Case, desk: dict[str, User]
) -> None:
    item = make_work_item(case, claimed_by=desk["officer"])
    gap = {"kind": "field", "code": "p_major", "name": "专业", "reason": "与证书不符"}
    with clock.at(on(24, 10)):
        supplement = review.ask(work_item_id=item.pk, officer=desk["officer"], gaps=[gap])  # type: ignore[list-item]
    term = datetime(2026, 12, 8, 17, 30, tzinfo=SHANGHAI)
    assert supplement.lapses_at == term

    assert sweep.sweep(now=term - timedelta(seconds=1)).resumed == 0
    report = sweep.sweep(now=datetime(2026, 12, 9, 3, tzinfo=SHANGHAI))

    assert report == SweepReport(resumed=1)
    item = WorkItem.objects.get()
    assert item.state == WorkItemState.HANDLING
    assert Suspension.objects.get().ended_at == term
    # Tue 24 counts, 25 November to 8 December are left out: 9 and 10 December.
    assert item.due_at == datetime(2026, 12, 10, 17, 30, tzinfo=SHANGHAI)
    event = Event.objects.get(kind="work_item.resumed")
    assert (event.at, event.payload["lapsed"]) == (term, True)
    assert told("work_item.resumed") == {("talent", "inbox")}


def test_an_applicant_who_answers_in_time_is_not_resumed_twice(
    case: Case, desk: dict[str, User]
) -> None:
    item = make_work_item(case, claimed_by=desk["officer"])
    gap = {"kind": "field", "code": "p_major", "name": "专业", "reason": "与证书不符"}
    with clock.at(on(24, 10)):
        review.ask(work_item_id=item.pk, officer=desk["officer"], gaps=[gap])  # type: ignore[list-item]
    with clock.at(on(25, 10)):
        review.resume(work_item_id=item.pk, officer=desk["officer"])

    report = sweep.sweep(now=datetime(2026, 12, 8, 18, tzinfo=SHANGHAI))

    assert report.resumed == 0


def test_a_window_supplement_past_its_term_withdraws_the_case(
    one_thing: OneThing, talent: User, clerk: User
) -> None:
    case = make_case(
        one_thing, talent, on(23, 10), state=CaseState.RETURNED, accepted_at=None, due_at=None
    )
    Supplement.objects.create(
        case=case, gaps=[], asked_by=clerk, asked_at=on(23, 11), lapses_at=on(30, 17, 30)
    )

    assert sweep.sweep(now=on(30, 17, 29)) == SweepReport()
    report = sweep.sweep(now=on(30, 23))

    case = Case.objects.get()
    assert report == SweepReport(lapsed_supplements=1)
    assert (case.state, case.closed_at) == (CaseState.WITHDRAWN, on(30, 17, 30))
    assert sweep.sweep(now=on(30, 23)) == SweepReport()


def decide(case: Case, code: str, officers: dict[str, User], verb: Callable[..., object]) -> None:
    item = WorkItem.objects.get(case=case, item_code=code)
    officer = officers[item.department.code]
    review.claim(work_item_id=item.pk, officer=officer)
    verb(work_item_id=item.pk, officer=officer)


def test_an_offer_past_its_term_lapses(
    accepted: Callable[..., Case], officers: dict[str, User]
) -> None:
    approve = partial(review.approve, result_number="杭人社〔2026〕1号", upload=pdf())
    refuse = partial(review.refuse, reasons="不符", legal_basis="办事指南")
    with clock.at(on(23, 10)):
        case = accepted("P03", "P08")
        decide(case, "P01", officers, approve)
        decide(case, "P03", officers, refuse)
    term = Offer.objects.get().lapses_at

    early = sweep.sweep(now=term - timedelta(seconds=1))
    report = sweep.sweep(now=term)

    assert (early.lapsed_offers, report.lapsed_offers, report.failed) == (0, 1, 0)
    assert Offer.objects.get().state == OfferState.LAPSED
    waiting = WorkItem.objects.get(case=case, item_code="P08")
    assert waiting.state == WorkItemState.CLOSED
    assert waiting.reasons


def test_one_broken_row_stops_no_other(
    case: Case, one_thing: OneThing, talent: User, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"gaps": [], "asked_by": clerk, "asked_at": on(23, 11), "lapses_at": on(24, 17, 30)}
    for _ in range(2):
        returned = make_case(
            one_thing, talent, on(23, 10), state=CaseState.RETURNED, accepted_at=None, due_at=None
        )
        Supplement.objects.create(case=returned, **asked)
    lapse, broken = sweep.intake.lapse, [returned.pk]

    def lapse_or_break(**call: object) -> Case:
        if call["case_id"] in broken:
            raise ValueError("broken")
        return lapse(**call)  # type: ignore[arg-type]

    monkeypatch.setattr(sweep.intake, "lapse", lapse_or_break)
    make_work_item(case)

    report = sweep.sweep(now=YELLOW_AT)
    broken.clear()
    again = sweep.sweep(now=YELLOW_AT)

    assert report == SweepReport(yellow=1, lapsed_supplements=1, failed=1)
    assert again == SweepReport(lapsed_supplements=1)


@pytest.mark.parametrize("pause", [on(25, 15), on(27, 10)])
def test_an_outage_over_a_whole_pause_leaves_cards_their_true_instants(
    case: Case, desk: dict[str, User], pause: datetime
) -> None:
    item = make_work_item(case, claimed_by=desk["officer"])
    hand = {"work_item_id": item.pk, "officer": desk["officer"]}
    with clock.at(pause):
        review.pause(**hand, reason="hearing", note="", expected_days=2)  # type: ignore[arg-type]
    with clock.at(on(30, 10)):
        resumed = review.resume(**hand)  # type: ignore[arg-type]

    sweep.sweep(now=datetime(2026, 12, 2, 10, tzinfo=SHANGHAI))

    issued = item.cards.order_by("level").values_list("level", "issued_at")
    assert list(issued) == [("red", resumed.due_at), ("yellow", YELLOW_AT)]
