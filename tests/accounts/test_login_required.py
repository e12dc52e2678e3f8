import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

ALL_READ = "/inbox/read/"


def test_a_page_comes_back_after_signing_in(client: Client) -> None:
    assert client.get("/inbox/?page=2")["Location"] == "/sign-in/?next=/inbox/%3Fpage%3D2"


def test_a_form_sent_too_late_leads_back_to_its_page(client: Client) -> None:
    response = client.post(ALL_READ, headers={"Referer": "http://testserver/inbox/?page=2"})

    assert response["Location"] == "/sign-in/?next=/inbox/%3Fpage%3D2"


@pytest.mark.parametrize("referer", ["", "https://example.com/inbox/", "javascript:x"])
def test_a_form_from_nowhere_leads_to_the_sign_in_alone(client: Client, referer: str) -> None:
    response = client.post(ALL_READ, headers={"Referer": referer})

    assert response["Location"] == "/sign-in/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_script_takes_the_whole_page_to_the_sign_in(client: Client, method: str) -> None:
    headers = {"HX-Request": "true", "Referer": "http://testserver/inbox/?page=2"}

    response = getattr(client, method)(ALL_READ, headers=headers)

    assert response.status_code == 401
    assert response["HX-Redirect"] == "/sign-in/?next=/inbox/%3Fpage%3D2"


def test_staff_pages_lead_to_the_sign_in_of_staff(client: Client) -> None:
    response = client.get("/window/")

    assert response["Location"] == "/staff/sign-in/?next=/window/"
