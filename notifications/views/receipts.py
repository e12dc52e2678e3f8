"""Addresses to which providers push receipts; each proves itself by a secret, none is signed in."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications import receipts
from notifications.receipts import Effect, Report

Parse = Callable[[dict[str, Any]], Report]


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def gateway(request: HttpRequest) -> HttpResponse:
    """Take receipts of the HTTP gateway, signed in X-Signature; 404 where it knows none of them."""
    if not receipts.is_signed(request.body, request.headers.get("X-Signature", "")):
        return JsonResponse({"error": "signature"}, status=403)
    try:
        effects = receipts.note("http", receipts.read(request.body, receipts.of_gateway))
    except receipts.Malformed as error:
        return JsonResponse({"error": str(error)}, status=400)
    if Effect.EARLY in effects:
        return JsonResponse({"error": "try again"}, status=503)
    unknown = bool(effects) and set(effects) == {Effect.STRANGER}
    return JsonResponse({"noted": effects.count(Effect.NOTED)}, status=404 if unknown else 200)


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def aliyun(request: HttpRequest, token: str) -> HttpResponse:
    """Take receipts of Aliyun, which repeats them until the code is 0."""
    return _pushed(request, token, "aliyun", receipts.of_aliyun, ("code", "msg", "接收成功"))


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def tencent(request: HttpRequest, token: str) -> HttpResponse:
    """Take receipts of Tencent, which expects the result 0."""
    return _pushed(request, token, "tencent", receipts.of_tencent, ("result", "errmsg", "OK"))


def _pushed(
    request: HttpRequest, token: str, provider: str, parse: Parse, words: tuple[str, str, str]
) -> HttpResponse:
    """Answer in the provider's own words; a message that is not ours is no reason to repeat it."""
    if not receipts.is_known_token(token):
        raise Http404
    code, message, ok = words
    try:
        effects = receipts.note(provider, receipts.read(request.body, parse))
    except receipts.Malformed as error:
        return JsonResponse({code: 1, message: str(error)}, status=400)
    if Effect.EARLY in effects:
        return JsonResponse({code: 2, message: "try again"})
    return JsonResponse({code: 0, message: ok})
