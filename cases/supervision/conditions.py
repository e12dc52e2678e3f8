"""What each figure means (监督指标), as a condition on work items or cases: defined here, once.

The unit is the work item (办件); what comes in at the window is counted in cases. What stands now
is counted at an instant; what was done, over the days of a period. A figure and the list that it
opens come from the same condition, so they cannot differ.
"""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from cases.models import Suspension, SuspensionReason, WorkItemState
from cases.models.work_item import DECIDED, OPEN, RUNNING, Stage
from cases.supervision.scope import Period


def is_open() -> Q:
    """在办: accepted and not decided, waiting and paused ones included."""
    return Q(state__in=OPEN)


def is_red(now: datetime) -> Q:
    """红牌: the clock runs and its due instant has passed."""
    return Q(state__in=RUNNING, due_at__lt=now)


def is_yellow(now: datetime) -> Q:
    """黄牌: the clock runs, is in warning, and the due instant has not passed."""
    return Q(state__in=RUNNING, yellow_at__lte=now, due_at__gte=now)


def is_normal(now: datetime) -> Q:
    """正常: the clock runs and no warning has begun."""
    return Q(state__in=RUNNING, yellow_at__gt=now)


def is_paused() -> Q:
    """暂停计时: the clock stands for any reason of the closed list."""
    return Q(state=WorkItemState.PAUSED)


def waits_for_applicant() -> Q:
    """等申请人: the clock stands because the applicant has been asked for a supplement."""
    asked = Suspension.objects.filter(
        work_item=OuterRef("pk"), ended_at=None, reason=SuspensionReason.SUPPLEMENT
    )
    return Q(state=WorkItemState.PAUSED) & Q(Exists(asked))


def waits_for_predecessor() -> Q:
    """等前一事项: the clock has not begun because a predecessor's result is missing."""
    return Q(state=WorkItemState.WAITING)


def started_in(period: Period) -> Q:
    """起算: the clock began within the period, by acceptance or by a predecessor's decision."""
    return within("started_at", period)


def decided_in(period: Period) -> Q:
    """办结: approved or refused within the period."""
    return Q(state__in=DECIDED) & within("decided_at", period)


def was_late() -> Q:
    """超时办结: decided after its due instant, by the department's own time.

    Stored at the decision; a red card that is revoked takes it back.
    """
    return Q(state__in=DECIDED, late_stage=Stage.DEPARTMENT)


def was_late_at_window() -> Q:
    """窗口超时: decided too late only because the window had let its own term pass."""
    return Q(state__in=DECIDED, late_stage=Stage.INTAKE)


def received_in(period: Period) -> Q:
    """收件: a case first handed in within the period, whatever became of it."""
    return within("submitted_at", period)


def accepted_in(period: Period) -> Q:
    """受理: a case accepted within the period; deemed acceptance counts on the day of receipt."""
    return within("accepted_at", period)


def deemed_accepted() -> Q:
    """视为受理: no clerk has signed, the window's term ran out."""
    return Q(accepted_at__isnull=False, accepted_by=None, deemed_at__isnull=False)


def answered_late() -> Q:
    """窗口答复超时: accepted by silence, or by a clerk after the window's term."""
    return deemed_accepted() | Q(accepted_at__gt=F("deemed_at"))


def window_term_in(period: Period) -> Q:
    """The window's term for a case ended within the period."""
    return within("deemed_at", period)


def within(field: str, period: Period) -> Q:
    """An instant lies in the days of a period."""
    begin, after = period.instants
    return Q((f"{field}__gte", begin), (f"{field}__lt", after))
