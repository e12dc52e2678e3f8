"""What sign-in leaves behind is taken away when its time is over."""

from datetime import timedelta

import pytest
from axes.models import AccessFailureLog
from django.contrib.sessions.models import Session
from django.utils import timezone

from portal.accounts.models import SignInCode
from portal.accounts.tasks import CODES_KEPT, LOGS_KEPT, tidy_up

pytestmark = pytest.mark.django_db


def test_only_what_ran_out_is_deleted() -> None:
    moment, hour = timezone.now(), timedelta(hours=1)
    for key, expires in (("old", moment - hour), ("live", moment + hour)):
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
    for sent in (moment - CODES_KEPT - hour, moment - hour):
        SignInCode.objects.create(phone_index="x", digest="x", sent_at=sent, expires_at=sent + hour)
    for username, at in (("old", moment - LOGS_KEPT - hour), ("live", moment - hour)):
        log = AccessFailureLog.objects.create(username=username)
        AccessFailureLog.objects.filter(pk=log.pk).update(attempt_time=at)

    tidy_up()

    assert [session.session_key for session in Session.objects.all()] == ["live"]
    assert [code.sent_at for code in SignInCode.objects.all()] == [moment - hour]
    assert [log.username for log in AccessFailureLog.objects.all()] == ["live"]
