"""The business clock."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from portal.core import clock
from portal.core.models import ClockShift

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_shift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_seen", None)


def test_without_a_shift_it_is_real_time() -> None:
    assert abs(clock.now() - timezone.now()) < timedelta(seconds=5)


def test_today_is_the_civil_day_in_shanghai() -> None:
    with clock.at(MOMENT):
        assert clock.today().isoformat() == "2026-11-24"


def test_a_moved_clock_runs_on() -> None:
    clock.move_to(MOMENT)

    first = clock.now()

    assert timedelta(0) <= first - MOMENT < timedelta(seconds=5)
    assert clock.now() >= first


def test_another_process_sees_the_move_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    assert clock.shift() == timedelta(0)
    ClockShift.objects.create(pk=1, ahead=timedelta(days=3))

    assert clock.shift() == timedelta(0)
    later = clock.monotonic() + clock.SHIFT_SEEN_FOR + 0.1
    monkeypatch.setattr(clock, "monotonic", lambda: later)

    assert clock.shift() == timedelta(days=3)


def test_reset_puts_it_back() -> None:
    clock.move_to(MOMENT)

    clock.reset()

    assert clock.shift() == timedelta(0)


def test_in_production_it_neither_moves_nor_looks(settings: LazySettings) -> None:
    ClockShift.objects.create(pk=1, ahead=timedelta(days=3))
    settings.CLOCK_MOVABLE = False

    assert clock.shift() == timedelta(0)
    with pytest.raises(RuntimeError):
        clock.move_to(MOMENT)
