"""Database sessions whose content is sealed: a sign-in in progress holds a phone number."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.core import signing

from portal.core import crypto

CONTEXT = "django_session.session_data"


class SessionStore(DatabaseSessionStore):
    """Django's database sessions, encrypted at rest."""

    def _validate_session_key(self, key: str | None) -> bool:
        # A key as Django makes them; a cookie with a NUL in it would be an error in the database.
        return bool(key) and super()._validate_session_key(key) and str(key).isalnum()  # type: ignore[misc]

    def encode(self, session_dict: dict[str, Any]) -> str:
        return crypto.seal(super().encode(session_dict), CONTEXT)

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        try:
            return super().decode(crypto.unseal(str(session_data), CONTEXT))
        except (crypto.DecryptionError, ValueError, signing.BadSignature):
            return {}
