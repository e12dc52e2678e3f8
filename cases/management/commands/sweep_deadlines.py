"""`manage.py sweep_deadlines [--now ISO]`: one sweep by hand, as beat orders it every minute."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.sweep import sweep
from cases.working_time import SHANGHAI

NAMES = {
    "yellow": "黄牌",
    "red": "红牌",
    "resumed": "到期恢复计时",
    "deemed_accepted": "逾期未答复视为受理",
    "lapsed_offers": "逾期未选择改办",
    "lapsed_supplements": "逾期未补正",
    "lapsed_tolerances": "逾期未补齐容缺材料",
    "escalations": "红牌升级提醒",
    "reminders": "到期前提醒",
    "overdue_urgings": "督办逾期提醒",
    "failed": "处理失败",
}


class Command(BaseCommand):
    help = "巡检时限：发牌、逐级提醒，处理到期的暂停、受理、补正、容缺和改办。可重复执行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", help="按此时间巡检（ISO 格式），默认为业务时钟的当前时间")

    def handle(self, *args: Any, **options: Any) -> None:
        report = sweep(now=instant(options["now"]) if options["now"] else None)
        figures = (f"{NAMES[name]}{count}" for name, count in asdict(report).items())
        self.stdout.write(f"巡检完成：{'，'.join(figures)}。")


def instant(text: str) -> datetime:
    """Return an instant; without a zone it is meant in Asia/Shanghai. Raises CommandError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"时间格式不正确：{text}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
