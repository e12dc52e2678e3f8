"""manage.py demo_population: synthetic people and firms to whom policies may apply."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from policies.subjects import find


class Command(BaseCommand):
    help = "生成示例人口（仅演示与测试环境，可重复执行）"

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("示例人口只用于演示和测试环境。")
        from cases.demo.people import credit_code
        from cases.demo.population import FIRST_FIRM, make_population

        if find("enterprise", credit_code(FIRST_FIRM)):
            self.stdout.write("示例人口已存在，不再生成。")
            return
        self.stdout.write(f"已生成 {make_population():,} 个示例主体。")
