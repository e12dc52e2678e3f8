"""Tencent Cloud SMS (腾讯云短信, API 2021-01-11) over its signed HTTP interface.

Signature: TC3-HMAC-SHA256, https://cloud.tencent.com/document/api/382/52072
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from notifications.channels import wire
from notifications.channels.base import Outcome, Receipt, Sms
from notifications.channels.templated import template_of

VERSION = "2021-01-11"
CONTENT_TYPE = "application/json; charset=utf-8"
LIMIT = 100
# A report comes within 72 hours; until then a message without one may still be under way.
REPORTED_WITHIN = timedelta(hours=72)
BEFORE = timedelta(hours=2)

REJECTED = (
    "FailedOperation.ContainSensitiveWord",
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    "InvalidParameterValue.IncorrectPhoneNumber",
    "InvalidParameterValue.TemplateParameter",
    "InvalidParameterValue.ContentLengthLimit",
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
    "UnsupportedOperation",
)
DECLINED = ("LimitExceeded.PhoneNumber", "LimitExceeded.DeliveryFrequencyLimit")
UNSURE = ("InternalError",)


class TencentChannel:
    """Our own id travels as SessionContext; receipts come back under the serial number."""

    name = "tencent"

    def __init__(self) -> None:
        needed = ("TENCENT_SECRET_ID", "TENCENT_SECRET_KEY", "TENCENT_APP_ID")
        if missing := [f"PORTAL_{name}" for name in needed if not getattr(settings, name)]:
            raise ImproperlyConfigured(f"{', '.join(missing)} must be set.")
        self.url = wire.address(settings.TENCENT_URL, "PORTAL_TENCENT_URL")

    def send(self, sms: Sms) -> Receipt:
        template = template_of(sms, self.name)
        if isinstance(template, Receipt):
            return template
        body = {
            "PhoneNumberSet": [f"+86{sms.phone}"],
            "SmsSdkAppId": settings.TENCENT_APP_ID,
            "SignName": settings.SMS_SIGNATURE,
            "TemplateId": template.id,
            "TemplateParamSet": list(template.values.values()),
            "SessionContext": str(sms.out_id),
        }
        try:
            status, answer = self._ask("SendSms", body)
        except wire.NotReached as error:
            return Receipt(Outcome.UNAVAILABLE, str(error))
        except wire.NoAnswer as error:
            return Receipt(Outcome.UNKNOWN, str(error))
        return sent(status, answer)

    def query(self, sms: Sms) -> Receipt:
        """Look for the operator's report: Tencent keeps no record before there is one."""
        now = timezone.now()
        body = {
            "BeginTime": int((sms.last_tried - BEFORE).timestamp()),
            "EndTime": int(min(now, sms.last_tried + REPORTED_WITHIN).timestamp()),
            "Offset": 0,
            "Limit": LIMIT,
            "PhoneNumber": f"+86{sms.phone}",
            "SmsSdkAppId": settings.TENCENT_APP_ID,
        }
        try:
            status, answer = self._ask("PullSmsSendStatusByPhoneNumber", body)
        except (wire.NotReached, wire.NoAnswer) as error:
            return Receipt(Outcome.UNKNOWN, str(error))
        if status != 200 or "PullSmsSendStatusSet" not in answer:
            return Receipt(Outcome.UNKNOWN, words(status, code_of(answer)))
        for report in answer["PullSmsSendStatusSet"] or []:
            if is_about(report, sms):
                return reported(report)
        if now - sms.last_tried > REPORTED_WITHIN:
            return Receipt(Outcome.NOT_FOUND)
        return Receipt(Outcome.UNKNOWN, "腾讯云尚无回执")

    def _ask(self, action: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        payload = json.dumps(body, ensure_ascii=False).encode()
        moment = int(timezone.now().timestamp())
        headers = {
            **signed("sms", self.url.netloc, payload, moment),
            "X-TC-Action": action,
            "X-TC-Version": VERSION,
            "X-TC-Timestamp": str(moment),
            "X-TC-Region": settings.TENCENT_REGION,
        }
        status, answer = wire.ask(self.url, "POST", "/", headers, payload)
        response = answer.get("Response")
        return status, response if isinstance(response, dict) else {}


def sent(status: int, answer: dict[str, Any]) -> Receipt:
    """Return what an answer to SendSms means; an error may stand above or beside the number."""
    statuses = answer.get("SendStatusSet") or [{}]
    code = code_of(answer) or str(statuses[0].get("Code", ""))
    if status == 200 and code == "Ok":
        return Receipt(Outcome.ACCEPTED, ref=str(statuses[0].get("SerialNo", "")))
    detail = words(status, code)
    if code.startswith(REJECTED):
        return Receipt(Outcome.REJECTED, detail)
    if code.startswith(DECLINED):
        return Receipt(Outcome.DECLINED, detail)
    if code.startswith(UNSURE) or (not code and status not in {429, 503}):
        return Receipt(Outcome.UNKNOWN, detail)
    # Too fast, out of money, a wrong key, a template not approved: another day it is taken.
    return Receipt(Outcome.UNAVAILABLE, detail)


def is_about(report: dict[str, Any], sms: Sms) -> bool:
    if sms.ref:
        return report.get("SerialNo") == sms.ref
    return report.get("SessionContext") == str(sms.out_id)


def reported(report: dict[str, Any]) -> Receipt:
    ref = str(report.get("SerialNo", ""))
    if report.get("ReportStatus") == "SUCCESS":
        return Receipt(Outcome.DELIVERED, ref=ref)
    return Receipt(Outcome.REJECTED, "运营商报告发送失败", ref=ref)


def code_of(answer: dict[str, Any]) -> str:
    error = answer.get("Error")
    return str(error.get("Code", "")) if isinstance(error, dict) else ""


def words(status: int, code: str) -> str:
    return f"腾讯云应答 {code}" if code else f"腾讯云应答 HTTP {status}"


def signed(service: str, host: str, payload: bytes, moment: int) -> dict[str, str]:
    """Return the headers that a signature covers, and the signature."""
    day = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
    names = "content-type;host"
    digest = hashlib.sha256(payload).hexdigest()
    lines = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    request = "\n".join(["POST", "/", "", lines, names, digest])
    scope = f"{day}/{service}/tc3_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = f"TC3{settings.TENCENT_SECRET_KEY}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    to_sign = f"TC3-HMAC-SHA256\n{moment}\n{scope}\n{hashed}"
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={settings.TENCENT_SECRET_ID}/{scope}, SignedHeaders={names}"
    return {
        "Content-Type": CONTENT_TYPE,
        "Host": host,
        "Authorization": f"TC3-HMAC-SHA256 {credential}, Signature={signature}",
    }
