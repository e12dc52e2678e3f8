from collections.abc import Iterator

import pytest
from pytest_django import Settings

from notifications import wording
from notifications.channels import wire
from tests.notifications.gateway import Gateway, running_gateway


@pytest.fixture(autouse=True)
def wording_read_anew() -> Iterator[None]:
    wording.forget()
    yield
    wording.forget()


@pytest.fixture
def gateway(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway in use; waiting for its answer is cut short."""
    with running_gateway() as gateway:
        settings.SMS_CHANNELS = ["http"]
        settings.SMS_HTTP_URL = gateway.url
        settings.SMS_HTTP_TOKEN = "geheim"
        monkeypatch.setattr(wire, "READ_TIMEOUT", 0.5)
        yield gateway
