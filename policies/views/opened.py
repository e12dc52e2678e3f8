"""Which subject a member of staff has looked up by number, and may read for a while.

Our serials are easy to count through; whoever has no number in hand opens nobody's page.
"""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from policies.models import Subject

# Session key: which subject was looked up, and until when (seconds since 1970) it may be read.
OPENED, MINUTES = "subject_looked_up", 30


def remember(request: HttpRequest, subject: Subject) -> None:
    until = timezone.now() + timedelta(minutes=MINUTES)
    request.session[OPENED] = (subject.pk, until.timestamp())


def is_open(request: HttpRequest, subject: Subject) -> bool:
    """Whether a subject was looked up in this session a short while ago."""
    opened, until = request.session.get(OPENED, (0, 0))
    return bool(opened == subject.pk and until >= timezone.now().timestamp())
