"""manage.py demo_cases: about seventy synthetic cases in every state, made by the real verbs."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notifications import sending
from portal.accounts.models import User


class Command(BaseCommand):
    help = "生成示例办件（仅演示与测试环境，可重复执行）"

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("示例办件只用于演示和测试环境。")
        from cases.demo import bulletins, urgings
        from cases.demo.samples import SAMPLES
        from cases.demo.stage import play

        if User.objects.filter(username__startswith="sample").exists():
            self.stdout.write("示例办件已存在，不再生成。")
            return
        self.stdout.write(f"已生成 {play(SAMPLES)} 件示例办件。")
        bulletins.play()
        urgings.play()
        # What the past told people is delivered before anybody watches the console.
        logger = logging.getLogger("portal.sms")
        logger.setLevel(logging.WARNING)
        while sending.drain(limit=500):
            continue
        logger.setLevel(logging.NOTSET)
