"""Failover: which provider takes the next message.

A provider that fails again and again rests for a while, and the next in line takes over. What has
been handed to a provider stays its own until it says that it never took it, see sending.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from notifications.channels.base import Outcome
from notifications.models import Circuit

# So many failures in a row, over all workers.
ENOUGH = 5
REST = timedelta(minutes=2)
FAILURES = frozenset({Outcome.UNAVAILABLE, Outcome.UNKNOWN})

NOTE = """
INSERT INTO notifications_circuit (provider, failures, rests_until)
VALUES (%(name)s, %(failures)s, CASE WHEN %(failures)s >= %(enough)s THEN %(until)s END)
ON CONFLICT (provider) DO UPDATE SET
    failures = EXCLUDED.failures + %(before)s * notifications_circuit.failures,
    rests_until = CASE
        WHEN EXCLUDED.failures + %(before)s * notifications_circuit.failures >= %(enough)s
        THEN %(until)s
    END
"""


def working(names: list[str]) -> list[str]:
    """Return the providers that do not rest, in their order; all of them where all rest."""
    resting = Circuit.objects.filter(rests_until__gt=timezone.now())
    rest = set(resting.values_list("provider", flat=True))
    return [name for name in names if name not in rest] or names


def note(name: str, outcomes: Iterable[Outcome]) -> None:
    """Count failures since the provider last worked; enough of them let it rest."""
    seen = list(outcomes)
    failures = 0
    for outcome in seen:
        failures = failures + 1 if outcome in FAILURES else 0
    worked = any(outcome not in FAILURES for outcome in seen)
    if not failures:
        # The usual case writes nothing.
        Circuit.objects.filter(provider=name, failures__gt=0).update(failures=0, rests_until=None)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE,
            {
                "name": name,
                "failures": failures,
                "before": 0 if worked else 1,
                "enough": ENOUGH,
                "until": timezone.now() + REST,
            },
        )
