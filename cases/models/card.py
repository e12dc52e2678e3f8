"""Cards (黄牌、红牌): issued warnings on a work item's clock."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from cases.models.work_item import WorkItem
from portal.accounts.models import User


class Level(models.TextChoices):
    YELLOW = "yellow", "黄牌"
    RED = "red", "红牌"


class CardQuerySet(models.QuerySet["Card"]):
    def unseen_by_desk_of(self, user: User) -> "CardQuerySet":
        """Return the cards an officer or leader has to acknowledge, oldest first."""
        return self.filter(
            work_item__in=WorkItem.objects.of_desk(user).open(), seen_at=None
        ).select_related("work_item__case")


class Card(models.Model):
    """One warning: `issued_at` is the instant at which the clock reached it, however late it was
    noticed. One card per work item, level and cycle.
    """

    work_item = models.ForeignKey(WorkItem, models.CASCADE, related_name="cards")
    level = models.CharField("级别", max_length=6, choices=Level)
    cycle = models.PositiveSmallIntegerField()
    issued_at = models.DateTimeField("发牌时间")
    due_at = models.DateTimeField("当时的应办结时间")
    seen_at = models.DateTimeField("知悉时间", null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

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
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.work_item}"
