"""manage.py demo: `serve` with calendar, catalogue, accounts and sample cases to look around."""

import io
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from portal.site.management.commands import serve
from portal.site.supervisor import say


class Command(serve.Command):
    help = "运行演示：同 serve，并装入日历、目录、演示账号、示例办件与示例人口（可重复执行）"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("演示数据只装入演示环境，请设 PORTAL_MODE=demo")
        super().handle(*args, **options)

    def prepare(self) -> str:
        super().prepare()
        say("正在装入日历、目录、演示账号、示例办件与示例人口……")
        call_command("load_calendar")
        call_command("load_catalogue")
        accounts = io.StringIO()
        call_command("demo_accounts", stdout=accounts)
        call_command("demo_cases")
        call_command("demo_population")
        readers = io.StringIO()
        call_command("demo_talents", stdout=readers)
        return f"\n{accounts.getvalue()}{readers.getvalue()}\n"
