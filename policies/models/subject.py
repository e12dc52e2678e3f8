"""Subjects (办事主体) and what is known of them: facts by source, and one wide row to search."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from policies.dictionary import FactDefinition, stated
from policies.models.policy import Policy, PolicyVersion, SubjectKind
from portal.core import clock
from portal.core.crypto import EncryptedJSONField
from portal.core.queue import LeasedQuerySet, LeasedRow


class Subject(models.Model):
    """A person or an enterprise, with or without an account here.

    Who it is stands in `identity` (sealed: name, id_number or uscc, phone) and is found by
    `identity_index`; facts and the wide row hold neither name nor number.
    """

    kind = models.CharField("类型", max_length=10, choices=SubjectKind)
    identity_index = models.CharField(max_length=64, editable=False)
    identity = EncryptedJSONField("身份信息", default=dict)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="subjects"
    )
    # Blind index of the employer's credit code, so that an employer finds its own people.
    employer_index = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    created_at = models.DateTimeField("建档时间", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "办事主体"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "identity_index"], name="policies_subject_identity_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def name(self) -> str:
        return str(self.identity.get("name", ""))


class Fact(models.Model):
    """What one source states of a subject (事实): one row per source, the latest statement.

    A sensitive value stands in `sealed` and nowhere else. `as_of` is the day of a growing count;
    empty, it has stopped growing.
    """

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="facts")
    code = models.CharField("事实", max_length=40)
    source = models.CharField("来源", max_length=16)
    value = models.JSONField("值", null=True)
    sealed = EncryptedJSONField("敏感值", null=True)
    as_of = models.DateField("截至", null=True, blank=True)
    obtained_at = models.DateTimeField("取得时间", default=clock.now)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    # Of a manual entry: who made it, on what grounds, and the stored file that proves it.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    grounds = models.CharField("依据", max_length=200, blank=True)
    proof = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "事实"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "code", "source"], name="policies_fact_once_per_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.source})"


def _column(definition: FactDefinition) -> "models.Field[Any, Any]":
    kinds: dict[str, models.Field[Any, Any]] = {
        "bool": models.BooleanField(definition.name, null=True),
        "int": models.BigIntegerField(definition.name, null=True),
        "decimal": models.DecimalField(definition.name, null=True, max_digits=18, decimal_places=4),
        "enum": models.CharField(definition.name, null=True, max_length=40),
        "date": models.DateField(definition.name, null=True),
        "division": models.CharField(definition.name, null=True, max_length=6),
    }
    return kinds[definition.kind]


class Profile(models.Model):
    """The wide row of a subject (画像): one typed column per stated fact, empty where unknown.

    It follows from the facts and can be built anew at any time. Columns carry the fact's code after
    `f_`; a growing count has a second one, `f_<code>_as_of` (empty: it does not grow). Sensitive
    facts have no column: `sealed` holds them by code.
    """

    subject = models.OneToOneField(Subject, models.CASCADE, primary_key=True)
    kind = models.CharField("类型", max_length=10, choices=SubjectKind)
    sealed = EncryptedJSONField("敏感事实", default=dict)
    # The first day on which a fact here is no longer valid.
    stale_on = models.DateField(null=True, db_index=True)
    refreshed_at = models.DateTimeField("更新时间", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "画像"

    def __str__(self) -> str:
        return str(self.pk)


for _definition in stated():
    if not _definition.sensitive:
        Profile.add_to_class(f"f_{_definition.code}", _column(_definition))
        if _definition.grows:
            Profile.add_to_class(
                f"f_{_definition.code}_as_of",
                models.DateField(f"{_definition.name}截至", null=True),
            )


class ChangedSubject(models.Model):
    """A subject whose facts have changed since they were last inspected: a queue without order."""

    subject = models.OneToOneField(Subject, models.CASCADE, primary_key=True)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.pk)


class FactRequestQuerySet(LeasedQuerySet["FactRequest"]):
    """Questions to sources; `claim` leases those that are due."""


class FactRequest(LeasedRow):
    """A question to one source about one subject; a worker leases it and keeps the answer."""

    class Outcome(models.TextChoices):
        PENDING = "pending", "待查询"
        FOUND = "found", "已取得"
        NOTHING = "nothing", "无记录"
        UNAVAILABLE = "unavailable", "数据源未返回"

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="fact_requests")
    source = models.CharField("来源", max_length=16)
    outcome = models.CharField("结果", max_length=12, choices=Outcome, default=Outcome.PENDING)
    asked_at = models.DateTimeField("提出时间", default=clock.now)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = FactRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "数据查询"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "source"], name="policies_factrequest_once_per_source"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False),
                name="policies_factrequest_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.source}"


class Match(models.Model):
    """That a subject may have a policy (匹配), from the day it was found until the day it ended."""

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="matches", db_index=False)
    # Follows from the version, which the database checks: millions of rows are checked once less.
    policy = models.ForeignKey(
        Policy, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+", db_index=False)
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "匹配"
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "subject"],
                condition=Q(until=None),
                name="policies_match_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["subject"], condition=Q(until=None), name="policies_match_of_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.policy_id}"


class Inspection(models.Model):
    """One run over the population (数据巡检) and its finds; `by_policy` has them by policy code."""

    on = models.DateField("巡检日期")
    is_full = models.BooleanField("全量")
    started_at = models.DateTimeField("开始时间", default=clock.now)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    subjects = models.PositiveIntegerField("主体数", default=0)
    gained = models.PositiveIntegerField("新符合", default=0)
    lost = models.PositiveIntegerField("不再符合", default=0)
    unchanged = models.PositiveIntegerField("未变化", default=0)
    by_policy = models.JSONField("分政策", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "数据巡检"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.on}"
