"""The monthly bulletin (月度通报): figures per department, frozen when published."""

from django.conf import settings
from django.db import models
from django.db.models import Max, OuterRef, Q, Subquery
from django.utils import timezone
from django_fsm import FSMField, transition

from portal.accounts.models import Role, User
from portal.core.chinese import month_words


class BulletinState(models.TextChoices):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    SENT = "sent", "已发送"


class BulletinQuerySet(models.QuerySet["Bulletin"]):
    def visible_to(self, user: User) -> "BulletinQuerySet":
        """Return the bulletins a user may read; drafts are for who writes and who audits them."""
        if user.role in {Role.SUPERVISOR, Role.AUDITOR}:
            return self.all()
        if user.role == Role.LEADER:
            return self.exclude(state=BulletinState.DRAFT)
        return self.none()

    def with_correction(self) -> "BulletinQuerySet":
        """Add `corrected_by`, the newest published edition after each one's own, or none."""
        later = (
            Bulletin.objects.filter(month=OuterRef("month"), edition__gt=OuterRef("edition"))
            .exclude(state=BulletinState.DRAFT)
            .order_by()
            .values("month")
            .annotate(newest=Max("edition"))
            .values("newest")
        )
        return self.annotate(corrected_by=Subquery(later))

    def locked(self, pk: int) -> "Bulletin":
        """Return one bulletin, locked with all editions of its month. Raises DoesNotExist."""
        editions = self.filter(month__in=self.filter(pk=pk).values("month")).order_by("edition")
        locked = {one.pk: one for one in editions.select_for_update(of=("self",), no_key=True)}
        if pk not in locked:
            raise Bulletin.DoesNotExist
        return locked[pk]


class Bulletin(models.Model):
    """One edition of a month's bulletin; a published one never changes, it is followed by another.

    `figures` is a document (see cases.supervision.bulletin), empty while it is a draft: a draft
    shows the figures as they stand.
    """

    # The newest published edition after this one; set by `with_correction`.
    corrected_by: int | None = None

    month = models.DateField("月份")
    edition = models.PositiveSmallIntegerField("版次", default=1)
    state = FSMField(
        "状态", max_length=10, choices=BulletinState, default=BulletinState.DRAFT, protected=True
    )
    text = models.TextField("通报文字", blank=True)
    correction = models.TextField("更正说明", blank=True)
    figures = models.JSONField("数据", null=True, editable=False)
    made_at = models.DateTimeField("起草时间", default=timezone.now)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_at = models.DateTimeField("发送时间", null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月度通报"
        ordering = ["-month", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["month", "edition"], name="cases_bulletin_once"),
            models.UniqueConstraint(
                fields=["month"],
                condition=Q(state=BulletinState.DRAFT),
                name="cases_bulletin_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="cases_bulletin_month_by_first_day"
            ),
            models.CheckConstraint(
                condition=Q(state=BulletinState.DRAFT, figures=None, published_at=None)
                | (
                    ~Q(state=BulletinState.DRAFT)
                    & Q(
                        figures__isnull=False,
                        published_at__isnull=False,
                        published_by__isnull=False,
                    )
                ),
                name="cases_bulletin_published_is_frozen",
            ),
            models.CheckConstraint(
                condition=Q(edition=1) | ~Q(correction=""),
                name="cases_bulletin_correction_has_reasons",
            ),
        ]

    def __str__(self) -> str:
        return f"{month_words(self.month)}月度通报（第 {self.edition} 版）"

    @property
    def is_draft(self) -> bool:
        return self.state == BulletinState.DRAFT

    @property
    def subject(self) -> str:
        """How the ledger names this row."""
        return f"bulletin:{self.pk}"

    @transition(field=state, source=BulletinState.DRAFT, target=BulletinState.PUBLISHED)
    def publish(self) -> None: ...

    @transition(field=state, source=BulletinState.PUBLISHED, target=BulletinState.SENT)
    def send(self) -> None: ...
