"""The bulletins of the demonstration: one published and sent, a correction under way, once."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from cases.demo import bulletins
from cases.models import Bulletin, BulletinState
from portal.core import clock
from tests.cases.bulletins import DECEMBER, NOVEMBER, november
from tests.cases.conftest import SHANGHAI

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with november(django_db_blocker):
        yield


def test_last_month_is_published_and_a_correction_drafted_once() -> None:
    with clock.at(DECEMBER.replace(day=9)):
        bulletins.play()
        assert bulletins.play() == []

    second, first = Bulletin.objects.all()
    assert (first.month, first.edition, first.state) == (NOVEMBER, 1, BulletinState.SENT)
    assert first.sent_at == datetime(2026, 12, 1, 15, 0, tzinfo=SHANGHAI)
    assert (second.edition, second.is_draft) == (2, True)
    assert first.figures["total"]["unexplained"] > 0


def test_on_the_first_day_of_a_month_the_one_before_last_is_there() -> None:
    with clock.at(DECEMBER):
        (first, *_) = bulletins.play()

    assert first.month == datetime(2026, 10, 1).date()
