"""Urging (督办): a supervisor's reminder or instruction on a case, with an answer and a clock."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cases.models.case import Case
from cases.models.work_item import WorkItem
from portal.accounts.models import DEPARTMENT_ROLES, Department, User


class UrgingKind(models.TextChoices):
    REMINDER = "reminder", "催办"
    INSTRUCTION = "instruction", "督办"


class UrgingQuerySet(models.QuerySet["Urging"]):
    def visible_to(self, user: User) -> "UrgingQuerySet":
        """Return what a supervisor has sent to anyone, or what lies on the user's own desk."""
        if user.role in DEPARTMENT_ROLES:
            return self.filter(department=user.department)
        return self.all() if user.role in {"supervisor", "auditor"} else self.none()

    def at_desk_of(self, work_item: WorkItem) -> "UrgingQuerySet":
        """Return what was sent to the item's department about this item or the whole case."""
        return self.filter(
            Q(work_item=work_item) | Q(work_item=None),
            case=work_item.case_id,
            department=work_item.department_id,
        )

    def awaited(self) -> "UrgingQuerySet":
        return self.filter(answered_at=None)


class Urging(models.Model):
    """One reminder or instruction to a department; due like any other deadline, in working days."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="urgings")
    work_item = models.ForeignKey(
        WorkItem, models.CASCADE, null=True, blank=True, related_name="urgings"
    )
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    kind = models.CharField("方式", max_length=12, choices=UrgingKind)
    words = models.TextField("督办内容")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField("发出时间")
    days = models.PositiveSmallIntegerField("答复期限（工作日）")
    due_at = models.DateTimeField("应答复时间")
    # When the next rung of its ladder is due; empty: none.
    check_at = models.DateTimeField(null=True, blank=True, editable=False)
    rungs = models.PositiveSmallIntegerField(default=0, editable=False)
    answer = models.TextField("答复", blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = UrgingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督办"
        ordering = ["-sent_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="cases_urging_answer_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("sent_at")), name="cases_urging_due_after_sent"
            ),
        ]
        indexes = [
            models.Index(
                fields=["check_at"],
                condition=Q(answered_at=None, check_at__isnull=False),
                name="cases_urging_to_check",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.get_kind_display()}"

    @property
    def subject(self) -> str:
        """How the ledger names this row."""
        return f"urging:{self.pk}"
