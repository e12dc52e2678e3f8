"""What was typed but could not be saved (未保存内容): kept in the sealed session until it can be.

A session that ran out must not cost the applicant the form: what was posted waits in the anonymous
session, which sign-in keeps, and stands in the form again afterwards.
"""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from cases.views.own import is_scripted

UNSAVED = "unsaved"
NOT_KEPT = ("csrfmiddlewaretoken",)
# Nobody is signed in when it is kept: enough for the longest form, too little to fill a disk.
LONGEST_KEPT = 500_000


def keep(request: HttpRequest, place: str) -> None:
    """Keep the posted form for a place, such as "form:<case>"."""
    posted = request.POST.copy()
    for name in NOT_KEPT:
        posted.pop(name, None)
    kept_form = posted.urlencode()
    if len(kept_form) <= LONGEST_KEPT:
        request.session[UNSAVED] = {place: kept_form}


def sign_in_first(request: HttpRequest, place: str, address: str) -> HttpResponse:
    """Keep what was posted too late for a place; after signing in again `address` shows it."""
    keep(request, place)
    if is_scripted(request):
        return render(request, "cases/_signed_out.html", {"next": address}, status=401)
    return redirect_to_login(address)


def kept(request: HttpRequest, place: str) -> QueryDict | None:
    """Return what was kept for a place, none where nothing was."""
    found = request.session.get(UNSAVED, {}).get(place)
    return QueryDict(found) if found else None


def forget(request: HttpRequest, place: str) -> None:
    """Drop what was kept, once it is saved."""
    if kept(request, place):
        del request.session[UNSAVED]
