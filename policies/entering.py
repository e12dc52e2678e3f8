"""Facts at the window and at the desk: looking a subject up, entering a fact with its proof.

A clerk, who has the papers on the counter, sees and enters every fact. An officer or leader sees
and enters the facts that their own department states: nobody looks further than their task.
Looking somebody up, reading a sealed value and opening a proof stand in the ledger.
"""

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from policies.dictionary import FactDefinition, stated
from policies.models import Subject, SubjectKind
from policies.subjects import MANUAL, FactError, Statement, find, record
from portal.accounts.models import DEPARTMENT_ROLES, Role, User
from portal.core import clock, ledger
from portal.core.files import Asked, stored
from portal.core.ledger import Entry

READERS = (Role.CLERK, *DEPARTMENT_ROLES)
PROOF = Asked("证明文件")
GROUNDS_MAX = 200


def within(user: User, kind: str) -> dict[str, FactDefinition]:
    """Return the facts of a kind of subjects that a member of staff may see and enter, by code."""
    if not user.is_active or user.role not in READERS:
        return {}
    department = user.department.code if user.department else ""
    return {
        one.code: one
        for one in stated()
        if one.applicant in (None, kind)
        and MANUAL in one.sources
        and (user.role == Role.CLERK or department in one.sources)
    }


def require(user: User, subject: Subject, code: str) -> FactDefinition:
    """Return a fact's definition. Raises PermissionDenied where it is not the user's to see."""
    definition = within(user, subject.kind).get(code)
    if definition is None:
        raise PermissionDenied
    return definition


@transaction.atomic
def look_up(*, number: str, actor: User) -> Subject | None:
    """Return the person or the enterprise with a number; that somebody looked stands on record."""
    if not within(actor, SubjectKind.PERSON):
        raise PermissionDenied
    found = find(SubjectKind.PERSON, number) or find(SubjectKind.ENTERPRISE, number)
    about = f"subject:{found.pk}" if found else ""
    ledger.record(Entry("subject.looked_up", None, about, actor.pk))
    return found


@transaction.atomic
def note_read(*, subject: Subject, code: str, actor: User) -> None:
    """Put on record who reads a sealed value or a proof in clear; neither stands there itself."""
    require(actor, subject, code)
    about, payload = f"subject:{subject.pk}", {"facts": [code]}
    ledger.record(Entry("subject.fact_read", None, about, actor.pk, payload=payload))


def enter(
    *,
    subject: Subject,
    code: str,
    value: object,
    as_of: date | None,
    valid_until: date | None,
    grounds: str,
    upload: UploadedFile | None,
    actor: User,
) -> set[str]:
    """Keep a fact that a member of staff has seen proof of; return the codes of what changed.

    Raises FactError (by field: value, grounds, proof …), UnusableFile, PermissionDenied.
    """
    definition = require(actor, subject, code)
    problems = _problems(grounds, upload, valid_until, as_of)
    if problems or upload is None:
        raise FactError(problems)
    statement = Statement(value, as_of, valid_until)
    with stored(upload, PROOF) as file, transaction.atomic():
        try:
            return record(
                subject, {definition.code: statement}, MANUAL, actor, grounds.strip(), file.key
            )
        except FactError as error:
            raise FactError({"value": f"{error.problems[code]}。"}) from error


@transaction.atomic
def withdraw(*, subject: Subject, code: str, grounds: str, actor: User) -> set[str]:
    """Take back what was entered by hand, with the reason; the record of it stays in the ledger.

    Raises FactError without a reason, PermissionDenied.
    """
    require(actor, subject, code)
    if not grounds.strip():
        raise FactError({"grounds": "请写明撤销的理由。"})
    return record(subject, {code: Statement(None)}, MANUAL, actor, grounds.strip())


def _problems(
    grounds: str, upload: UploadedFile | None, valid_until: date | None, as_of: date | None
) -> Mapping[str, str]:
    found = {}
    if not grounds.strip():
        found["grounds"] = "请写明依据，如证件名称和编号。"
    if upload is None:
        found["proof"] = "请上传证明文件。"
    if valid_until and valid_until < clock.today():
        found["valid_until"] = "有效期已过，不能作为现在的情况录入。"
    if as_of and as_of > clock.today():
        found["as_of"] = "截至日期不能晚于今天。"
    return found
