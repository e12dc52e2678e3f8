"""Sessions as they lie in the database, and what a cookie may name."""

import pytest
from django.contrib.sessions.models import Session

from portal.core.sessions import SessionStore

pytestmark = pytest.mark.django_db


def test_what_a_session_holds_cannot_be_read_in_the_database() -> None:
    session = SessionStore()
    session["phone"] = "13800000001"
    session.save()

    stored = Session.objects.get(pk=session.session_key).session_data
    assert "13800000001" not in stored
    assert SessionStore(session.session_key)["phone"] == "13800000001"


@pytest.mark.parametrize("key", ["\0" * 12, "abcdefgh\0", "short", "../../etc/passwd"])
def test_a_key_that_was_never_made_means_no_session(key: str) -> None:
    session = SessionStore(key)

    assert session.session_key is None
    assert session.load() == {}
