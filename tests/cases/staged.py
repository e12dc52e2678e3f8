"""Sample cases played for a whole test module, in one transaction that is rolled back after it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction

from cases import calendar
from cases.demo.samples import Sample
from cases.demo.stage import play
from notifications import wording
from policies.loading import load_catalogue
from policies.reading import CATALOGUES
from portal.core import clock
from tests.cases.conftest import SHANGHAI

# A Tuesday; what the samples leave open is seen at this instant.
TODAY = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@contextmanager
def staged(samples: Sequence[Sample], django_db_blocker: Any) -> Iterator[None]:
    """Hold the business clock at TODAY, with the samples played up to it."""
    with django_db_blocker.unblock(), transaction.atomic(), clock.at(TODAY):
        calendar.load()
        calendar.forget()
        wording.forget()
        load_catalogue(CATALOGUES / "hangzhou")
        play(samples)
        yield
        transaction.set_rollback(True)
