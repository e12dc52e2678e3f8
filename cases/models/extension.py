"""Extensions (延期): more working days for one work item, asked for and approved."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from cases.models.work_item import WorkItem

# 行政许可法 art. 42: at most ten working days, by approval of the head, with reasons.
MOST_DAYS = 10
BASIS = "《中华人民共和国行政许可法》第四十二条"


class ExtensionState(models.TextChoices):
    ASKED = "asked", "待批准"
    GRANTED = "granted", "已批准"
    REFUSED = "refused", "未批准"


class Extension(models.Model):
    """One request for more time; while it is open or granted there is no second one."""

    work_item = models.ForeignKey(WorkItem, models.CASCADE, related_name="extensions")
    days = models.PositiveSmallIntegerField("延长（工作日）")
    reasons = models.TextField("延期理由")
    state = models.CharField(
        "状态", max_length=8, choices=ExtensionState, default=ExtensionState.ASKED
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField("批准时间", null=True, blank=True)
    note = models.TextField("批准意见", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "延期"
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["work_item"],
                condition=~Q(state=ExtensionState.REFUSED),
                name="cases_extension_once",
            ),
            models.CheckConstraint(
                condition=Q(days__gte=1, days__lte=MOST_DAYS), name="cases_extension_days"
            ),
            models.CheckConstraint(
                condition=Q(state=ExtensionState.ASKED, decided_by=None, decided_at=None)
                | (
                    ~Q(state=ExtensionState.ASKED)
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                ),
                name="cases_extension_decision_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work_item} 延长 {self.days} 个工作日"
