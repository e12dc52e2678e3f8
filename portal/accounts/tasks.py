"""Housekeeping of sign-in: what nobody needs any more is taken away once a day."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from portal.accounts.models import SignInCode

# Limits look back one day at most; the trace of failed sign-ins is kept for half a year
# (网络安全法 art. 21: network logs for no less than six months).
CODES_KEPT = timedelta(days=2)
LOGS_KEPT = timedelta(days=185)


@shared_task(name="portal.accounts.tasks.tidy_up")
def tidy_up() -> None:
    """Delete sessions and codes that ran out, and sign-in logs past their term; real time."""
    moment = timezone.now()
    Session.objects.filter(expire_date__lt=moment).delete()
    SignInCode.objects.filter(sent_at__lt=moment - CODES_KEPT).delete()
    for log in (AccessAttempt, AccessFailureLog, AccessLog):
        log.objects.filter(attempt_time__lt=moment - LOGS_KEPT).delete()
