import logging
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from notifications.channels.base import Outcome
from notifications.channels.console import ConsoleChannel
from tests.notifications.fakes import outgoing as sms


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> Path:
    settings.PORTAL_DATA = tmp_path
    return tmp_path


def test_every_message_is_taken_and_remembered() -> None:
    channel, out_id = ConsoleChannel(), uuid4()

    before = channel.query(sms(out_id)).outcome
    sent = channel.send(sms(out_id)).outcome

    assert (before, sent) == (Outcome.NOT_FOUND, Outcome.DELIVERED)
    assert channel.query(sms(out_id)).outcome is Outcome.DELIVERED
    assert channel.query(sms()).outcome is Outcome.NOT_FOUND


def test_neither_number_nor_text_is_written_down(
    own_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    ConsoleChannel().send(sms())

    written = caplog.text + (own_folder / "outbox.log").read_text()
    assert "137****5678" in written
    assert "13712345678" not in written
    assert "135790" not in written
