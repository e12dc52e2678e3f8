"""What is on offer: a one-thing and the published versions of its catalogue."""

from typing import Any

from django.db import models

from policies.schema import Catalogue
from portal.accounts.models import Department

# A published version never changes, so its parsed form is good for the life of the process.
_parsed: dict[int, Catalogue] = {}


class CatalogueVersionManager(models.Manager["CatalogueVersion"]):
    """Leaves the large document in the database until it is first needed."""

    def get_queryset(self) -> "models.QuerySet[CatalogueVersion]":
        return super().get_queryset().defer("document")


class CatalogueVersion(models.Model):
    """One published version of a catalogue (目录版本); it never changes and is never deleted.

    The database refuses both by a trigger; the guards here only say so earlier.
    """

    one_thing = models.ForeignKey(
        "policies.OneThing", models.PROTECT, related_name="versions", verbose_name="一件事"
    )
    number = models.PositiveIntegerField("版本号")
    digest = models.CharField("摘要", max_length=64)
    document = models.JSONField("目录内容")
    published_at = models.DateTimeField("发布时间")

    objects = CatalogueVersionManager()

    class Meta:
        verbose_name = verbose_name_plural = "目录版本"
        base_manager_name = "objects"
        ordering = ["one_thing", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["one_thing", "number"], name="policies_version_number_once"
            ),
            models.UniqueConstraint(
                fields=["one_thing", "digest"], name="policies_version_digest_once"
            ),
        ]

    def __str__(self) -> str:
        return f"第 {self.number} 版"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the version; raise TypeError for one that is already published."""
        if not self._state.adding:
            raise TypeError("A published catalogue version never changes.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise TypeError: cases keep pointing at the version they were made from."""
        raise TypeError("A published catalogue version is never deleted.")

    @property
    def catalogue(self) -> Catalogue:
        """The parsed catalogue; the document is read once per process."""
        if self.pk not in _parsed:
            _parsed[self.pk] = Catalogue.model_validate(self.document)
        return _parsed[self.pk]


class OneThingQuerySet(models.QuerySet["OneThing"]):
    def on_offer(self) -> "OneThingQuerySet":
        """Return those with a published catalogue that are open, with what a menu needs."""
        offered = self.filter(is_open=True, current__isnull=False)
        return offered.select_related("lead", "current").defer("current__document")


class OneThing(models.Model):
    """A named set of items offered together (一件事); `current` is what new cases are made from."""

    code = models.CharField("代码", max_length=40, unique=True)
    slug = models.SlugField("网址代码", unique=True)
    name = models.CharField("名称", max_length=100)
    lead = models.ForeignKey(
        Department, models.PROTECT, related_name="led_one_things", verbose_name="牵头部门"
    )
    current = models.ForeignKey(
        CatalogueVersion, models.PROTECT, null=True, related_name="+", verbose_name="现行版本"
    )
    is_open = models.BooleanField("开放申请", default=True)

    objects = OneThingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "一件事"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def catalogue(self) -> Catalogue:
        """The current catalogue; raises LookupError where none was ever published."""
        if self.current is None:
            raise LookupError(f"{self.code} has no published catalogue.")
        return self.current.catalogue
