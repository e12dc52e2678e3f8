"""`manage.py recount`: compare the tallies with the rows, print what differs, count anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cases.supervision import tallies
from cases.supervision.tallies import Difference
from portal.accounts.models import Department

NAMES = {
    "waiting": "等前一事项",
    "normal": "正常",
    "yellow": "黄牌",
    "red": "红牌",
    "paused": "暂停计时",
    "applicant": "等申请人",
    "started": "起算",
    "decided": "办结",
    "late": "超时办结",
    "late_at_window": "窗口超时",
    "promised": "承诺工作日",
    "net": "净用工作日",
    "days": "用时分布",
}


class Command(BaseCommand):
    help = "核对监督汇总：与办件逐一比对，列出不符之处并重新汇总。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="只核对，不改动")

    def handle(self, *args: Any, **options: Any) -> None:
        found = tallies.differences()
        departments = dict(Department.objects.values_list("pk", "code"))
        for one in found:
            self.stdout.write(told(one, departments))
        if not found:
            self.stdout.write("汇总与办件相符。")
        elif options["check"]:
            self.stdout.write(f"共 {len(found)} 处不符，未改动。")
        else:
            tallies.rebuild()
            self.stdout.write(f"共 {len(found)} 处不符，已重新汇总。")


def told(one: Difference, departments: dict[int, str]) -> str:
    """Return one difference in words."""
    place = [departments.get(one.department, str(one.department)), one.item, one.district]
    when = [one.day.isoformat()] if one.day else []
    name = NAMES.get(one.name, one.name) + ("" if one.days is None else f"（{one.days} 天）")
    return f"{' '.join(filter(None, place + when))} {name}：汇总 {one.held:g}，实为 {one.counted:g}"
