"""`manage.py inspect [--full] [--json]`: one inspection of the population by hand."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cases.inspecting import inspect
from policies.models import Inspection


class Command(BaseCommand):
    help = "数据巡检：比对情况有变化的主体，以及随时间或新版本变动的政策；可重复执行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--full", action="store_true", help="全部主体、全部政策重新比对")
        parser.add_argument("--json", action="store_true", help="输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        run = inspect(full=options["full"])
        if options["json"]:
            self.stdout.write(json.dumps(report(run), ensure_ascii=False, indent=1))
            return
        self.stdout.write(
            f"巡检完成：主体 {run.subjects:,} 个，新符合 {run.gained:,} 项，"
            f"不再符合 {run.lost:,} 项，未变化 {run.unchanged:,} 项。"
        )


def report(run: Inspection) -> dict[str, Any]:
    """Return a run as JSON, its finds by policy code."""
    names = ("gained", "lost", "unchanged")
    return {
        "on": run.on.isoformat(),
        "full": run.is_full,
        "subjects": run.subjects,
        **{name: getattr(run, name) for name in names},
        "policies": {
            code: {name: found[name] for name in names} for code, found in run.by_policy.items()
        },
    }
