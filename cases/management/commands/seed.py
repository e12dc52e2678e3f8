"""`manage.py seed --cases N`: many synthetic cases for load and benchmarks."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.seeding import seed

# Below this, a process of its own costs more than it saves.
CASES_PER_WORKER = 2000


class Command(BaseCommand):
    help = "生成 N 个仿真办件，用于性能测试；生产环境不可用。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, required=True, help="办件数")
        parser.add_argument("--open-share", type=float, default=0.2, help="未办结的比例，默认 0.2")
        parser.add_argument("--seed", type=int, default=1, help="随机数种子，默认 1")
        parser.add_argument("--workers", type=int, help="进程数，默认按处理器和办件数确定")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = seed(
                cases=options["cases"],
                open_share=options["open_share"],
                seed=options["seed"],
                workers=options["workers"] or workers(options["cases"]),
            )
        except (RuntimeError, LookupError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"已生成{report.cases}个联办件、{report.work_items}个办件、{report.documents}份材料、"
            f"{report.events}条事件，用时{report.seconds:.1f}秒，每秒{report.rate:.0f}件。"
        )


def workers(cases: int) -> int:
    return max(1, min(os.cpu_count() or 1, cases // CASES_PER_WORKER))
