"""manage.py demo_talents: recognised talents, recommenders, readers of codes with their keys."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "生成示例人才认定、举荐人与用码单位（仅演示与测试环境，可重复执行）"

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("示例人才认定只用于演示和测试环境。")
        from cases.demo.talents import make_talents

        for issued in make_talents():
            self.stdout.write(f"  用码单位 {issued.institution.name}　密钥 {issued.key}")
