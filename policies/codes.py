"""Talent and enterprise codes (人才码、企业码): issued, shown, replaced and revoked.

A talent code comes with a recognition and goes with it; an enterprise code is issued when a known
enterprise asks. What a picture says is `policies.tokens`, reading one `policies.code_reading`.
"""

from dataclasses import dataclass
from datetime import timedelta

import segno
from django.db import transaction

from policies import tokens
from policies.models import Recognition, Subject, SubjectCode, SubjectKind
from portal.accounts.models import User
from portal.core import clock, ledger

# 33 × 33 modules either way. What is printed may get dirty and carries more to mend it by. The
# quiet zone of 4 (ISO/IEC 18004) is half the picture's own, half the white of the sheet around it.
SHOWN, PRINTED = "m", "q"
QUIET_ZONE = 2
LIFETIME = timedelta(seconds=tokens.VALID_FOR)
REPLACED = "本人换发新码"
NAMES = {SubjectKind.PERSON: "人才码", SubjectKind.ENTERPRISE: "企业码"}


class NotIssued(Exception):
    """There is no code to show, print or replace; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A code as it is shown: the QR picture as SVG, its text, and for how many seconds."""

    svg: str
    token: str
    seconds: int


def in_use(subject: Subject) -> SubjectCode | None:
    """Return the code that can be read today: not revoked and, of a person, still recognised."""
    code = subject.codes.filter(revoked_at=None).first()
    return code if code and is_valid(code, subject) else None


def is_valid(code: SubjectCode, subject: Subject) -> bool:
    """Whether a code may be trusted today; a recognition past its last day ends it by itself."""
    if code.revoked_at is not None:
        return False
    return subject.kind == SubjectKind.ENTERPRISE or recognition(subject) is not None


def recognition(subject: Subject) -> Recognition | None:
    """Return the recognition that holds today, if any."""
    return Recognition.objects.in_force(clock.today()).filter(subject=subject).first()


def issue(subject: Subject, *, by: User | None) -> SubjectCode:
    """Return the subject's code in use, made where there is none; in the caller's transaction."""
    code, is_new = SubjectCode.objects.get_or_create(subject=subject, revoked_at=None)
    if is_new:
        _note("code.issued", code, by)
    return code


@transaction.atomic
def issue_to_enterprise(*, subject_id: int, by: User) -> SubjectCode:
    """Issue the enterprise code to an enterprise known here that asks for it."""
    enterprise = Subject.objects.select_for_update().get(pk=subject_id, kind=SubjectKind.ENTERPRISE)
    return issue(enterprise, by=by)


def revoke(subject: Subject, *, reasons: str, by: User | None) -> None:
    """Make the subject's code void from this moment; in the caller's transaction."""
    # A reading under way holds the row: it is answered before or after, never in between.
    for code in subject.codes.select_for_update().filter(revoked_at=None):
        code.revoked_at, code.reasons = clock.now(), reasons
        code.save(update_fields=["revoked_at", "reasons"])
        _note("code.revoked", code, by)


@transaction.atomic
def replace(*, subject_id: int, by: User) -> SubjectCode:
    """Issue a new code and make the old one void, printed copies included. Raises NotIssued."""
    subject = Subject.objects.select_for_update().get(pk=subject_id)
    if in_use(subject) is None:
        raise NotIssued(f"目前没有可换发的{NAMES[SubjectKind(subject.kind)]}。")
    revoke(subject, reasons=REPLACED, by=by)
    return issue(subject, by=by)


def shown(code: SubjectCode) -> Picture:
    """Return the picture of a fresh token, good for a minute of real time and for one reading."""
    token = tokens.rotating(code.serial)
    return Picture(_svg(token, SHOWN), token, tokens.VALID_FOR)


def printed(code: SubjectCode) -> Picture:
    """Return the picture to be printed; whoever reads it is told to check the identity card."""
    token = tokens.static(code.static_serial)
    return Picture(_svg(token, PRINTED), token, 0)


def _svg(token: str, error: str) -> str:
    picture = segno.make(token, error=error, micro=False, boost_error=False)
    return str(
        picture.svg_inline(
            border=QUIET_ZONE, omitsize=True, svgclass="", lineclass="", light="#fff"
        )
    )


def _note(kind: str, code: SubjectCode, by: User | None) -> None:
    ledger.record(
        ledger.Entry(
            kind,
            subject=f"subject:{code.subject_id}",
            actor_id=by.pk if by else None,
            payload={"code": code.pk},
        )
    )
