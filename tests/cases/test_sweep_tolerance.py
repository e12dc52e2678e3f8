"""Ended tolerance (容缺期满): the acceptance is revoked, with reasons and ways of redress."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from cases import documents, intake, review, sweep
from cases.errors import AlreadyHandled
from cases.models import Case, CaseState, Suspension, Tolerance, WorkItem, WorkItemState
from cases.sweep import SweepReport
from notifications.models import Channel, Message
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import item
from tests.cases.desks import on, told
from tests.cases.people import FOUNDER_ID
from tests.cases.steps import Officers, approved, claimed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
TERM = on(26, 17, 30)


def tolerated(case: Case, clerk: User) -> Tolerance:
    return Tolerance.objects.create(
        case=case,
        materials=[{"code": "M06", "name": "住房租赁合同"}],
        granted_by=clerk,
        granted_at=on(23, 10),
        lapses_at=TERM,
    )


def test_the_acceptance_is_revoked_at_the_end_of_the_term(
    accepted: Make, clerk: User, officers: Officers
) -> None:
    case = accepted("P01", "P04", "P08")
    approved(case, "P01", officers)
    tolerated(case, clerk)

    assert sweep.sweep(now=TERM - timedelta(seconds=1)).lapsed_tolerances == 0
    report = sweep.sweep(now=on(27, 8))

    case = Case.objects.get(pk=case.pk)
    assert (report.lapsed_tolerances, report.failed) == (1, 0)
    assert (case.state, case.closed_at) == (CaseState.REVOKED, TERM)
    assert case.reasons == "容缺受理的材料（住房租赁合同）未在2026年11月26日前补齐。"
    assert "第十一条" in case.legal_basis
    states = dict(case.work_items.values_list("item_code", "state"))
    assert states == {
        "P01": WorkItemState.APPROVED,
        "P04": WorkItemState.CLOSED,
        "P08": WorkItemState.CLOSED,
    }
    assert set(case.work_items.exclude(reasons="").values_list("due_at", "check_at")) == {
        (None, None)
    }
    assert Tolerance.objects.get().ended_at == TERM
    assert sweep.sweep(now=on(27, 8)) == SweepReport()


def test_the_applicant_is_told_why_and_where_redress_is(
    accepted: Make, clerk: User, talent: User
) -> None:
    case = accepted("P01")
    tolerated(case, clerk)

    sweep.sweep(now=TERM)

    assert told("case.revoked") == {("talent", "inbox"), ("talent", "sms")}
    body = Message.objects.get(kind="case.revoked", channel=Channel.INBOX).body
    assert "住房租赁合同" in body and "救济途径" in body
    assert told("work_item.closed") == set()
    assert Event.objects.get(kind="case.revoked").at == TERM
    case = Case.objects.get(pk=case.pk)
    assert [paper.title for paper in documents.papers_of(case)][-1] == "撤销受理决定书"
    assert documents.of_case(case, "revocation").startswith(b"%PDF")


def test_pages_say_that_the_acceptance_was_revoked(
    accepted: Make, clerk: User, talent: User, client: Client
) -> None:
    case = accepted("P01")
    tolerated(case, clerk)
    with clock.at(TERM):
        sweep.sweep(now=TERM)

    client.force_login(talent)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    mine = client.get("/cases/").content.decode()

    assert "受理已撤销" in page
    assert "行政复议" in page and "容缺受理的材料" in page
    assert "已撤销受理" in mine


def test_a_paused_item_ends_too(accepted: Make, clerk: User, officers: Officers) -> None:
    case = accepted("P01")
    work_item = claimed(case, "P01", officers)
    review.pause(
        work_item_id=work_item.pk,
        officer=officers["D01"],
        reason="hearing",
        note="",
        expected_days=9,
    )
    tolerated(case, clerk)

    sweep.sweep(now=TERM)

    assert item(case, "P01").state == WorkItemState.CLOSED
    assert Suspension.objects.get().ended_at == TERM


def test_another_persons_item_that_waited_for_it_ends_with_the_reason(
    accepted: Make, clerk: User, stranger: User
) -> None:
    founder = {"p_id_no": FOUNDER_ID, "p_birth": "1995-08-22", "p_gender": "2"}
    tolerated(accepted("P01", **founder), clerk)
    enterprise = accepted("E02", applicant=stranger)

    sweep.sweep(now=TERM)

    waiting = item(enterprise, "E02")
    assert waiting.state == WorkItemState.CLOSED
    assert "未能办理" in waiting.reasons


def test_what_was_given_in_time_is_not_revoked(accepted: Make, clerk: User) -> None:
    tolerance = tolerated(accepted("P01"), clerk)
    tolerance.met_at = on(24, 10)
    tolerance.save()

    assert sweep.sweep(now=TERM).lapsed_tolerances == 0
    with pytest.raises(AlreadyHandled):
        intake.revoke(case_id=tolerance.case_id, at=TERM)


def test_a_case_that_was_over_before_keeps_its_end(
    accepted: Make, clerk: User, officers: Officers
) -> None:
    case = accepted("P01")
    tolerated(case, clerk)
    approved(case, "P01", officers)

    sweep.sweep(now=TERM)

    assert Case.objects.get(pk=case.pk).state == CaseState.COMPLETED
    assert not Event.objects.filter(kind="case.revoked").exists()
    assert sweep.sweep(now=TERM) == SweepReport()
    assert WorkItem.objects.get().state == WorkItemState.APPROVED
