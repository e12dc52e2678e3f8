"""`manage.py load_calendar`: bring the working-day calendar up to the published notices."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases import calendar, calendar_notice


class Command(BaseCommand):
    help = "载入国务院放假通知（工作日日历），可重复执行。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file", type=Path, help="一个年份的放假通知（YAML，写法见 cases/calendars/README.md）"
        )

        parser.add_argument(
            "--anew", action="store_true", help="办公时间调整后，重新推算全部在办时限"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"]:
            self._load(options["file"])
            return
        if options["anew"]:
            calendar.count_anew()
            self.stdout.write("在办时限将于半分钟后重新推算。")
            return
        report = calendar.load()
        self.stdout.write(
            f"日历共{report.years}个年份、{report.days}个特殊日期，本次更新{report.changed}行。"
        )

    def _load(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                reading = calendar_notice.read(file.read(calendar_notice.MOST_BYTES + 1))
            revision = calendar.revise([reading.year], how="载入通知文件")
        except OSError as error:
            raise CommandError(f"无法读取 {path}：{error.strerror}。") from error
        except calendar.Unsound as error:
            lines = "\n".join(f"- {problem}" for problem in error.problems)
            raise CommandError(f"{path.name} 没有载入：\n{lines}") from error
        for remark in reading.remarks:
            self.stdout.write(remark)
        if revision is None:
            self.stdout.write("日历与该通知一致，没有变动。")
        else:
            self.stdout.write(f"{revision.note}。在办时限将于半分钟后重新推算。")
