"""Aliyun SMS (阿里云短信服务, Dysmsapi 2017-05-25) over its signed HTTP interface.

Signature: ACS3-HMAC-SHA256, https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from notifications.channels import wire
from notifications.channels.base import Outcome, Receipt, Sms
from notifications.channels.templated import template_of

VERSION = "2017-05-25"
PAGE = 50
# Codes about the message itself, and those about how much this number has had.
REJECTED = frozenset(
    {
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.MOBILE_COUNT_OVER_LIMIT",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.INVALID_PARAMETERS",
        "isv.INVALID_JSON_PARAM",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.SMS_CONTENT_ILLEGAL",
    }
)
DECLINED = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL"})
# It may have failed after taking the message.
UNSURE = frozenset({"isp.SYSTEM_ERROR", "InternalError", "ServiceUnavailable"})
# SendStatus of a record: 1 waits for the operator's report, 2 failed, 3 arrived.
REPORTED = {1: Outcome.ACCEPTED, 2: Outcome.REJECTED, 3: Outcome.DELIVERED}


class AliyunChannel:
    """Our own id travels as OutId and comes back in records and receipts."""

    name = "aliyun"

    def __init__(self) -> None:
        if not settings.ALIYUN_KEY_ID or not settings.ALIYUN_KEY_SECRET:
            raise ImproperlyConfigured("PORTAL_ALIYUN_KEY_ID and PORTAL_ALIYUN_KEY_SECRET are due.")
        self.url = wire.address(settings.ALIYUN_URL, "PORTAL_ALIYUN_URL")

    def send(self, sms: Sms) -> Receipt:
        template = template_of(sms, self.name)
        if isinstance(template, Receipt):
            return template
        query = {
            "PhoneNumbers": sms.phone,
            "SignName": settings.SMS_SIGNATURE,
            "TemplateCode": template.id,
            "TemplateParam": json.dumps(template.values, ensure_ascii=False),
            "OutId": str(sms.out_id),
        }
        try:
            status, answer = self._ask("SendSms", query)
        except wire.NotReached as error:
            return Receipt(Outcome.UNAVAILABLE, str(error))
        except wire.NoAnswer as error:
            return Receipt(Outcome.UNKNOWN, str(error))
        return sent(status, answer)

    def query(self, sms: Sms) -> Receipt:
        # Records are kept by day of China; an attempt shortly before midnight is in the day before.
        days = {
            timezone.localdate(sms.last_tried - back) for back in (timedelta(0), timedelta(hours=1))
        }
        found = [self._records(sms, f"{day:%Y%m%d}") for day in sorted(days, reverse=True)]
        known = [receipt for receipt in found if receipt.outcome is not Outcome.NOT_FOUND]
        return known[0] if known else Receipt(Outcome.NOT_FOUND)

    def _records(self, sms: Sms, day: str) -> Receipt:
        page = 1
        while True:
            query = {"PhoneNumber": sms.phone, "SendDate": day, "PageSize": str(PAGE)}
            try:
                status, answer = self._ask("QuerySendDetails", {**query, "CurrentPage": str(page)})
            except (wire.NotReached, wire.NoAnswer) as error:
                return Receipt(Outcome.UNKNOWN, str(error))
            if status != 200 or answer.get("Code") != "OK":
                return Receipt(Outcome.UNKNOWN, words(status, answer))
            details = answer.get("SmsSendDetailDTOs") or {}
            records = details.get("SmsSendDetailDTO") or []
            for record in records:
                if record.get("OutId") == str(sms.out_id):
                    outcome = REPORTED.get(record.get("SendStatus"), Outcome.UNKNOWN)
                    return Receipt(outcome, f"运营商报告 {record.get('ErrCode', '')}")
            if len(records) < PAGE:
                return Receipt(Outcome.NOT_FOUND)
            page += 1

    def _ask(self, action: str, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        headers = signed(
            action, query, host=self.url.netloc, nonce=uuid4().hex, moment=datetime.now(UTC)
        )
        return wire.ask(self.url, "POST", f"/?{canonical(query)}", headers)


def sent(status: int, answer: dict[str, Any]) -> Receipt:
    """Return what an answer to SendSms means."""
    code = str(answer.get("Code", ""))
    if status == 200 and code == "OK":
        return Receipt(Outcome.ACCEPTED, ref=str(answer.get("BizId", "")))
    detail = words(status, answer)
    if code in REJECTED:
        return Receipt(Outcome.REJECTED, detail)
    if code in DECLINED:
        return Receipt(Outcome.DECLINED, detail)
    if code in UNSURE or (not code and status not in {429, 503}):
        return Receipt(Outcome.UNKNOWN, detail)
    # Too fast, out of money, a wrong key, a template not approved: another day it is taken.
    return Receipt(Outcome.UNAVAILABLE, detail)


def words(status: int, answer: dict[str, Any]) -> str:
    code = answer.get("Code")
    return f"阿里云应答 {code}" if code else f"阿里云应答 HTTP {status}"


def canonical(query: Mapping[str, str]) -> str:
    """Return the query as it is signed and sent: sorted, encoded by RFC 3986."""
    return "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items()))


def signed(
    action: str,
    query: Mapping[str, str],
    *,
    host: str,
    nonce: str,
    moment: datetime,
    version: str = VERSION,
) -> dict[str, str]:
    """Return the headers of a request without a body, its signature among them."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join(["POST", "/", canonical(query), lines, names, empty])
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(settings.ALIYUN_KEY_SECRET.encode(), to_sign.encode(), hashlib.sha256)
    credential = f"Credential={settings.ALIYUN_KEY_ID},SignedHeaders={names}"
    authorization = f"ACS3-HMAC-SHA256 {credential},Signature={signature.hexdigest()}"
    return {**headers, "Authorization": authorization}
