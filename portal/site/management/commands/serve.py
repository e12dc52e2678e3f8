"""manage.py serve: the whole portal on one machine, databases included."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from portal.core import embedded
from portal.site import preflight, programs
from portal.site.supervisor import Stopped, Supervisor, say, sole_use


class Command(BaseCommand):
    help = "运行整个门户：数据库、缓存（未设 DATABASE_URL、REDIS_URL 时）、网页、后台任务、定时任务"
    requires_system_checks = ()
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        try:
            code = self.serve()
        except preflight.Refused as refusal:
            code = f"错误：{refusal}"
        except embedded.Unusable as reason:
            code = f"错误：PORTAL_DATA（{settings.PORTAL_DATA}）不能使用，{reason}"
        sys.exit(code)

    def serve(self) -> int | str:
        """Run until told to stop; return the exit code. Raises Refused or Unusable."""
        data, supervisor = settings.PORTAL_DATA, Supervisor(str(settings.PORTAL_DATA))
        host, port = preflight.stated_host(), preflight.stated_port()

        def check_port() -> None:
            preflight.check_port(host, port)

        try:
            with supervisor.signals():
                embedded.prepare_folder(data)
                embedded.own_folder(settings.MEDIA_ROOT, None)
                with sole_use(data, otherwise=check_port):
                    check_port()
                    return self.run(supervisor, host, port)
        except Stopped:
            return 0

    def run(self, supervisor: Supervisor, host: str, port: int) -> int:
        try:
            self.start_servers(supervisor)
            closing = self.prepare()
            connections.close_all()
            for program in (programs.web(host, port), programs.worker(), programs.beat()):
                supervisor.start(program)
            say(f"\n门户已就绪：http://{host}:{port}/\n{closing}按 Ctrl-C 停止。\n")
            supervisor.watch()
            return 1
        finally:
            supervisor.stop()

    def start_servers(self, supervisor: Supervisor) -> None:
        if not os.environ.get("DATABASE_URL"):
            supervisor.start(embedded.postgres(settings.PORTAL_DATA))
        if not os.environ.get("REDIS_URL"):
            supervisor.start(embedded.valkey(settings.PORTAL_DATA))

    def prepare(self) -> str:
        """Bring database and static files up to date; return lines to show when all is ready."""
        say("正在准备数据库与静态文件……")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        return ""
