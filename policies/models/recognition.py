"""Recognition of talent (人才认定) and the codes that prove it (人才码、企业码)."""

import uuid
from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from policies.models.subject import Subject
from portal.core import clock
from portal.core.chinese import listed
from portal.core.crypto import EncryptedJSONField, EncryptedTextField


class Level(models.TextChoices):
    A = "A", "A 类"
    B = "B", "B 类"
    C = "C", "C 类"
    D = "D", "D 类"
    E = "E", "E 类"
    F = "F", "F 类"


class Route(models.TextChoices):
    CONTEST = "contest", "以赛代评"
    MARKET = "market", "市场化评定"
    RECOMMENDATION = "recommendation", "举荐"


class Recommender(models.Model):
    """Someone who may recommend talents (举荐人), a fixed number each calendar year."""

    name = EncryptedTextField("姓名")
    organisation = models.CharField("单位及职务", max_length=100)
    yearly_quota = models.PositiveSmallIntegerField("每年名额", default=2)
    is_active = models.BooleanField("在册", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "举荐人"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.name}（{self.organisation}）"


class RecognitionQuerySet(models.QuerySet["Recognition"]):
    def in_force(self, on: date) -> "RecognitionQuerySet":
        """Return what holds on a day; one past its last day holds no more, ended or not."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=on), ended_at=None)


class Recognition(models.Model):
    """That a person was recognised as talent of a level, by which route and on what evidence."""

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="recognitions")
    level = models.CharField("人才层次", max_length=1, choices=Level)
    route = models.CharField("认定方式", max_length=16, choices=Route)
    # What the route asks for, as its rule reads it: rank and role, taxable income, equity value.
    # Sealed: an income is nobody else's business.
    evidence = EncryptedJSONField("认定依据", default=dict)
    recommender = models.ForeignKey(
        Recommender, models.PROTECT, null=True, blank=True, related_name="recognitions"
    )
    recognised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recognised_at = models.DateTimeField("认定时间", default=clock.now)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    ended_at = models.DateTimeField("退出时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reasons = models.CharField("退出原因", max_length=200, blank=True)

    objects = RecognitionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "人才认定"
        ordering = ["-recognised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(ended_at=None),
                name="policies_recognition_one_in_force",
            ),
            models.CheckConstraint(
                condition=~Q(route="recommendation") | Q(recommender__isnull=False),
                name="policies_recognition_recommended_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.get_route_display()}"

    def holds_on(self, day: date) -> bool:
        return self.valid_until is None or day <= self.valid_until


class SubjectCode(models.Model):
    """The code of a subject (人才码、企业码): an opaque serial that says nothing by itself.

    `serial` stands in the rotating code, `static_serial` in the printed one, which is trusted less.
    A revoked code stays revoked; a new recognition makes a new code.
    """

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="codes")
    serial = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    static_serial = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    issued_at = models.DateTimeField("生成时间", default=clock.now)
    revoked_at = models.DateTimeField("注销时间", null=True, blank=True)
    reasons = models.CharField("注销原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "人才码与企业码"
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(revoked_at=None),
                name="policies_subjectcode_one_in_use",
            ),
        ]

    def __str__(self) -> str:
        return str(self.serial)


class Scope(models.TextChoices):
    """For what an institution may read a code; it sees nothing else."""

    MEDICAL = "medical", "就医"
    SCHOOLING = "schooling", "子女入学"
    HOUSING = "housing", "人才公寓"
    ENTERPRISE = "enterprise", "企业服务"


class Institution(models.Model):
    """A hospital, school or house manager that reads codes (用码单位) and has a key of its own."""

    name = models.CharField("单位名称", max_length=100, unique=True)
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope), verbose_name="用途")
    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    is_active = models.BooleanField("启用", default=True)
    created_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "用码单位"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def scope_words(self) -> str:
        """Its purposes as a page lists them: 就医、人才公寓."""
        return listed(scope.label for scope in Scope if scope in self.scopes)


class CodeUse(models.Model):
    """One reading of a code (用码记录), whatever came of it; a rotating code is good once."""

    class Outcome(models.TextChoices):
        VALID = "valid", "有效"
        STATIC = "static", "静态码，须核对身份证件"
        EXPIRED = "expired", "已过期"
        REPLAYED = "replayed", "重复使用"
        REVOKED = "revoked", "已注销"
        FORGED = "forged", "无法识别"

    code = models.ForeignKey(SubjectCode, models.PROTECT, null=True, related_name="uses")
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="uses", db_index=False
    )
    scope = models.CharField("用途", max_length=12, choices=Scope)
    outcome = models.CharField("结果", max_length=10, choices=Outcome)
    # Of a valid rotating code: what makes it unlike every other one.
    nonce = models.CharField(max_length=32, blank=True, editable=False)
    at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "用码记录"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "nonce"], condition=Q(outcome="valid"), name="policies_codeuse_once"
            ),
        ]
        # How often one institution has read of late is asked at each reading.
        indexes = [models.Index(fields=["institution", "-at"], name="policies_codeuse_lately")]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.outcome}"
