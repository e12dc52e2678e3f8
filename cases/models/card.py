"""Cards (黄牌、红牌): issued warnings on a work item's clock."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from cases.models.work_item import OPEN, Stage, WorkItem
from portal.accounts.models import DEPARTMENT_ROLES, Role, User


class Level(models.TextChoices):
    YELLOW = "yellow", "黄牌"
    RED = "red", "红牌"


class Limit(models.TextChoices):
    """The limit whose end a card is about: the shorter one binds (最多跑一次规定 art. 12)."""

    PROMISED = "promised", "承诺时限"
    STATUTORY = "statutory", "法定时限"


class Cause(models.TextChoices):
    """Why an item came into warning, as whoever answers for it explains (超时原因)."""

    WORKLOAD = "workload", "办件集中，人手不足"
    COMPLEX = "complex", "情况复杂，核查耗时"
    OTHER_DEPARTMENT = "other_department", "等待其他部门协查"
    SYSTEM = "system", "系统或网络故障"
    APPLICANT = "applicant", "申请人原因"
    NEGLIGENCE = "negligence", "办理不及时"
    OTHER = "other", "其他"


class CardQuerySet(models.QuerySet["Card"]):
    def current(self) -> "CardQuerySet":
        """Return the cards that stand: not revoked, of the clock's last cycle, on an open item.

        A yellow card ends where its clock runs on into the red one.
        """
        turned = self.model.objects.filter(
            work_item=OuterRef("work_item"), cycle=OuterRef("cycle"), level=Level.RED
        )
        return self.filter(
            ~Q(level=Level.YELLOW) | ~Exists(turned),
            work_item__state__in=OPEN,
            cycle=F("work_item__cycle"),
            revoked_at=None,
        )

    def is_pardoned(self, work_item: WorkItem) -> bool:
        """Whether the red card of an item's last cycle was revoked: it then counts as in time."""
        red = self.filter(work_item=work_item, level=Level.RED, cycle=work_item.cycle)
        return red.exclude(revoked_at=None).exists()

    def unseen_at_desk(self, user: User) -> "CardQuerySet":
        """Return the cards an officer or leader has to acknowledge.

        Those on items in the own hands; officers also those on items in nobody's hands.
        """
        if user.role not in DEPARTMENT_ROLES:
            return self.none()
        own = Q(work_item__claimed_by=user)
        if user.role == Role.OFFICER:
            own |= ~Q(
                work_item__claimed_by__is_active=True,
                work_item__claimed_by__department=F("work_item__department"),
            )
        return self.current().filter(own, work_item__department=user.department, seen_at=None)


class Card(models.Model):
    """One warning: `issued_at` is the instant at which the clock reached it, however late it was
    noticed. One card per work item, level and cycle.
    """

    work_item = models.ForeignKey(WorkItem, models.CASCADE, related_name="cards")
    level = models.CharField("级别", max_length=6, choices=Level)
    cycle = models.PositiveSmallIntegerField()
    # The basis: which limit, of how many working days with its extension, and whose time it was.
    limit = models.CharField("依据", max_length=9, choices=Limit, default=Limit.PROMISED)
    budget = models.PositiveSmallIntegerField("时限（工作日）", default=0)
    stage = models.CharField("计入环节", max_length=10, choices=Stage, default=Stage.DEPARTMENT)
    issued_at = models.DateTimeField("发牌时间")
    due_at = models.DateTimeField("当时的应办结时间")
    # Whose hands the item was in when the card was issued; empty: nobody had claimed it.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField("知悉时间", null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # When the next rung of the ladder is due (officer → leader → supervisor); empty: none.
    check_at = models.DateTimeField(null=True, blank=True, editable=False)
    rungs = models.PositiveSmallIntegerField("已升级次数", default=0, db_default=0)
    cause = models.CharField("原因", max_length=16, choices=Cause, blank=True, db_default="")
    explanation = models.TextField("原因说明", blank=True, db_default="")
    measure = models.TextField("整改措施", blank=True, db_default="")
    explained_at = models.DateTimeField("说明时间", null=True, blank=True)
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    revocation = models.TextField("撤销理由", blank=True, db_default="")

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "预警牌"
        ordering = ["issued_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["work_item", "level", "cycle"], name="cases_card_once"),
            models.CheckConstraint(
                condition=Q(seen_at=None, seen_by=None)
                | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="cases_card_seen_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(explained_at=None, explained_by=None, cause="")
                | (Q(explained_at__isnull=False, explained_by__isnull=False) & ~Q(cause="")),
                name="cases_card_explanation_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None, revocation="")
                | (Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revocation="")),
                name="cases_card_revocation_has_reasons",
            ),
        ]
        indexes = [
            models.Index(
                fields=["check_at"],
                condition=Q(check_at__isnull=False),
                name="cases_card_to_escalate",
            ),
            models.Index(fields=["issued_at"], name="cases_card_issued"),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.work_item}"

    @property
    def is_explainable(self) -> bool:
        """Whether the desk still owes the reason for it."""
        return self.explained_at is None and self.revoked_at is None


class Rung(models.Model):
    """One rung of a ladder of reminders that has been climbed (逐级提醒); each only once.

    `subject` names the row whose ladder it is ("card:7", "supplement:3", "urging:5"), as the
    ledger does; `at` is the instant at which the rung fell due, however late that was noticed.
    """

    subject = models.CharField(max_length=40)
    step = models.PositiveSmallIntegerField()
    at = models.DateTimeField("提醒时间")

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "step"], name="cases_rung_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} #{self.step}"
