"""The business clock: the one source of "now" for everything a law or a promise counts.

In demo and test the clock can be moved for the whole application (web, worker, beat) by one row in
the database. Sessions, leases, one-time codes and signatures keep to real time
(`django.utils.timezone.now`) and never ask here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from time import monotonic

from django.conf import settings
from django.utils import timezone

# Another process may have moved the row; a second of delay is the price of not asking each time.
SHIFT_SEEN_FOR = 1.0

_fixed: ContextVar[datetime | None] = ContextVar("fixed_now", default=None)
_seen: tuple[float, timedelta] | None = None


def now() -> datetime:
    """Return the present instant of the business clock, time-zone aware."""
    return _fixed.get() or timezone.now() + shift()


def today() -> date:
    """Return the present civil date in Asia/Shanghai."""
    return timezone.localdate(now())


def shift() -> timedelta:
    """Return by how much the business clock is ahead of real time; always zero in production."""
    if not settings.CLOCK_MOVABLE:
        return timedelta(0)
    global _seen
    if _seen is None or monotonic() - _seen[0] > SHIFT_SEEN_FOR:
        from portal.core.models import ClockShift

        _seen = (monotonic(), ClockShift.objects.current())
    return _seen[1]


def move_to(instant: datetime) -> None:
    """Set the business clock of the whole application to an instant; it runs on from there.

    Raises RuntimeError in production.
    """
    if not settings.CLOCK_MOVABLE:
        raise RuntimeError("The business clock is fixed to real time in production.")
    _store(instant - timezone.now())


def reset() -> None:
    """Put the business clock back to real time."""
    _store(timedelta(0))


def _store(ahead: timedelta) -> None:
    global _seen
    from portal.core.models import ClockShift

    ClockShift.objects.update_or_create(pk=1, defaults={"ahead": ahead})
    _seen = (monotonic(), ahead)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Hold the business clock of this thread at an instant, for tests and for making past cases."""
    token = _fixed.set(instant)
    try:
        yield
    finally:
        _fixed.reset(token)
