"""Policies (政策): what someone may have under which conditions, by versions with their days."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from policies.models.catalogue import OneThing
from portal.accounts.models import Department
from portal.core import clock


class SubjectKind(models.TextChoices):
    PERSON = "person", "个人"
    ENTERPRISE = "enterprise", "企业"


class Policy(models.Model):
    """One policy; it may stand for an item of a one-thing, so that it can be applied for here."""

    code = models.CharField("政策代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=100)
    applicant = models.CharField("适用对象", max_length=10, choices=SubjectKind)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name="主管部门"
    )
    one_thing = models.ForeignKey(
        OneThing,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="policies",
        verbose_name="一件事",
    )
    item_code = models.CharField("事项代码", max_length=16, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "政策"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["one_thing", "item_code"],
                condition=~Q(item_code=""),
                name="policies_policy_one_per_item",
            ),
            models.CheckConstraint(
                condition=Q(item_code="") | Q(one_thing__isnull=False),
                name="policies_policy_item_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyState(models.TextChoices):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待复核"
    PUBLISHED = "published", "已发布"
    DISCARDED = "discarded", "已作废"


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def published(self) -> "PolicyVersionQuerySet":
        return self.filter(state=PolicyState.PUBLISHED)


class PolicyVersion(models.Model):
    """One version of a policy (政策版本); a published one never changes and is never deleted.

    The database refuses both by a trigger. An open-ended version ends the day before the next one
    of the same division begins; that end is derived, not written into it. `division` is empty for
    the whole city; a district's own version goes before the city's for subjects there.
    """

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions", verbose_name="政策")
    number = models.PositiveIntegerField("序号")
    label = models.CharField("版本", max_length=40)
    division = models.CharField("适用区划", max_length=6, blank=True)
    effective_from = models.DateField("施行日期", null=True, blank=True)
    effective_to = models.DateField("截止日期", null=True, blank=True)
    # A policies.policy_schema.PolicyDocument as JSON: conditions, benefit, basis.
    document = models.JSONField("政策内容")
    state = FSMField("状态", max_length=10, choices=PolicyState, default=PolicyState.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="起草人"
    )
    drafted_at = models.DateTimeField("起草时间", default=clock.now)
    submitted_at = models.DateTimeField("送审时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="复核人"
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    # Why the second pair of eyes sent it back.
    objection = models.TextField("退回意见", blank=True)

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "政策版本"
        ordering = ["policy", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="policies_policyversion_number_once"
            ),
            models.UniqueConstraint(
                fields=["policy", "division", "effective_from"],
                condition=Q(state="published"),
                nulls_distinct=False,
                name="policies_policyversion_begins_once",
            ),
            models.CheckConstraint(
                condition=Q(effective_from=None)
                | Q(effective_to=None)
                | Q(effective_from__lte=models.F("effective_to")),
                name="policies_policyversion_from_before_to",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="policies_policyversion_published_has_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.label}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise TypeError for a published version: verdicts keep pointing at it."""
        if self.state == PolicyState.PUBLISHED:
            raise TypeError("A published policy version is never deleted.")
        return super().delete(*args, **kwargs)

    def begins_by(self, on: date) -> bool:
        return self.effective_from is None or self.effective_from <= on

    @transition(field=state, source=PolicyState.DRAFT, target=PolicyState.SUBMITTED)
    def submit(self) -> None: ...

    @transition(field=state, source=PolicyState.SUBMITTED, target=PolicyState.DRAFT)
    def send_back(self) -> None: ...

    @transition(
        field=state,
        source=[PolicyState.DRAFT, PolicyState.SUBMITTED],
        target=PolicyState.PUBLISHED,
    )
    def publish(self) -> None: ...

    @transition(field=state, source=PolicyState.DRAFT, target=PolicyState.DISCARDED)
    def discard(self) -> None: ...
