"""What the tests of the monthly bulletin share: November played, seen from December."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.test import Client

from cases.demo.samples import DONE, OWN_CASES, UNDER_WAY
from cases.models import Bulletin, Card, Level, Urging
from cases.supervision import bulletin as verbs
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import SHANGHAI
from tests.cases.staged import staged

NOVEMBER = date(2026, 11, 1)
# The first working day of December, and the eve of it.
DECEMBER = datetime(2026, 12, 1, 10, 0, tzinfo=SHANGHAI)
EVE = datetime(2026, 11, 30, 17, 0, tzinfo=SHANGHAI)


@contextmanager
def november(django_db_blocker: Any) -> Iterator[None]:
    """Play cases of November with cards, an explanation and an answered urging."""
    with staged((*OWN_CASES, *UNDER_WAY[:9], *DONE[:9]), django_db_blocker):
        card = red_cards().filter(work_item__department__code="D03").first()
        assert card
        Card.objects.filter(pk=card.pk).update(
            cause="complex",
            explanation="住房情况需向区县核查。",
            measure="与区县约定 2 个工作日回函。",
            explained_at=clock.now(),
            explained_by=user("zhufang01"),
        )
        sent = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
        Urging.objects.create(
            case=card.work_item.case,
            work_item=card.work_item,
            department=card.work_item.department,
            kind="instruction",
            words="请说明原因并抓紧办理。",
            sent_by=user("jiandu01"),
            sent_at=sent,
            days=2,
            due_at=datetime(2026, 11, 24, 17, 30, tzinfo=SHANGHAI),
            answer="已向区县催办。",
            answered_by=user("zhufang01"),
            answered_at=datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI),
        )
        yield


def red_cards() -> Any:
    return Card.objects.filter(
        level=Level.RED, issued_at__gte=datetime(2026, 11, 1, tzinfo=SHANGHAI)
    ).order_by("pk")


def user(username: str) -> User:
    return User.objects.get(username=username)


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(user(username))
    return client


def drafted(month: date = NOVEMBER) -> Bulletin:
    return verbs.make_draft(month=month, supervisor=user("jiandu01"))


def published(month: date = NOVEMBER) -> Bulletin:
    return verbs.publish(bulletin_id=drafted(month).pk, supervisor=user("jiandu01"))


def found(bulletin: Bulletin) -> Bulletin:
    """Return a bulletin as it stands in the database."""
    return Bulletin.objects.with_correction().get(pk=bulletin.pk)


def values_of(bulletin: Bulletin) -> Mapping[str, Any]:
    return {
        name: getattr(found(bulletin), name)
        for name in ("state", "text", "figures", "published_at", "sent_at", "edition")
    }


def text_of(pdf: bytes) -> str:
    """Return what a PDF says, without spaces and line breaks."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "bulletin.pdf"
        file.write_bytes(pdf)
        try:
            read = subprocess.run(
                ["pdftotext", "-layout", str(file), "-"],
                capture_output=True,
                check=True,
                text=True,
            )
        except FileNotFoundError:
            pytest.skip("pdftotext is not installed")
    return "".join(read.stdout.split())
