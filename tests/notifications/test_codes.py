from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.codes import AccountAdapter, send_code
from notifications.models import Channel, Message
from notifications.sending import Notice, tell
from portal.accounts import sign_in
from portal.core.ledger import Entry, Event, record
from tests.accounts.factories import StaffFactory, TalentFactory

pytestmark = pytest.mark.django_db
PHONE = "13712345678"


def test_a_code_is_one_text_message_with_what_a_person_must_know() -> None:
    issued = send_code(PHONE)

    message = Message.objects.get()
    assert (message.channel, message.address, message.recipient) == (Channel.SMS, PHONE, None)
    assert issued.code in message.body
    assert "5分钟内有效" in message.body
    assert "请勿告知他人" in message.body


def test_the_ledger_holds_neither_code_nor_number() -> None:
    issued = send_code(PHONE)

    event = Event.objects.get()
    assert (event.kind, event.payload, event.subject) == ("sign_in.code", {}, "")
    assert issued.code not in str(event.__dict__)


def test_a_refused_code_leaves_nothing_behind() -> None:
    send_code(PHONE)

    with pytest.raises(sign_in.CodeRefused):
        send_code(PHONE)
    assert Message.objects.count() == Event.objects.count() == 1


def test_a_code_goes_before_what_is_queued() -> None:
    talent = TalentFactory()
    tell([Notice(record(Entry("case.completed")), talent, "case.completed", {"number": "1"})])

    send_code(PHONE)

    first = Message.objects.due().order_by("due_at").first()
    assert first is not None and first.kind == "sign_in.code"
    assert first.expires_at is not None
    assert first.expires_at <= timezone.now() + timedelta(minutes=5)


def test_the_adapter_keeps_phones_on_the_portals_users() -> None:
    adapter, talent = AccountAdapter(), TalentFactory(phone=PHONE, phone_verified=False)
    StaffFactory(phone="13600000009")

    assert adapter.get_user_by_phone(PHONE) == talent
    assert adapter.get_user_by_phone("13600000009") is None
    assert adapter.get_phone(talent) == (PHONE, False)
    adapter.set_phone_verified(talent, PHONE)
    talent.refresh_from_db()
    assert talent.phone_verified
    adapter.set_phone(talent, "13787654321", False)
    assert adapter.get_user_by_phone("13787654321") == talent
    assert adapter.get_phone(StaffFactory(phone="")) is None
