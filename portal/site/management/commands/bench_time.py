"""manage.py bench_time: the speed of clocks, cards, figures and messages, against their floors."""

import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "时限、预警、监督与消息的性能基准（自带临时数据库），逐行列出与下限的比值。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="输出 JSON 数组")
        parser.add_argument("--sizes", default="", help="办件数量，如 10000,100000,1000000")

    def handle(self, *args: Any, **options: Any) -> None:
        # In a process of its own: it has its own database and settings.
        command = [sys.executable, "-m", "benchmarks", "time"]
        command += ["--json"] if options["json"] else []
        command += ["--sizes", options["sizes"]] if options["sizes"] else []
        sys.exit(subprocess.run(command, cwd=settings.BASE_DIR, check=False).returncode)
