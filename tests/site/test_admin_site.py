"""The admin site: who gets in, and where everybody else is sent."""

import pytest
from django.contrib import admin
from django.test import Client

from portal.accounts.models import ADMIN_ROLES, Role
from portal.accounts.permissions import RoleAdmin
from tests.accounts.factories import DepartmentFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role)
def test_who_gets_in_follows_from_the_role(client: Client, role: Role) -> None:
    client.force_login(StaffFactory(role=role, department=DepartmentFactory()))

    response = client.get("/admin/", follow=True)

    assert response.status_code == (200 if role in ADMIN_ROLES else 403)


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/accounts/user/"])
def test_a_stranger_is_sent_to_the_sign_in_of_staff(client: Client, path: str) -> None:
    response = client.get(path, follow=True)

    last, _ = response.redirect_chain[-1]
    assert last.startswith("/staff/sign-in/?next=")
    assert response.status_code == 200


def test_rights_in_the_admin_come_from_the_role_alone() -> None:
    others = [
        model._meta.label
        for model, page in admin.site._registry.items()
        if not isinstance(page, RoleAdmin)
    ]

    assert others == []


def test_pages_of_other_packages_are_left_out() -> None:
    apps = {model._meta.app_label for model in admin.site._registry}

    assert not apps & {"auth", "account", "axes"}
