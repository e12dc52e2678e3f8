"""The running portal that journeys are told on: web, worker and beat work together."""

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.core import clock as business_clock


def health(stack: Any) -> dict[str, Any]:
    with urllib.request.urlopen(f"{stack.url}/healthz", timeout=10) as response:
        return json.load(response)


@pytest.mark.slow
def test_worker_and_beat_show_themselves_and_a_page_opens(stack: Any, page: Any) -> None:
    response = page.goto(stack.url)
    assert response is not None
    assert response.status == 200
    assert page.title()

    deadline = time.monotonic() + 60
    while health(stack)["status"] != "ok":
        assert time.monotonic() < deadline, stack.log.read_text()
        time.sleep(0.5)


@pytest.mark.slow
def test_a_moved_clock_is_seen_by_the_running_portal(stack: Any, page: Any, clock: Any) -> None:
    clock.move_to(datetime(2027, 3, 1, 2, tzinfo=UTC))

    page.goto(f"{stack.url}/dev/clock/")

    assert "2027年3月1日" in page.content()
    assert business_clock.now() - datetime(2027, 3, 1, 2, tzinfo=UTC) < timedelta(minutes=2)
