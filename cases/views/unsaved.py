"""What was typed but could not be saved (未保存内容): kept in the sealed session until it can be.

A session that ran out must not cost the applicant the form: what was posted waits in the anonymous
session, which sign-in keeps, and stands in the form again afterwards.
"""

from django.http import HttpRequest, QueryDict

UNSAVED = "unsaved"
NOT_KEPT = ("csrfmiddlewaretoken",)


def keep(request: HttpRequest, place: str) -> None:
    """Keep the posted form for a place, such as "form:<case>"."""
    posted = request.POST.copy()
    for name in NOT_KEPT:
        posted.pop(name, None)
    request.session[UNSAVED] = {place: posted.urlencode()}


def kept(request: HttpRequest, place: str) -> QueryDict | None:
    """Return what was kept for a place, none where nothing was."""
    found = request.session.get(UNSAVED, {}).get(place)
    return QueryDict(found) if found else None


def forget(request: HttpRequest, place: str) -> None:
    """Drop what was kept, once it is saved."""
    if kept(request, place):
        del request.session[UNSAVED]
