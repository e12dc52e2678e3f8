"""Reading codes by machine: POST /api/codes/verify/ with the institution's key as bearer token."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, ParseError, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from policies import code_reading, institutions
from policies.models import Institution, Scope
from policies.views.code_desk import STATUSES
from portal.accounts.staff import client_address
from portal.core.json_bodies import JSONBody

NO_KEY = "请在 Authorization 请求头中提供用码单位的密钥：Bearer <密钥>。"
WRONG_KEY = "密钥不正确，或者该单位已停用。"
TOO_MANY = "密钥错误次数过多，请稍后再试。"
TOO_FAST = "验码过于频繁，请稍后再试。"
NO_JSON = "请求内容不是有效的 JSON 对象。"
SHAPE = "请提供 code（码的内容，字符串）和 scope（用途：" + "、".join(Scope.values) + "）。"
NOT_YOURS = "本单位没有这个用途。"
RETRY_KEYS, RETRY_READINGS = 15 * 60, 60  # seconds
NOT_KEPT = {"Cache-Control": "no-store"}


class InstitutionKey(BaseAuthentication):
    """The institution stands in `request.auth`; there is no user."""

    def authenticate(self, request: Request) -> tuple[None, Institution]:
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise AuthenticationFailed(NO_KEY)
        try:
            found = institutions.with_key(key.strip(), client_address(request))
        except institutions.WrongKey as error:
            raise AuthenticationFailed(WRONG_KEY) from error
        except institutions.TooManyFailures as error:
            raise _throttled(TOO_MANY, RETRY_KEYS) from error
        return None, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasInstitution(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Institution)


class ShortBody(JSONBody):
    largest = 4096  # bytes; a token and its purpose have about 120


class VerifyCode(APIView):
    """Read one code: JSON {code, scope} in; what the scope may know out.

    200 valid or static, 400 forged, 409 used before, 410 revoked, 422 expired (see `outcome`);
    401 wrong key, 403 not this institution's scope, 413 too large, 429 too fast. `detail` is a
    Chinese sentence.
    """

    authentication_classes = [InstitutionKey]
    permission_classes = [HasInstitution]
    parser_classes = [ShortBody]
    metadata_class = None

    def post(self, request: Request) -> Response:
        code, scope = _stated(request)
        try:
            answer = code_reading.read(institution=request.auth, scope=scope, text=code)
        except code_reading.OutOfScope:
            return Response({"detail": NOT_YOURS}, status=403)
        except code_reading.TooFast as error:
            raise _throttled(TOO_FAST, RETRY_READINGS) from error
        said = {"outcome": answer.outcome, "detail": answer.detail, **answer.told}
        return Response(said, status=STATUSES.get(answer.outcome, 200), headers=NOT_KEPT)


def _stated(request: Request) -> tuple[str, str]:
    """Return code and scope as sent. Raises ParseError for another shape."""
    try:
        body: Any = request.data
    except ParseError as error:
        raise ParseError(NO_JSON) from error
    if not isinstance(body, dict):
        raise ParseError(NO_JSON)
    code, scope = body.get("code"), body.get("scope")
    if not isinstance(code, str) or not isinstance(scope, str) or scope not in Scope.values:
        raise ParseError(SHAPE)
    return code, scope


def _throttled(detail: str, seconds: int) -> Throttled:
    """Return 429 with Retry-After; the sentence is whole without DRF's own addition."""
    error = Throttled(wait=seconds)
    error.detail = detail
    return error
