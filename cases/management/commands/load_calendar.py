"""`manage.py load_calendar`: bring the working-day calendar up to the published notices."""

from typing import Any

from django.core.management.base import BaseCommand

from cases import calendar


class Command(BaseCommand):
    help = "载入国务院放假通知（工作日日历），可重复执行。"

    def handle(self, *args: Any, **options: Any) -> None:
        report = calendar.load()
        self.stdout.write(
            f"日历共{report.years}个年份、{report.days}个特殊日期，本次更新{report.changed}行。"
        )
