"""JSON bodies of the machine interfaces: bounded in size and depth, whatever is sent."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLarge(APIException):
    status_code = 413
    default_detail = "请求内容过大。"


class JSONBody(JSONParser):
    """Parses JSON. Raises TooLarge, and ParseError for nesting that no caller of ours needs.

    Django's own limit guards forms only: DRF reads the stream itself, to its end.
    """

    largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # bytes

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(self.largest + 1)
        if len(raw) > self.largest:
            raise TooLarge
        try:
            return super().parse(BytesIO(raw), media_type, parser_context)
        except RecursionError as error:
            raise ParseError("请求内容嵌套过深。") from error
