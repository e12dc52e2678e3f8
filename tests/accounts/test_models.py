import pytest
from django.db import IntegrityError, connection, transaction

from portal.accounts.models import ADMIN_ROLES, Role, User
from tests.accounts.factories import DepartmentFactory, StaffFactory, TalentFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("phone", ["13712345678", "+8613712345678", "+86 137 1234 5678"])
def test_a_user_is_found_by_phone_in_any_form(phone: str) -> None:
    user = TalentFactory(phone="13712345678")

    assert User.objects.with_phone(phone).get() == user


def test_phone_and_name_are_sealed_in_the_database() -> None:
    TalentFactory(phone="13712345678", full_name="赵一鸣")

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(u)::text FROM accounts_user u")
        stored = cursor.fetchone()[0]

    assert "13712345678" not in stored
    assert "赵一鸣" not in stored


def test_two_applicants_cannot_share_a_phone() -> None:
    TalentFactory(phone="13712345678")

    with pytest.raises(IntegrityError), transaction.atomic():
        TalentFactory(agent=True, phone="13712345678")
    StaffFactory(clerk=True, phone="13712345678")
    StaffFactory(clerk=True, phone="13712345678")


def test_department_staff_need_a_department() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffFactory(role=Role.OFFICER, department=None)


@pytest.mark.parametrize("role", Role)
def test_who_reaches_the_admin_site_follows_from_the_role(role: Role) -> None:
    user = StaffFactory(role=role, department=DepartmentFactory())

    assert user.is_staff == (role in ADMIN_ROLES)
    user.role = Role.CLERK
    user.save(update_fields=["role"])
    user.refresh_from_db()
    assert not user.is_staff


def test_a_new_phone_is_found_even_when_only_the_phone_is_saved() -> None:
    user = TalentFactory(phone="13712345678")

    user.phone = "13787654321"
    user.save(update_fields=["phone"])

    assert User.objects.with_phone("13787654321").get() == user
    assert not User.objects.with_phone("13712345678").exists()


def test_a_talent_without_a_name_is_called_by_the_masked_phone() -> None:
    assert TalentFactory(phone="13712345678", full_name="").get_full_name() == "137****5678"


def test_createsuperuser_makes_an_administrator() -> None:
    user = User.objects.create_superuser("root", password="Kaoyan-de-mima-7")

    assert user.role == Role.ADMINISTRATOR
    assert user.is_staff
    assert user.check_password("Kaoyan-de-mima-7")
