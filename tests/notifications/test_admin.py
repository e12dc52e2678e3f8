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


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(StaffFactory(editor=True))
    return client


def stated(**changed: str) -> dict[str, str]:
    return {"kind": "case.withdrawn", "channel": "sms", "text": "已撤回{number}", **changed}


def add(kind: str = "case.withdrawn", channel: str = "sms") -> str:
    return f"{WORDING}add/?kind={kind}&channel={channel}"


def test_the_list_shows_every_wording_in_force(editor: Client) -> None:
    Wording.objects.create(kind="case.withdrawn", channel="sms", text="撤回了{number}")
    wording.forget()

    page = editor.get(WORDING)

    assert "撤回了{number}" in page.text and "已改写" in page.text
    assert "红牌警示" in page.text and "紧急" in page.text and "法定告知" in page.text
    assert page.text.count(">修改<") == len(wording.texts())


def test_editing_begins_with_the_shipped_text_and_its_placeholders(editor: Client) -> None:
    page = editor.get(add())

    assert "您的联办申请（受理码{number}）已撤回。如非本人操作" in page.text
    assert "{number}" in page.text and "受理码" in page.text and "330100202611230042" in page.text
    assert "【一件事联办】您的联办申请（受理码330100202611230042）已撤回" in page.text
    assert "申请已撤回（短信）" in page.text


def test_a_wording_changed_before_is_opened_where_it_is(editor: Client) -> None:
    row = Wording.objects.create(kind="case.withdrawn", channel="sms", text="撤回了{number}")

    assert editor.get(add())["Location"] == f"{WORDING}{row.pk}/change/"
    assert "撤回了{number}" in editor.get(f"{WORDING}{row.pk}/change/").text


def test_the_preview_shows_both_channels_and_the_length(editor: Client) -> None:
    page = editor.post(f"{WORDING}preview/", stated(text="受理码{number}" + "长" * 60))

    assert page.status_code == 200
    assert "站内信" in page.text and "已按您的要求撤回" in page.text
    assert "【一件事联办】受理码330100202611230042长长" in page.text
    assert "含签名共 88 字，分 2 条发送" in page.text
    assert "受理码${number}长" in page.text and "受理码{1}长" in page.text
    assert not Wording.objects.exists()


@pytest.mark.parametrize("text", ["{name}", "{number", "{number.x}", "{number!r}", "{number:9}"])
def test_the_preview_says_what_is_wrong_instead(editor: Client, text: str) -> None:
    page = editor.post(f"{WORDING}preview/", stated(text=text))

    assert "notice error" in page.text
    assert "占位符" in page.text or "花括号" in page.text


@pytest.mark.parametrize("changed", [{"kind": ""}, {"kind": "no.such"}, {"channel": "x"}])
def test_a_preview_of_nothing_is_no_mistake(editor: Client, changed: dict[str, str]) -> None:
    assert editor.post(f"{WORDING}preview/", stated(**changed)).status_code == 200


def test_without_a_script_the_preview_keeps_what_was_typed(editor: Client) -> None:
    page = editor.post(add(), {**stated(text="撤回{number}啦"), "_preview": "1"})

    assert page.status_code == 200
    assert "【一件事联办】撤回330100202611230042啦" in page.text
    assert "撤回{number}啦</textarea>" in page.text
    assert not Wording.objects.exists()


def test_a_refused_wording_stays_in_the_form(editor: Client) -> None:
    page = editor.post(add(), stated(text="受理码{nummer}"))

    assert page.status_code == 200
    assert "没有这些占位符：nummer" in page.text
    assert "受理码{nummer}</textarea>" in page.text


def test_the_shipped_text_comes_back(editor: Client) -> None:
    row = Wording.objects.create(kind="case.withdrawn", channel="sms", text="撤回了{number}")

    response = editor.post(f"{WORDING}{row.pk}/reset/", follow=True)

    assert "已恢复默认文字" in response.text
    assert not Wording.objects.exists()
    told = wording.render("case.withdrawn", Channel.SMS, {"number": "7"})
    assert told is not None and "如非本人操作" in told[1]


def test_ids_of_templates_outlive_the_text(editor: Client) -> None:
    row = Wording.objects.create(
        kind="case.withdrawn", channel="sms", text="撤回了{number}", aliyun_template="SMS_9"
    )

    editor.post(f"{WORDING}{row.pk}/reset/")

    kept = Wording.objects.get()
    assert (kept.text, kept.aliyun_template) == ("", "SMS_9")
    assert wording.texts()["case.withdrawn", "sms"].aliyun_template == "SMS_9"
    assert "如非本人操作" in wording.texts()["case.withdrawn", "sms"].text


def test_templates_can_be_named_without_changing_the_text(editor: Client) -> None:
    response = editor.post(add(), stated(text="", aliyun_template="SMS_1", tencent_template="22"))

    assert response.status_code == 302
    text = wording.texts()["case.withdrawn", "sms"]
    assert (text.aliyun_template, text.tencent_template) == ("SMS_1", "22")
    assert "如非本人操作" in text.text


@pytest.mark.parametrize("path", ["preview/", "1/reset/"])
def test_what_changes_or_previews_takes_forms_only(editor: Client, path: str) -> None:
    assert editor.get(WORDING + path).status_code == 405


def test_an_auditor_reads_and_changes_nothing(client: Client) -> None:
    row = Wording.objects.create(kind="case.withdrawn", channel="sms", text="撤回了{number}")
    client.force_login(StaffFactory(auditor=True))

    assert ">修改<" not in client.get(WORDING).text
    assert client.get(f"{WORDING}{row.pk}/change/").status_code == 200
    assert client.post(f"{WORDING}{row.pk}/reset/").status_code == 403
    assert client.post(f"{WORDING}add/", stated()).status_code == 403
    assert Wording.objects.get() == row


@pytest.mark.parametrize("role", ["officer", "leader"])
def test_others_do_not_get_in(client: Client, role: str) -> None:
    client.force_login(StaffFactory(**{role: True}))

    assert client.get(WORDING).status_code == 403
    assert client.get(MESSAGES).status_code == 403
    assert client.post(f"{WORDING}preview/", stated()).status_code == 403
    assert client.post(f"{WORDING}1/reset/").status_code == 403


def test_the_administrator_sees_what_was_sent_but_neither_number_nor_text(client: Client) -> None:
    issued = send_code("13712345678")
    client.force_login(StaffFactory(administrator=True))

    page = client.get(MESSAGES)

    assert page.status_code == 200
    assert "登录验证码" in page.text
    assert issued.code not in page.text and "13712345678" not in page.text
