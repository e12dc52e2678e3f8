"""Suspensions (停表): when a work item's clock stood still, and the legal reason."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cases.models.work_item import WorkItem


class SuspensionReason(models.TextChoices):
    """The closed list: 行政许可法 art. 45, procedures the catalogue declares, the applicant."""

    HEARING = "hearing", "听证"
    TENDER = "tender", "招标"
    AUCTION = "auction", "拍卖"
    INSPECTION = "inspection", "检验"
    TESTING = "testing", "检测"
    QUARANTINE = "quarantine", "检疫"
    APPRAISAL = "appraisal", "鉴定"
    EXPERT_REVIEW = "expert_review", "专家评审"
    PUBLICITY = "publicity", "公示"
    CARD_MAKING = "card_making", "制证"
    SUPPLEMENT = "supplement", "等待申请人补充材料"


STATUTORY_REASONS = (
    SuspensionReason.HEARING,
    SuspensionReason.TENDER,
    SuspensionReason.AUCTION,
    SuspensionReason.INSPECTION,
    SuspensionReason.TESTING,
    SuspensionReason.QUARANTINE,
    SuspensionReason.APPRAISAL,
    SuspensionReason.EXPERT_REVIEW,
)
# At most so many working days the clock waits for an applicant's supplement (local practice).
LOCAL_DAYS = 10
STATUTORY_BASIS = "《中华人民共和国行政许可法》第四十五条"
DECLARED_BASIS = "办事指南公布的不计入时限的程序"
LOCAL_BASIS = f"办事指南：受理后补充材料期间不计入时限，最长 {LOCAL_DAYS} 个工作日"


def legal_basis(reason: str) -> str:
    """Return the basis on which a reason of the closed list stops the clock."""
    if reason == SuspensionReason.SUPPLEMENT:
        return LOCAL_BASIS
    return STATUTORY_BASIS if reason in STATUTORY_REASONS else DECLARED_BASIS


class Suspension(models.Model):
    """An interval in which a work item's clock stood still; open while `ended_at` is empty."""

    work_item = models.ForeignKey(WorkItem, models.CASCADE, related_name="suspensions")
    reason = models.CharField("原因", max_length=16, choices=SuspensionReason)
    note = models.CharField("说明", max_length=200, blank=True)
    expected_days = models.PositiveSmallIntegerField("预计（工作日）")
    began_at = models.DateTimeField("开始时间")
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    # When a suspension ends by itself (a supplement that was not given); empty for all others.
    lapses_at = models.DateTimeField(null=True, blank=True)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["began_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["work_item"], condition=Q(ended_at=None), name="cases_suspension_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")),
                name="cases_suspension_ends_after_begin",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lapses_at"],
                condition=Q(ended_at=None, lapses_at__isnull=False),
                name="cases_suspension_to_lapse",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.began_at:%Y-%m-%d}"

    @property
    def legal_basis(self) -> str:
        return legal_basis(self.reason)
