"""Urgings on stage (督办): one that was answered, one that waits for its answer."""

from datetime import timedelta

from cases import urging
from cases.models import UrgingKind, WorkItem
from cases.models.work_item import RUNNING
from portal.accounts.models import Role, User
from portal.core import clock

ASKED = "该件已亮红牌，请说明原因和预计办结时间。"
ANSWERED = "原因已查明，正在补核数据，预计两个工作日内办结。"
URGED = "该件临近时限，请抓紧办理。"


def play() -> int:
    """Urge about items in warning, the longest overdue first; return how many times."""
    supervisor = User.objects.filter(role=Role.SUPERVISOR, is_active=True).order_by("pk").first()
    warned = WorkItem.objects.filter(state__in=RUNNING, yellow_at__lt=clock.now())
    items = list(warned.filter(claimed_by__isnull=False).order_by("due_at", "pk")[:2])
    if supervisor is None or not items:
        return 0
    first, *others = items
    with clock.at(clock.now() - timedelta(hours=3)):
        sent = urging.send(
            case_id=first.case_id,
            supervisor=supervisor,
            kind=UrgingKind.INSTRUCTION,
            words=ASKED,
            days=2,
            work_item_id=first.pk,
        )
    with clock.at(clock.now() - timedelta(hours=1)):
        assert first.claimed_by is not None  # noqa: S101 – chosen so
        urging.answer(urging_id=sent.pk, officer=first.claimed_by, words=ANSWERED)
    for item in others:
        urging.send(
            case_id=item.case_id,
            supervisor=supervisor,
            kind=UrgingKind.REMINDER,
            words=URGED,
            days=3,
            work_item_id=item.pk,
        )
    return len(items)
