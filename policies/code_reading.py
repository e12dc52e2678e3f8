"""Reading a code at a counter (验码): what it is worth, and as much as the purpose may know.

A rotating code is good once: the table refuses a second valid use of one nonce, whichever of two
counters comes first. Every reading is a row, whatever came of it, which the holder sees. Ages and
paces are those of real time; levels, verdicts and last days those of the business clock.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from policies import codes, entitlements, tokens
from policies.models import CodeUse, Institution, Scope, Subject, SubjectCode, SubjectKind
from portal.core import clock
from portal.core.chinese import masked_name

Outcome = CodeUse.Outcome
# So many readings of one institution within so long; a busy counter makes a few a minute.
PACE, WITHIN = 120, timedelta(minutes=1)

DETAILS: Mapping[str, str] = {
    Outcome.VALID: "有效",
    Outcome.STATIC: "静态码，须核对身份证件",
    Outcome.EXPIRED: f"此码已过期。动态码 {tokens.VALID_FOR} 秒内有效，请持码人刷新后重新出示。",
    Outcome.REPLAYED: "此码已经用过一次，不能重复使用。请持码人刷新后重新出示。",
    Outcome.REVOKED: "此码已注销，不再有效。",
    Outcome.FORGED: "无法识别：不是本平台签发的码，或者内容不完整。请持码人重新出示。",
}
ENTERPRISE_STATIC = "静态码，须核对营业执照"


class OutOfScope(Exception):
    """The institution may not read codes for this purpose, or not at all any more."""


class TooFast(Exception):
    """The institution has read too many codes within a minute; nothing was looked at."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a counter is told. `told` is empty unless the code is good."""

    outcome: str
    detail: str
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return bool(self.told)


@transaction.atomic
def read(*, institution: Institution, scope: str, text: str) -> Answer:
    """Judge what was scanned, use it up, record the reading, and return the answer.

    Raises OutOfScope and TooFast; neither looks at the code.
    """
    # Held: readings at the same moment are paced one by one, and none slips through a new key.
    held = Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    is_let_in = held.is_active and held.key_digest == institution.key_digest
    if not is_let_in or scope not in held.scopes:
        raise OutOfScope
    _check_pace(institution)
    use = CodeUse(institution=institution, scope=scope, at=timezone.now())
    code = _settle(use, text)
    use.code = code
    if not _recorded(use):
        use.outcome, use.nonce = Outcome.REPLAYED, ""
        use.save()
    return _answer(use, code)


def _settle(use: CodeUse, text: str) -> SubjectCode | None:
    """Put the outcome on the use as far as signature, age and code decide it; return the code."""
    use.outcome = Outcome.FORGED
    try:
        token = tokens.read(text)
    except tokens.Forged:
        return None
    code = _code_of(token)
    if code is None:
        return None
    if not codes.is_valid(code, code.subject):
        use.outcome = Outcome.REVOKED
    elif token.is_static:
        use.outcome = Outcome.STATIC
    elif not token.is_fresh(time.time()):
        use.outcome = Outcome.EXPIRED
    else:
        use.outcome, use.nonce = Outcome.VALID, token.nonce
    return code


def _code_of(token: tokens.Token) -> SubjectCode | None:
    """Return the code, locked so that it is not revoked while it is answered for."""
    serial = Q(static_serial=token.serial) if token.is_static else Q(serial=token.serial)
    found = SubjectCode.objects.select_for_update(of=("self",), no_key=True).filter(serial)
    return found.select_related("subject").first()


def _recorded(use: CodeUse) -> bool:
    """Write the use; False where the same token has been used before."""
    try:
        with transaction.atomic():
            use.save()
    except IntegrityError:
        return False
    return True


def _answer(use: CodeUse, code: SubjectCode | None) -> Answer:
    detail = DETAILS[use.outcome]
    if code is None or use.outcome not in {Outcome.VALID, Outcome.STATIC}:
        return Answer(use.outcome, detail)
    is_static, subject = use.outcome == Outcome.STATIC, code.subject
    if is_static and subject.kind == SubjectKind.ENTERPRISE:
        detail = ENTERPRISE_STATIC
    return Answer(use.outcome, detail, _told(subject, use.scope, is_static=is_static))


def _told(subject: Subject, scope: str, *, is_static: bool) -> dict[str, Any]:
    """Return what a purpose may know: who, of which level, and what of this purpose is theirs."""
    today = clock.today()
    if subject.kind == SubjectKind.ENTERPRISE:
        entitled = entitlements.named_for(subject, "", scope, today)
        return {"kind": "enterprise", "name": subject.name, "entitlements": list(entitled)}
    held = codes.recognition(subject)
    level = held.level if held else ""
    told = {
        "kind": "person",
        "name": masked_name(subject.name),
        "level": level,
        "entitlements": list(entitlements.named_for(subject, level, scope, today)),
    }
    if is_static:
        # Without it the counter could not tell whether the card shown is the holder's.
        told["id_tail"] = str(subject.identity.get("id_number", ""))[-4:]
    return told


def _check_pace(institution: Institution) -> None:
    since = timezone.now() - WITHIN
    # Counted no further than the pace, whatever a year of readings has left behind.
    lately = CodeUse.objects.filter(institution=institution, at__gt=since)[:PACE]
    if lately.count() >= PACE:
        raise TooFast


def scope_choices(institution: Institution) -> list[tuple[str, str]]:
    """Return the purposes an institution may choose from, in their order."""
    return [(scope.value, scope.label) for scope in Scope if scope in institution.scopes]
