"""The work item (办件): one item of one case on one department's desk."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from cases.models.case import Case
from portal.accounts.models import DEPARTMENT_ROLES, Department, Role, User


class WorkItemState(models.TextChoices):
    WAITING = "waiting", "等待前置结果"
    READY = "ready", "待认领"
    HANDLING = "handling", "办理中"
    PAUSED = "paused", "已暂停"
    APPROVED = "approved", "准予办结"
    REFUSED = "refused", "不予办理"
    CLOSED = "closed", "已终止"
    WITHDRAWN = "withdrawn", "已撤回"


RUNNING = (WorkItemState.READY, WorkItemState.HANDLING)
ON_DESK = (*RUNNING, WorkItemState.PAUSED)
OPEN = (WorkItemState.WAITING, *ON_DESK)
DECIDED = (WorkItemState.APPROVED, WorkItemState.REFUSED)


class Stage(models.TextChoices):
    """The stretch of the way in which time was lost (环节); it says whose lateness it is."""

    INTAKE = "intake", "窗口受理"
    DEPARTMENT = "department", "部门办理"
    DELIVERY = "delivery", "结果送达"


class WorkItemQuerySet(models.QuerySet["WorkItem"]):
    def visible_to(self, user: User) -> "WorkItemQuerySet":
        """Return the work items a user may read."""
        if user.role in DEPARTMENT_ROLES and user.department:
            return self.filter(
                Q(department=user.department) | Q(co_departments__contains=[user.department.code])
            )
        if user.role in {Role.CLERK, Role.SUPERVISOR, Role.AUDITOR}:
            return self.all()
        return self.filter(case__applicant=user) if user.is_applicant else self.none()

    def of_desk(self, user: User) -> "WorkItemQuerySet":
        """Return what an officer or leader may act on: their own department's work items."""
        if user.role not in DEPARTMENT_ROLES:
            return self.none()
        return self.filter(department=user.department)

    def open(self) -> "WorkItemQuerySet":
        return self.filter(state__in=OPEN)


class WorkItem(models.Model):
    """One item at work; name and limits are copied at acceptance, whatever a later catalogue says.

    The clock is stored as facts (start, budget, suspensions, extension) and as the two instants
    that follow from them; while it does not run, `yellow_at` and `due_at` are empty.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="work_items", verbose_name="联办件")
    item_code = models.CharField("事项代码", max_length=16)
    item_name = models.CharField("事项", max_length=60)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name="部门"
    )
    co_departments = ArrayField(
        models.CharField(max_length=16), default=list, blank=True, verbose_name="会办部门"
    )
    state = FSMField("状态", max_length=10, choices=WorkItemState, protected=True)
    promised_days = models.PositiveSmallIntegerField("承诺时限（工作日）")
    statutory_days = models.PositiveSmallIntegerField("法定时限（工作日）", null=True, blank=True)
    # How many working days before the end the warning begins; empty: as settled for the budget.
    warn_days = models.PositiveSmallIntegerField("黄牌提前（工作日）", null=True, blank=True)
    # Days of a granted extension (延期); they stand in the row so that the sweep needs no join.
    extended_days = models.PositiveSmallIntegerField("延长（工作日）", default=0)
    started_at = models.DateTimeField("起算时间", null=True, blank=True)
    # When the item reached the desk, where that was later than the legal start: the window let its
    # term pass and the case was deemed accepted on the day of receipt.
    desk_at = models.DateTimeField("到达部门时间", null=True, blank=True)
    yellow_at = models.DateTimeField("黄牌时间", null=True, blank=True)
    due_at = models.DateTimeField("应办结时间", null=True, blank=True)
    # The next instant at which the sweep has something to do here; empty when there is none.
    check_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Rises each time a pause takes the item out of warning, so that a new card may be issued.
    cycle = models.PositiveSmallIntegerField(default=0, editable=False)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="经办人",
    )
    claimed_at = models.DateTimeField("认领时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    # What the decision meant for the clock: net working days, and whose lateness it was, if any.
    net_days = models.FloatField("净用时（工作日）", null=True, blank=True)
    late_stage = models.CharField("超时环节", max_length=10, choices=Stage, blank=True)
    # When the result reached the applicant; 行政许可法 art. 44 gives 10 working days.
    delivered_at = models.DateTimeField("送达时间", null=True, blank=True)
    result_name = models.CharField("结果名称", max_length=60, blank=True)
    result_number = models.CharField("结果文号", max_length=60, blank=True)
    reasons = models.TextField("理由", blank=True)
    legal_basis = models.CharField("依据", max_length=200, blank=True)

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "办件"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "item_code"], name="cases_workitem_once"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in RUNNING], due_at__isnull=False)
                | (~Q(state__in=[s.value for s in RUNNING]) & Q(due_at=None, yellow_at=None)),
                name="cases_workitem_clock_runs_on_desk",
            ),
            models.CheckConstraint(
                condition=~Q(state=WorkItemState.WAITING) | Q(started_at=None),
                name="cases_workitem_waiting_has_no_start",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[s.value for s in DECIDED])
                | Q(decided_at__isnull=False, decided_by__isnull=False, started_at__isnull=False),
                name="cases_workitem_decision_is_signed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[WorkItemState.REFUSED, WorkItemState.CLOSED])
                | ~Q(reasons=""),
                name="cases_workitem_no_has_reasons",
            ),
            models.CheckConstraint(
                condition=Q(yellow_at=None) | Q(yellow_at__lte=F("due_at")),
                name="cases_workitem_yellow_before_due",
            ),
            models.CheckConstraint(
                condition=Q(net_days=None) | Q(decided_at__isnull=False),
                name="cases_workitem_net_days_of_decision",
            ),
        ]
        indexes = [
            models.Index(
                fields=["check_at"],
                condition=Q(check_at__isnull=False),
                name="cases_workitem_to_check",
            ),
            models.Index(
                fields=["department", "due_at"],
                condition=Q(state__in=[s.value for s in OPEN]),
                name="cases_workitem_desk",
            ),
            models.Index(fields=["decided_at"], name="cases_workitem_decided"),
            models.Index(
                fields=["decided_at"],
                condition=Q(decided_at__isnull=False, delivered_at=None),
                name="cases_workitem_to_deliver",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.item_name}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def budget(self) -> int:
        """Working days until it is due: the shorter of both limits, and the extension granted."""
        limits = [days for days in (self.promised_days, self.statutory_days) if days is not None]
        return min(limits) + self.extended_days

    @property
    def subject(self) -> str:
        """How the ledger names this row."""
        return f"work_item:{self.pk}"

    @transition(field=state, source=WorkItemState.WAITING, target=WorkItemState.READY)
    def release(self) -> None: ...

    @transition(field=state, source=WorkItemState.READY, target=WorkItemState.HANDLING)
    def claim(self) -> None: ...

    @transition(field=state, source=WorkItemState.HANDLING, target=WorkItemState.APPROVED)
    def approve(self) -> None: ...

    @transition(field=state, source=WorkItemState.HANDLING, target=WorkItemState.REFUSED)
    def refuse(self) -> None: ...

    @transition(field=state, source=WorkItemState.HANDLING, target=WorkItemState.PAUSED)
    def pause(self) -> None: ...

    @transition(field=state, source=WorkItemState.PAUSED, target=WorkItemState.HANDLING)
    def resume(self) -> None: ...

    @transition(field=state, source=list(OPEN), target=WorkItemState.CLOSED)
    def close(self) -> None: ...

    @transition(field=state, source=list(OPEN), target=WorkItemState.WITHDRAWN)
    def withdraw(self) -> None: ...


class Strength(models.TextChoices):
    HARD = "hard", "前置"
    SOFT = "soft", "先后"


class Edge(models.Model):
    """The dependant needs what the predecessor results in; also across cases (linked by identity).

    Edges of one dependant with the same `slot` are alternatives: one approval is enough.
    """

    dependant = models.ForeignKey(WorkItem, models.CASCADE, related_name="needs")
    predecessor = models.ForeignKey(WorkItem, models.CASCADE, related_name="serves")
    slot = models.CharField("所需结果", max_length=16)
    strength = models.CharField(max_length=4, choices=Strength)
    why = models.CharField("说明", max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dependant", "predecessor", "slot"], name="cases_edge_once"
            ),
            models.CheckConstraint(
                condition=~Q(dependant=F("predecessor")), name="cases_edge_not_to_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.dependant_id}（{self.slot}）"
