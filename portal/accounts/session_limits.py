"""How long a signed-in session lasts: idle and in all, by role, in real time."""

import time
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from portal.accounts.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]

APPLICANT_LIMITS = (timedelta(minutes=30), timedelta(hours=12))
STAFF_LIMITS = (timedelta(minutes=15), timedelta(hours=10))
# The moment of the last request is stored to this precision, to spare a write per request.
PRECISION = timedelta(seconds=30)

# A page that asks for news by itself says so with this header: nobody has used the session then.
POLL_HEADER = "X-Portal-Poll"
BEGAN_KEY = "began"
SEEN_KEY = "seen"
TIMED_OUT_KEY = "timed_out"


class SessionLimits:
    """Sign out who was idle too long or signed in too long ago.

    15 minutes and 10 hours for staff, 30 minutes and 12 hours for applicants.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            check(request, request.user)
        return self.get_response(request)


def check(request: HttpRequest, user: User) -> None:
    """Sign the user out where the session is over, else note that it was used."""
    moment = time.time()
    idle, absolute = APPLICANT_LIMITS if user.is_applicant else STAFF_LIMITS
    session = request.session
    if BEGAN_KEY not in session:
        session[BEGAN_KEY] = session[SEEN_KEY] = moment
    unused = moment - session[SEEN_KEY]
    if unused > idle.total_seconds() or moment - session[BEGAN_KEY] > absolute.total_seconds():
        logout(request)
        request.session[TIMED_OUT_KEY] = True
    elif unused > PRECISION.total_seconds() and POLL_HEADER not in request.headers:
        session[SEEN_KEY] = moment
