"""The working-day calendar: notices as rows, every day's ordinal beside them, and its revisions."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.core.chinese import day_words


class CalendarYear(models.Model):
    """A year and whether the State Council's holiday notice for it is known."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    official = models.BooleanField("已有放假通知", default=False)
    source = models.CharField("来源", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "日历年份"
        ordering = ["year"]

    def __str__(self) -> str:
        return f"{self.year}年"


class CalendarDay(models.Model):
    """A weekday off (放假) or a weekend day at work (调休上班)."""

    date = models.DateField("日期", primary_key=True)
    working = models.BooleanField("上班")
    name = models.CharField("名称", max_length=30, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "放假与调休"
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(working=True, date__iso_week_day__in=[6, 7])
                | models.Q(working=False, date__iso_week_day__in=[1, 2, 3, 4, 5]),
                name="cases_calendarday_differs_from_plain_week",
            )
        ]

    def __str__(self) -> str:
        return f"{day_words(self.date)}{'上班' if self.working else '放假'}"


class CalendarOrdinal(models.Model):
    """How many working days lie up to each civil day (工作日序数), it included.

    Derived from years and days and rewritten with them, so that the database can add and count
    working days by look-up, for all open deadlines at once.
    """

    date = models.DateField(primary_key=True)
    working = models.BooleanField()
    ordinal = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ordinal"],
                condition=models.Q(working=True),
                name="cases_calendarordinal_of_working_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.date.isoformat()} #{self.ordinal}"


class CalendarRevision(models.Model):
    """One change of the calendar, and how far the open deadlines have been worked out anew.

    `upto` is the last work item done; a run that was stopped goes on behind it. Real time: the
    movable clock of demo and test has no part in it.
    """

    made_at = models.DateTimeField("修改时间", default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="修改人"
    )
    note = models.CharField("修改内容", max_length=200)
    upto = models.BigIntegerField(default=0, editable=False)
    moved = models.PositiveIntegerField("变动的时限", default=0)
    finished_at = models.DateTimeField("推算完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "日历修订"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"第 {self.pk} 次修订"
