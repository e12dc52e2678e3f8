import io

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from pytest_django import Settings

from portal.accounts.demo import (
    DEMO_PASSWORD,
    DEPARTMENTS,
    demo_account_table,
    make_demo_accounts,
)
from portal.accounts.models import Role, User
from tests.accounts.factories import DepartmentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def departments() -> None:
    for code in DEPARTMENTS:
        DepartmentFactory(code=code)


def test_there_is_an_account_for_every_role_and_desk() -> None:
    made = make_demo_accounts()

    assert len(made) == len(demo_account_table()) == User.objects.count()
    assert {user.role for user in made.values()} == set(Role.values)
    for code in ("D01", "D02", "D03", "D04", "D05", "D06"):
        seats = User.objects.filter(department__code=code).values_list("role", flat=True)
        assert sorted(seats) == ["leader", "officer", "officer"]
    assert made["window01"].check_password(DEMO_PASSWORD)
    assert not made["13800000001"].has_usable_password()
    assert User.objects.with_phone("13800000001").get() == made["13800000001"]


def test_making_them_again_changes_nothing() -> None:
    before = {login: user.pk for login, user in make_demo_accounts().items()}

    assert {login: user.pk for login, user in make_demo_accounts().items()} == before


def test_no_two_demo_accounts_look_alike() -> None:
    table = demo_account_table()

    for column in ("login", "name", "phone"):
        values = [getattr(account, column) for account in table]
        assert len(set(values)) == len(values)


def test_the_demo_password_passes_the_rules() -> None:
    validate_password(DEMO_PASSWORD)


def test_the_command_prints_the_table() -> None:
    printed = io.StringIO()

    call_command("demo_accounts", stdout=printed)

    for words in ("renshe01", "13800000001", DEMO_PASSWORD, "/staff/sign-in/", "市住保房管局"):
        assert words in printed.getvalue()


def test_production_refuses(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError, match="生产环境不得建立"):
        call_command("demo_accounts")
    with pytest.raises(RuntimeError):
        make_demo_accounts()
    assert not User.objects.exists()


def test_no_user_name_holds_a_phone_number() -> None:
    made = make_demo_accounts()

    assert not any(user.phone and user.phone in user.username for user in made.values())
