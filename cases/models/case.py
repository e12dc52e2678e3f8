"""The case (联办件): one application for one one-thing, from draft to its end."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from policies.models import CatalogueVersion, OneThing
from portal.accounts.models import DEPARTMENT_ROLES, Role, User
from portal.core import clock
from portal.core.crypto import EncryptedJSONField


class CaseState(models.TextChoices):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待受理"
    RETURNED = "returned", "待补正"
    ACCEPTED = "accepted", "办理中"
    COMPLETED = "completed", "已办结"
    REFUSED = "refused", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"
    REVOKED = "revoked", "已撤销受理"


AT_WINDOW = (CaseState.SUBMITTED, CaseState.RETURNED)
CLOSED = (CaseState.COMPLETED, CaseState.REFUSED, CaseState.WITHDRAWN, CaseState.REVOKED)


class ApplicantKind(models.TextChoices):
    PERSON = "person", "个人"
    ENTERPRISE = "enterprise", "企业"


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User) -> "CaseQuerySet":
        """Return the cases a user may read; nobody but the applicant sees a draft."""
        if user.is_applicant:
            return self.filter(applicant=user)
        submitted = self.exclude(state=CaseState.DRAFT)
        if user.role in DEPARTMENT_ROLES and user.department:
            return submitted.filter(
                Q(work_items__department=user.department)
                | Q(work_items__co_departments__contains=[user.department.code])
            ).distinct()
        if user.role in {Role.CLERK, Role.SUPERVISOR, Role.AUDITOR}:
            return submitted
        return self.none()

    def at_window(self) -> "CaseQuerySet":
        """Return what waits for the clerk, longest waiting first."""
        return self.filter(state=CaseState.SUBMITTED).order_by("received_at", "pk")

    def locked(self, pk: uuid.UUID) -> "Case":
        """Return one case locked until the end of the transaction."""
        return (
            self.select_for_update(of=("self",), no_key=True)
            .select_related("version", "one_thing__current", "applicant")
            .defer("version__document", "one_thing__current__document")
            .get(pk=pk)
        )


class Case(models.Model):
    """One application; a draft until it is submitted, after that never edited by the applicant.

    Answers are kept in two columns: `answers` for what the dictionary calls open and `sealed` for
    what it calls sensitive; read them together through `all_answers`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Empty until submission; null, because "" would not be unique.
    number = models.CharField(  # noqa: DJ001
        "受理码", max_length=24, unique=True, null=True, editable=False
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="cases", verbose_name="申请人"
    )
    one_thing = models.ForeignKey(OneThing, models.PROTECT, related_name="+")
    version = models.ForeignKey(CatalogueVersion, models.PROTECT, related_name="+")
    applicant_kind = models.CharField("申请人类型", max_length=10, choices=ApplicantKind)
    item_codes = ArrayField(models.CharField(max_length=16), verbose_name="事项")
    # Results the applicant already holds: item code → number of the certificate.
    existing_results = models.JSONField("已有结果", default=dict, blank=True)
    answers = models.JSONField("填报内容", default=dict, blank=True)
    sealed = EncryptedJSONField("敏感填报内容", default=dict, blank=True)
    identity_index = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    # Division code of the district under which figures count the case; empty: none is known.
    district = models.CharField("区县", max_length=6, blank=True, editable=False)
    state = FSMField(
        "状态", max_length=10, choices=CaseState, default=CaseState.DRAFT, protected=True
    )
    created_at = models.DateTimeField("创建时间", default=clock.now)
    saved_at = models.DateTimeField("保存时间", default=clock.now)
    # The commitment is signed by handing in, so this is its instant too.
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    # When the window last received it; later than submitted_at after a supplement.
    received_at = models.DateTimeField("收件时间", null=True, blank=True)
    # The end of the window's term: without a word until then the case is deemed accepted.
    deemed_at = models.DateTimeField("窗口答复期限", null=True, blank=True)
    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    # When an item that had been put aside took the case up again: its promise counts from there.
    resumed_at = models.DateTimeField("恢复办理时间", null=True, blank=True, editable=False)
    promised_days = models.PositiveSmallIntegerField("承诺时限（工作日）", null=True)
    due_at = models.DateTimeField("应办结时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    reasons = models.TextField("不予受理理由", blank=True)
    legal_basis = models.CharField("依据", max_length=200, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "联办件"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=CaseState.DRAFT, number=None, submitted_at=None)
                | Q(state=CaseState.WITHDRAWN)
                | (~Q(state=CaseState.DRAFT) & Q(number__isnull=False, submitted_at__isnull=False)),
                name="cases_case_submitted_has_number",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[CaseState.ACCEPTED, CaseState.COMPLETED])
                | Q(accepted_at__isnull=False, due_at__isnull=False),
                name="cases_case_accepted_has_clock",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in CLOSED], closed_at__isnull=False)
                | (~Q(state__in=[s.value for s in CLOSED]) & Q(closed_at=None)),
                name="cases_case_closed_has_instant",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.REFUSED) | ~Q(reasons=""),
                name="cases_case_refused_has_reasons",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.REVOKED) | ~Q(reasons=""),
                name="cases_case_revoked_has_reasons",
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(state="submitted"),
                name="cases_case_at_window",
            ),
            models.Index(
                fields=["deemed_at"],
                condition=Q(state="submitted", deemed_at__isnull=False),
                name="cases_case_to_deem_accepted",
            ),
            models.Index(fields=["submitted_at"], name="cases_case_submitted"),
            models.Index(fields=["accepted_at"], name="cases_case_accepted"),
            models.Index(
                fields=["closed_at"], condition=Q(state="completed"), name="cases_case_completed"
            ),
            models.Index(
                fields=["deemed_at"],
                condition=Q(accepted_at__isnull=False, accepted_by=None, deemed_at__isnull=False)
                | Q(accepted_at__gt=F("deemed_at")),
                name="cases_case_late_at_window",
            ),
            models.Index(fields=["applicant", "-created_at"], name="cases_case_of_applicant"),
        ]

    def __str__(self) -> str:
        return self.number or "草稿"

    @property
    def all_answers(self) -> dict[str, Any]:
        """Every answer by field code, the sensitive ones in clear."""
        return dict(self.answers) | self.sealed

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED

    @property
    def is_deemed_accepted(self) -> bool:
        """Whether it was accepted by silence (视为受理), so that no clerk has signed for it."""
        return self.accepted_at is not None and self.accepted_by_id is None and bool(self.deemed_at)

    @property
    def promised_from(self) -> datetime | None:
        """From when on the promise counts: the acceptance, or the last item that was resumed."""
        return self.resumed_at or self.accepted_at

    @property
    def applicant_name(self) -> str:
        """Name of the person or enterprise that applies, in clear."""
        own = "p_name" if self.applicant_kind == ApplicantKind.PERSON else "e_name"
        return str(self.all_answers.get(own, ""))

    @transition(field=state, source=CaseState.DRAFT, target=CaseState.SUBMITTED)
    def submit(self) -> None: ...

    @transition(field=state, source=CaseState.SUBMITTED, target=CaseState.RETURNED)
    def ask(self) -> None: ...

    @transition(field=state, source=CaseState.RETURNED, target=CaseState.SUBMITTED)
    def resubmit(self) -> None: ...

    @transition(field=state, source=CaseState.SUBMITTED, target=CaseState.ACCEPTED)
    def accept(self) -> None: ...

    @transition(field=state, source=CaseState.SUBMITTED, target=CaseState.REFUSED)
    def refuse(self) -> None: ...

    @transition(
        field=state,
        source=[CaseState.DRAFT, *AT_WINDOW, CaseState.ACCEPTED],
        target=CaseState.WITHDRAWN,
    )
    def withdraw(self) -> None: ...

    @transition(field=state, source=CaseState.ACCEPTED, target=CaseState.COMPLETED)
    def complete(self) -> None: ...

    @transition(field=state, source=CaseState.COMPLETED, target=CaseState.ACCEPTED)
    def resume(self) -> None:
        """An item that was put aside has become ripe: the same case is at work again."""

    @transition(field=state, source=CaseState.ACCEPTED, target=CaseState.REVOKED)
    def revoke(self) -> None: ...
