"""django-allauth's adapter: phones live on the portal's users, codes go out as messages."""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from notifications import wording
from notifications.models import Channel, Message
from portal.accounts import sign_in
from portal.accounts.models import User
from portal.core import ledger

KIND = "sign_in.code"


@transaction.atomic
def send_code(phone: str) -> sign_in.IssuedCode:
    """Make a sign-in code and queue its message. Raises CodeRefused where none may be sent now."""
    issued = sign_in.issue_code(phone)
    params = {"code": issued.code, "minutes": int(sign_in.VALID_FOR.total_seconds() // 60)}
    told = wording.filled(KIND, Channel.SMS, params)
    assert told  # noqa: S101 - shipped with the portal, and a test walks all kinds
    Message.objects.create(
        event=ledger.record(ledger.Entry(KIND)),
        channel=Channel.SMS,
        kind=KIND,
        address=phone,
        template=told.template,
        sealed=dict(told.values),  # type: ignore[misc]
        # Somebody waits for it: a code goes before everything that is queued.
        due_at=timezone.now() - timedelta(days=1),
        expires_at=timezone.now() + sign_in.VALID_FOR,
    )
    return issued


class AccountAdapter(DefaultAccountAdapter):
    """What django-allauth asks of the portal; numbers known and unknown take the same path."""

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing of its own: the portal's pages say what has happened."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # a new number registers by signing in

    def generate_phone_verification_code(self, *, user: Any, phone: str) -> str:
        return ""  # codes are made and kept in the database, never in the session

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **kwargs: Any) -> None:
        self._send(phone)

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        self._send(phone)

    def _send(self, phone: str) -> None:
        self.request.session[sign_in.CODE_KEY] = str(send_code(phone).id)

    def get_user_by_phone(self, phone: str) -> User | None:
        return sign_in.applicant_with_phone(phone)

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        user.phone, user.phone_verified = phone, verified
        user.save(update_fields=["phone", "phone_verified"])

    def set_phone_verified(self, user: Any, phone: str) -> None:
        if not user.phone_verified:
            user.phone_verified = True
            user.save(update_fields=["phone_verified"])
