import pytest
from django.conf import settings

from notifications import tasks
from notifications.models import Channel, Message
from notifications.sending import Notice, tell
from portal.core.ledger import Entry, record
from tests.accounts.factories import TalentFactory


@pytest.mark.django_db
def test_the_tick_sends_what_is_due() -> None:
    event = record(Entry("case.completed"))
    tell([Notice(event, TalentFactory(), "case.completed", {"number": "77"})])

    tasks.drain_messages()

    assert Message.objects.get(channel=Channel.SMS).state == "delivered"


def test_beat_names_the_task_that_exists() -> None:
    assert settings.CELERY_BEAT_SCHEDULE["drain-messages"]["task"] == tasks.drain_messages.name
