"""What people were told they could have (主动推荐), and what came of it."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from policies.models import Policy, Subject
from portal.core import clock


class Recommendation(models.Model):
    """One policy of one subject recommended to one account; the instants are what is measured.

    Until a window has seen who the applicant is, the account is not yet the subject's.
    `dismissed_at` keeps it from coming back for a while; `case` is the application it led to.
    """

    class Occasion(models.TextChoices):
        SUBMISSION = "submission", "提交申请"
        FACTS = "facts", "情况变化"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    occasion = models.CharField("时机", max_length=10, choices=Occasion)
    made_at = models.DateTimeField("推荐时间", default=clock.now)
    shown_at = models.DateTimeField("展示时间", null=True, blank=True)
    opened_at = models.DateTimeField("打开时间", null=True, blank=True)
    applied_at = models.DateTimeField("申请时间", null=True, blank=True)
    dismissed_at = models.DateTimeField("忽略时间", null=True, blank=True)
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "主动推荐"
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "policy", "user"],
                condition=Q(applied_at=None, dismissed_at=None),
                name="cases_recommendation_one_open",
            ),
        ]
        indexes = [models.Index(fields=["made_at"], name="cases_recommendation_made")]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.policy_id}"


def _token() -> str:
    return secrets.token_urlsafe(16)


class Package(models.Model):
    """The outcome of a navigator session (政策套餐) under an unguessable address.

    `outcome` holds policies, verdicts, days and amounts; the answers are not kept.
    """

    token = models.CharField(max_length=32, unique=True, default=_token, editable=False)
    kind = models.CharField("类型", max_length=10)
    made_at = models.DateTimeField("生成时间", default=clock.now)
    expires_on = models.DateField("有效期至")
    outcome = models.JSONField("结果")

    class Meta:
        verbose_name = verbose_name_plural = "政策套餐"

    def __str__(self) -> str:
        return self.token
