"""Steps of a department's work, as one line each for the tests."""

from cases import review
from cases.models import Case, WorkItem
from notifications.models import Channel, Message
from portal.accounts.models import User
from tests.cases.conftest import item

Officers = dict[str, User]


def claimed(case: Case, code: str, officers: Officers) -> WorkItem:
    work_item = item(case, code)
    return review.claim(work_item_id=work_item.pk, officer=officers[work_item.department.code])


def approved(case: Case, code: str, officers: Officers) -> WorkItem:
    work_item = claimed(case, code, officers)
    return review.approve(
        work_item_id=work_item.pk, officer=work_item.claimed_by, result_number=f"示例〔2026〕{code}"
    )


def refused(case: Case, code: str, officers: Officers) -> WorkItem:
    work_item = claimed(case, code, officers)
    return review.refuse(
        work_item_id=work_item.pk,
        officer=work_item.claimed_by,
        reasons="不符合条件。",
        legal_basis="办事指南",
    )


def states(case: Case) -> dict[str, str]:
    return dict(WorkItem.objects.filter(case=case).values_list("item_code", "state"))


def sms_kinds(user: User) -> list[str]:
    sent = Message.objects.filter(recipient=user, channel=Channel.SMS).order_by("event_id")
    return list(sent.values_list("kind", flat=True))
