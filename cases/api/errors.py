"""How the interface says no: a status and a Chinese sentence in `detail`."""

from typing import Any

from django.http import Http404
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.response import Response
from rest_framework.views import exception_handler

from cases.errors import AlreadyHandled

NOT_SIGNED_IN = "未登录或登录已过期，请先登录。"
NOT_FOUND = "没有这项内容，或者您无权查看。"


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to what a view raised; what is not foreseen stays an error."""
    if isinstance(error, AlreadyHandled):
        return Response({"detail": str(error)}, status=409)
    if isinstance(error, Http404):
        error = NotFound(NOT_FOUND)
    if isinstance(error, NotAuthenticated):
        error.detail = NOT_SIGNED_IN
    return exception_handler(error, context)
