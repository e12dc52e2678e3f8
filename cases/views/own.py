"""What the signed-in applicant may reach: their own cases and nothing else."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from cases.models import Case
from cases.models.case import CaseQuerySet
from portal.accounts.permissions import user_of


def own_cases(request: HttpRequest) -> CaseQuerySet:
    user = user_of(request)
    return Case.objects.visible_to(user).filter(applicant=user)


def own_case(request: HttpRequest, pk: UUID) -> Case:
    """Return a case of the signed-in applicant. Raises Http404 for anybody else's."""
    return get_object_or_404(own_cases(request).select_related("one_thing", "applicant"), pk=pk)


def is_scripted(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of the page."""
    return bool(getattr(request, "htmx", False))
