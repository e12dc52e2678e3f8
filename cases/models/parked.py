"""Items put aside until they are ripe (成熟激活): ticked, and only time or one fact is missing."""

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from cases.models.case import Case
from policies.models import Subject
from portal.accounts.models import User
from portal.core.chinese import day_words
from portal.core.crypto import EncryptedJSONField


class ParkedState(models.TextChoices):
    WAITING = "waiting", "待成熟"
    RIPE = "ripe", "已成熟"
    RESUMED = "resumed", "已恢复办理"
    ENDED = "ended", "已终止"


class ParkedItemQuerySet(models.QuerySet["ParkedItem"]):
    def visible_to(self, user: User) -> "ParkedItemQuerySet":
        """Return the parked items of the cases that a user may read."""
        return self.filter(case__in=Case.objects.visible_to(user))

    def waiting(self) -> "ParkedItemQuerySet":
        return self.filter(state=ParkedState.WAITING)

    def open(self) -> "ParkedItemQuerySet":
        return self.filter(state__in=[ParkedState.WAITING, ParkedState.RIPE])


class ParkedItem(models.Model):
    """One ticked item that waits to become ripe; it has no work item and no clock meanwhile.

    `snapshot` is what was known when it was parked (sealed), `missing` what it waits for: a list of
    {"label", "fact", "need", "actual"} without sensitive values. `expected_on` is the first day on
    which it will be ripe if nothing else changes, empty where only a new fact can help; `closes_on`
    the last day on which it still could be. An entry of `missing` with "item" waits for another
    parked item of the case.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="parked_items")
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="+")
    item_code = models.CharField("事项代码", max_length=16)
    item_name = models.CharField("事项", max_length=60)
    policy_code = models.CharField("政策代码", max_length=40)
    state = FSMField(
        "状态", max_length=8, choices=ParkedState, default=ParkedState.WAITING, protected=True
    )
    snapshot = EncryptedJSONField("当时已知", default=dict)
    missing = models.JSONField("尚缺条件", default=list)
    expected_on = models.DateField("预计成熟", null=True, blank=True)
    closes_on = models.DateField("最迟", null=True, blank=True)
    # When its applicant is reminded that it closes; empty once that is done.
    remind_on = models.DateField(null=True, blank=True, editable=False)
    parked_at = models.DateTimeField("挂起时间")
    ripe_at = models.DateTimeField("成熟时间", null=True, blank=True)
    resumed_at = models.DateTimeField("恢复时间", null=True, blank=True)
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)
    reasons = models.CharField("终止原因", max_length=300, blank=True)

    objects = ParkedItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "待成熟事项"
        ordering = ["expected_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "item_code"],
                condition=Q(state__in=["waiting", "ripe"]),
                name="cases_parkeditem_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | (Q(ended_at__isnull=False) & ~Q(reasons="")),
                name="cases_parkeditem_ended_has_reasons",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expected_on", "id"],
                condition=Q(state="waiting"),
                name="cases_parkeditem_due",
            ),
            models.Index(
                fields=["closes_on"],
                condition=Q(state__in=["waiting", "ripe"]),
                name="cases_parkeditem_closing",
            ),
            models.Index(
                fields=["remind_on"],
                condition=Q(state__in=["waiting", "ripe"], remind_on__isnull=False),
                name="cases_parkeditem_reminding",
            ),
            models.Index(
                fields=["subject"],
                condition=Q(state__in=["waiting", "ripe"]),
                name="cases_parkeditem_of_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.item_name}"

    @property
    def ledger_name(self) -> str:
        """How the ledger names this row."""
        return f"parked:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in {ParkedState.WAITING, ParkedState.RIPE}

    @property
    def day_words(self) -> str:
        if self.expected_on is None:
            return "条件具备后可办"
        return f"{day_words(self.expected_on)}起可办"

    @transition(field=state, source=ParkedState.WAITING, target=ParkedState.RIPE)
    def ripen(self) -> None: ...

    @transition(field=state, source=ParkedState.RIPE, target=ParkedState.WAITING)
    def wait_on(self) -> None: ...

    @transition(field=state, source=ParkedState.RIPE, target=ParkedState.RESUMED)
    def resume(self) -> None: ...

    @transition(
        field=state, source=[ParkedState.WAITING, ParkedState.RIPE], target=ParkedState.ENDED
    )
    def end(self) -> None: ...
