import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from portal.accounts.models import Role
from portal.accounts.permissions import roles_required
from tests.accounts.factories import StaffFactory


@roles_required(Role.CLERK, Role.SUPERVISOR)
def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@pytest.mark.parametrize("role", Role)
def test_only_the_roles_named_get_in(role: Role) -> None:
    request = RequestFactory().get("/")
    request.user = StaffFactory.build(role=role)

    if role in {Role.CLERK, Role.SUPERVISOR}:
        assert view(request).content == b"in"
    else:
        with pytest.raises(PermissionDenied):
            view(request)


@pytest.mark.django_db
def test_a_stranger_is_led_to_the_sign_in_of_those_who_have_the_page(client: Client) -> None:
    assert client.get("/window/")["Location"] == "/staff/sign-in/?next=/window/"
    assert client.get("/cases/")["Location"] == "/sign-in/?next=/cases/"


def test_who_is_not_signed_in_does_not() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    with pytest.raises(PermissionDenied):
        view(request)


@pytest.mark.django_db
def test_a_filter_that_no_database_can_compare_shows_the_whole_list(client: Client) -> None:
    client.force_login(StaffFactory(auditor=True))

    for page in ("/admin/accounts/user/?role=%00", "/admin/notifications/message/?state=%00"):
        response = client.get(page, follow=True)
        assert response.status_code == 200
        assert response.redirect_chain == [(page.split("?")[0], 302)]
