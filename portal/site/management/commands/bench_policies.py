"""manage.py bench_policies: the speed of judging, inspecting and waking, against their floors."""

import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "政策判定、数据巡检与成熟唤醒的性能基准（自带临时数据库），逐行列出与下限的比值。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="输出 JSON 数组")
        parser.add_argument("--persons", default="", help="人数，默认 120000")

    def handle(self, *args: Any, **options: Any) -> None:
        # In a process of its own: it has its own database and settings.
        command = [sys.executable, "-m", "benchmarks", "policies"]
        command += ["--json"] if options["json"] else []
        command += ["--persons", options["persons"]] if options["persons"] else []
        sys.exit(subprocess.run(command, cwd=settings.BASE_DIR, check=False).returncode)
