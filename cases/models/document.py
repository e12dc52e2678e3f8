"""Documents (材料与结果): files and records that belong to a case."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import JSONObject

from cases.models.case import Case
from cases.models.work_item import WorkItem
from portal.accounts.models import DEPARTMENT_ROLES, Role, User
from portal.core import clock
from portal.core.crypto import EncryptedJSONField, EncryptedTextField
from portal.core.queue import LeasedQuerySet, LeasedRow


class Origin(models.TextChoices):
    UPLOADED = "uploaded", "申请人上传"
    SHARED = "shared", "数据共享"
    PRODUCED = "produced", "办理结果"
    GENERATED = "generated", "系统生成"


def _item_lists(material_code: OuterRef) -> Func:
    """Return the condition that a work item's catalogue entry lists a material."""
    lines = Func(JSONObject(material=material_code), function="jsonb_build_array")
    entry = JSONObject(code=F("item_code"), materials=lines)
    wanted = JSONObject(items=Func(entry, function="jsonb_build_array"))
    return Func(
        F("case__version__document"),
        wanted,
        template="(%(expressions)s)",
        arg_joiner=" @> ",
        output_field=models.BooleanField(),
    )


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: User) -> "DocumentQuerySet":
        """Return the documents of cases the user may read.

        A department reads only the materials and the results of the work items it takes part in.
        Supervisors and auditors read papers with names masked, which no upload can be.
        """
        readable = self.filter(case__in=Case.objects.visible_to(user))
        if user.is_applicant or user.role == Role.CLERK:
            return readable
        if user.role not in DEPARTMENT_ROLES:
            return self.none()
        own = WorkItem.objects.visible_to(user).filter(case=OuterRef("case"))
        return readable.filter(
            Exists(own.filter(pk=OuterRef("work_item")))
            | Exists(own.filter(_item_lists(OuterRef("material_code"))))
        )

    def current(self) -> "DocumentQuerySet":
        """Return documents that were not replaced or removed."""
        return self.filter(removed_at=None)


class Document(models.Model):
    """One file or shared record. Files lie under a random name outside the web root.

    `material_code` says which material of the catalogue it is; a result that serves nobody else as
    a material has none. A result without a file is a certificate that the system prints from the
    decision whenever it is asked for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="documents")
    work_item = models.ForeignKey(
        WorkItem, models.PROTECT, null=True, blank=True, related_name="results"
    )
    material_code = models.CharField(max_length=16, blank=True)
    title = models.CharField("名称", max_length=60)
    origin = models.CharField("来源", max_length=10, choices=Origin)
    storage_key = models.CharField(max_length=80, blank=True, editable=False)
    file_name = EncryptedTextField("文件名", blank=True, default="")
    content_type = models.CharField(max_length=80, blank=True)
    size = models.PositiveIntegerField("大小（字节）", default=0)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    # What a department's database said, for shared data: {"label": value}.
    record = EncryptedJSONField("共享数据", null=True, blank=True)
    source = models.CharField("提供单位", max_length=60, blank=True)
    obtained_at = models.DateTimeField("取得时间", default=clock.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "材料"
        ordering = ["obtained_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(origin=Origin.UPLOADED) | ~Q(storage_key=""),
                name="cases_document_upload_is_stored",
            ),
            models.CheckConstraint(
                condition=~Q(origin=Origin.PRODUCED) | Q(work_item__isnull=False),
                name="cases_document_result_has_work_item",
            ),
            models.UniqueConstraint(
                fields=["case", "material_code"],
                condition=Q(origin=Origin.SHARED, removed_at=None),
                name="cases_document_shared_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SharedRequestQuerySet(LeasedQuerySet["SharedRequest"]):
    """Questions to other departments' databases."""


class SharedRequest(LeasedRow):
    """A question to another department's database that a worker asks for a case (数据共享).

    `due_at` empties when it is settled: answered (a Document holds the answer), nothing found, or
    given up; then the officer verifies.
    """

    class Outcome(models.TextChoices):
        PENDING = "pending", "查询中"
        FOUND = "found", "已取得"
        NOTHING = "nothing", "未查到，由部门核验"
        UNAVAILABLE = "unavailable", "暂时无法取得，由部门核验"

    case = models.ForeignKey(Case, models.CASCADE, related_name="shared_requests")
    material_code = models.CharField(max_length=16)
    outcome = models.CharField("查询结果", max_length=12, choices=Outcome, default=Outcome.PENDING)

    objects = SharedRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "material_code"], name="cases_sharedrequest_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False),
                name="cases_sharedrequest_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.material_code} {self.get_outcome_display()}"
