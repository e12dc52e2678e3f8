"""Make the accounts of the demonstration and print them as a table."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.demo import DEMO_PASSWORD, demo_account_table, make_demo_accounts


class Command(BaseCommand):
    help = "建立演示账号（可重复执行），并列表显示。仅限演示和测试环境。"

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("演示账号的密码是公开的，生产环境不得建立。")
        make_demo_accounts()
        self.stdout.write(account_lines())


def account_lines() -> str:
    """Return the table of demo accounts for a terminal."""
    rows = [
        f"  {account.login:<14}{account.role.label}{'　' * (8 - len(account.role.label))}"
        f"{account.name}　{account.department}"
        for account in demo_account_table()
    ]
    return "\n".join(
        [
            "演示账号",
            *rows,
            f"  工作人员密码 {DEMO_PASSWORD}，动态口令 {settings.DEMO_SECOND_FACTOR}，"
            "登录页 /staff/sign-in/",
            "  人才和企业经办人用手机号登录，验证码见 /dev/messages/",
        ]
    )
