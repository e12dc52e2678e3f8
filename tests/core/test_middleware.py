"""What a person sees when the portal itself cannot answer."""

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from portal.accounts import session_limits
from portal.core.sessions import SessionStore


@pytest.fixture
def visitor(db: None) -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("error", [OperationalError("refused"), InterfaceError("closed")])
@pytest.mark.parametrize(
    ("place", "name"),
    [(SessionStore, "load"), (session_limits, "check"), (SessionStore, "save")],
)
def test_an_outage_wherever_it_strikes_is_a_page_that_says_try_again(
    visitor: Client,
    admin_user: Any,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    error: Exception,
) -> None:
    def struck(*args: Any, **kwargs: Any) -> None:
        raise error

    visitor.force_login(admin_user)
    monkeypatch.setattr(place, name, struck)

    response = visitor.get("/inbox/")

    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert "请稍后" in response.content.decode()
    assert str(error) not in response.content.decode()


def test_other_errors_get_the_page_of_their_own(
    visitor: Client, admin_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.force_login(admin_user)
    monkeypatch.delattr(session_limits, "check")

    response = visitor.get("/inbox/")

    assert response.status_code == 500
    assert "没有完成" in response.content.decode()


def test_an_address_for_forms_opened_by_hand_says_so(visitor: Client, admin_user: Any) -> None:
    visitor.force_login(admin_user)

    response = visitor.get("/inbox/read/")

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "不能直接打开" in response.content.decode()
    assert visitor.put("/inbox/").content == b""
