"""The working-day calendar: only days that differ from the plain week are rows."""

from django.db import models


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
        return f"{self.date.isoformat()} {'上班' if self.working else '放假'}"
