"""Tolerance (容缺受理): accepted while listed materials were still to come, until a term."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from cases.models.case import Case


class Tolerance(models.Model):
    """The term for materials that were let pass at acceptance; one per case.

    最多跑一次规定 art. 11: what is late or unfit ends in the revocation of the acceptance
    (撤销受理), with written reasons. `materials` is a list of {"code", "name"}.
    """

    case = models.OneToOneField(Case, models.CASCADE, related_name="tolerance")
    materials = models.JSONField("容缺材料")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField("容缺时间")
    lapses_at = models.DateTimeField("补齐期限")
    remind_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When everything was given, or the acceptance was revoked.
    met_at = models.DateTimeField("补齐时间", null=True, blank=True)
    ended_at = models.DateTimeField("撤销受理时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "容缺"
        constraints = [
            models.CheckConstraint(
                condition=Q(met_at=None) | Q(ended_at=None), name="cases_tolerance_one_end"
            )
        ]
        indexes = [
            models.Index(
                fields=["lapses_at"],
                condition=Q(met_at=None, ended_at=None),
                name="cases_tolerance_to_lapse",
            ),
            models.Index(
                fields=["remind_at"],
                condition=Q(met_at=None, ended_at=None, remind_at__isnull=False),
                name="cases_tolerance_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} 容缺"
