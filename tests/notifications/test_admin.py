import pytest
from django.test import Client

from notifications import wording
from notifications.codes import send_code
from notifications.models import Channel, Wording
from tests.accounts.factories import StaffFactory

pytestmark = pytest.mark.django_db

WORDING = "/admin/notifications/wording/"
MESSAGES = "/admin/notifications/message/"


def test_an_editor_changes_the_wording_and_it_is_used_at_once(client: Client) -> None:
    wording.texts()
    client.force_login(StaffFactory(editor=True))
    data = {"kind": "case.withdrawn", "channel": "sms", "title": "", "text": "已撤回{number}"}

    response = client.post(f"{WORDING}add/", data)

    assert response.status_code == 302
    assert wording.render("case.withdrawn", Channel.SMS, {"number": "7"}) == (
        "",
        "【一件事联办】已撤回7",
    )


def test_wording_that_cannot_be_filled_is_refused_with_the_reason(client: Client) -> None:
    client.force_login(StaffFactory(editor=True))
    data = {"kind": "case.withdrawn", "channel": "sms", "title": "", "text": "{name}"}

    response = client.post(f"{WORDING}add/", data)

    assert "没有这些占位符：name" in response.text
    assert not Wording.objects.exists()


@pytest.mark.parametrize("role", ["officer", "leader"])
def test_others_do_not_get_in(client: Client, role: str) -> None:
    client.force_login(StaffFactory(**{role: True}))

    assert client.get(WORDING).status_code == 403
    assert client.get(MESSAGES).status_code == 403


def test_the_administrator_sees_what_was_sent_but_neither_number_nor_text(client: Client) -> None:
    issued = send_code("13712345678")
    client.force_login(StaffFactory(administrator=True))

    page = client.get(MESSAGES)

    assert page.status_code == 200
    assert "登录验证码" in page.text
    assert issued.code not in page.text and "13712345678" not in page.text
