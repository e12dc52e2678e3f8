"""What the applicant is asked for: supplements (补正) and offers of another way (改办)."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from cases.models.case import Case, CaseState
from cases.models.suspension import Suspension, SuspensionReason
from cases.models.work_item import WorkItem


class SupplementQuerySet(models.QuerySet["Supplement"]):
    def awaited(self) -> "SupplementQuerySet":
        """Return the notices whose answer the window or a stopped clock still waits for."""
        waits = Suspension.objects.filter(
            work_item=OuterRef("work_item"), reason=SuspensionReason.SUPPLEMENT, ended_at=None
        )
        return self.filter(answered_at=None).filter(
            Q(work_item=None, case__state=CaseState.RETURNED) | Exists(waits)
        )


class Supplement(models.Model):
    """A one-time notice of all gaps (一次性告知): by the window before acceptance, or for one work
    item by its department afterwards. 行政许可法 art. 32(4), 最多跑一次规定 art. 11.

    `gaps` is a list of {"kind": "material" | "field", "code", "name", "reason"}.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="supplements")
    work_item = models.ForeignKey(
        WorkItem, models.CASCADE, null=True, blank=True, related_name="supplements"
    )
    gaps = models.JSONField("需补正内容")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("告知时间")
    lapses_at = models.DateTimeField("补正期限")
    # When the applicant is reminded next; empty: no more.
    remind_at = models.DateTimeField(null=True, blank=True, editable=False)
    answered_at = models.DateTimeField("补正时间", null=True, blank=True)
    # When the window's notice ended without an answer: its term was over, or the case withdrawn.
    ended_at = models.DateTimeField("失效时间", null=True, blank=True)

    objects = SupplementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "补正告知"
        ordering = ["asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(ended_at=None), name="cases_supplement_one_end"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(work_item=None),
                name="cases_supplement_window_asks_once",
            ),
            models.UniqueConstraint(
                fields=["work_item"],
                condition=Q(work_item__isnull=False),
                name="cases_supplement_department_asks_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lapses_at"],
                condition=Q(work_item=None, answered_at=None, ended_at=None),
                name="cases_supplement_to_lapse",
            ),
            models.Index(
                fields=["remind_at"],
                condition=Q(answered_at=None, remind_at__isnull=False),
                name="cases_supplement_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} 补正告知"


class OfferState(models.TextChoices):
    OPEN = "open", "待选择"
    TAKEN = "taken", "已改办"
    DECLINED = "declined", "已放弃"
    LAPSED = "lapsed", "已失效"


class Offer(models.Model):
    """Another item whose result serves as well, offered when the chosen one was refused (改办)."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="offers")
    refused = models.ForeignKey(WorkItem, models.CASCADE, related_name="+")
    item_code = models.CharField("可改办事项", max_length=16)
    item_name = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.OPEN)
    offered_at = models.DateTimeField()
    lapses_at = models.DateTimeField("选择期限")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "item_code"], name="cases_offer_once"),
            models.CheckConstraint(
                condition=Q(state=OfferState.OPEN, answered_at=None)
                | (~Q(state=OfferState.OPEN) & Q(answered_at__isnull=False)),
                name="cases_offer_answer_has_instant",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lapses_at"], condition=Q(state="open"), name="cases_offer_to_lapse"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} 可改办{self.item_name}"
