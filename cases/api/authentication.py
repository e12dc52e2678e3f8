"""Who asks by machine: the same session as in the pages."""

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class SignedIn(SessionAuthentication):
    """The session, with 401 for whoever has none: 403 is for those who may not."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
