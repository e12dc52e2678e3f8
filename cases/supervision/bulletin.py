"""The monthly bulletin's way (月度通报): drafted after the month, gone over, published, sent.

A draft shows the figures as they stand. Publishing freezes them as a document; after that only a
correction, a new edition with its reasons, says anything else, and the old one stays readable.
"""

import hashlib
import json
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min
from django.urls import reverse

from cases import calendar
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Bulletin, BulletinState, Case
from cases.moves import move, require_role
from cases.supervision.bulletin_document import Document, frozen, stored
from cases.supervision.bulletin_figures import collect
from cases.supervision.bulletin_words import generated
from cases.supervision.scope import month_before, month_of
from cases.working_time import civil_day
from notifications.sending import Notice, tell
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.chinese import day_words, month_words
from portal.core.ledger import Entry, Event, record

MOST_MISSED = 12  # months that an outage may have swallowed
LONGEST_TEXT = 20_000


# ---- what it says -------------------------------------------------------------------------------


def document_of(bulletin: Bulletin) -> Document:
    """Return the frozen document, or for a draft the figures as they stand now.

    Raises UnknownVersion.
    """
    if bulletin.is_draft:
        return collect(bulletin.month, now=clock.now())
    return stored(bulletin)


def text_of(bulletin: Bulletin, document: Document) -> str:
    """Return the text as a supervisor left it, or as the figures write it."""
    return bulletin.text or generated(document)


# ---- drafts -------------------------------------------------------------------------------------


@transaction.atomic
def make_draft(*, month: date, supervisor: User) -> Bulletin:
    """Return the first draft of a month's bulletin.

    Raises Incomplete for a month that is not over, AlreadyHandled where there is one already.
    """
    require_role(supervisor, Role.SUPERVISOR)
    _require_over(month)
    draft = _draft(month.replace(day=1), supervisor)
    if draft is None:
        raise AlreadyHandled(f"{month_words(month)}已有通报，需要修改的请在其中更正。")
    return draft


def make_due_drafts() -> list[Bulletin]:
    """Make the drafts that are due from the first working day of a month on, and return them.

    Beat calls this; a second beat makes no second draft. After an outage the months that were
    missed since the last bulletin follow, too. Supervisors are told.
    """
    return [draft for month in _due_months() if (draft := _draft(month))]


def _due_months() -> list[date]:
    """Return the months that have no bulletin yet and should, oldest first.

    Without any bulletin that is the last month, unless it was over before the first case.
    """
    today, working_days = clock.today(), calendar.current()
    if clock.now() < working_days.opening(working_days.next_working(today.replace(day=1))):
        return []
    last = month = month_before(today)
    first = Case.objects.aggregate(first=Min("submitted_at"))["first"]
    if first is None or civil_day(first) > month_of(last).end:
        return []
    newest = Bulletin.objects.order_by("-month").values_list("month", flat=True).first()
    begin, missed = newest or month_before(last), list[date]()
    while month > begin and len(missed) < MOST_MISSED:
        missed.append(month)
        month = month_before(month)
    return missed[::-1]


@transaction.atomic
def _draft(month: date, actor: User | None = None) -> Bulletin | None:
    """Return a new first edition; none where the month has a bulletin already."""
    try:
        with transaction.atomic():
            draft = Bulletin.objects.create(month=month, made_at=clock.now())
    except IntegrityError:
        return None
    event = _record(draft, "bulletin.drafted", actor)
    if actor is None:
        _tell(draft, event, [Role.SUPERVISOR])
    return draft


@transaction.atomic
def edit(*, bulletin_id: int, supervisor: User, text: str) -> Bulletin:
    """Return the draft with its text replaced; an empty one is written by the figures again."""
    require_role(supervisor, Role.SUPERVISOR)
    bulletin = _locked_draft(bulletin_id)
    bulletin.text = text.replace("\r\n", "\n").strip()[:LONGEST_TEXT]
    bulletin.save(update_fields=["text"])
    _record(bulletin, "bulletin.edited", supervisor)
    return bulletin


@transaction.atomic
def discard(*, bulletin_id: int, supervisor: User) -> Bulletin:
    """Give up the draft of a correction and return it.

    Raises AlreadyHandled for a first edition and once it is published.
    """
    require_role(supervisor, Role.SUPERVISOR)
    bulletin = _locked_draft(bulletin_id)
    if bulletin.edition == 1:
        raise AlreadyHandled("首次起草的通报不能作废，请修改后发布。")
    _record(bulletin, "bulletin.discarded", supervisor)
    Bulletin.objects.filter(pk=bulletin.pk).delete()
    return bulletin


# ---- published and sent -------------------------------------------------------------------------


@transaction.atomic
def publish(*, bulletin_id: int, supervisor: User) -> Bulletin:
    """Return the bulletin published: figures and text frozen as they stand.

    The ledger keeps a digest of them. Raises AlreadyHandled where somebody has published it,
    Incomplete where the clock stands before the end of the month.
    """
    require_role(supervisor, Role.SUPERVISOR)
    bulletin = Bulletin.objects.locked(bulletin_id)
    move(bulletin.publish, "该通报已经发布，请查看最新状态。")
    _require_over(bulletin.month)
    document = collect(bulletin.month, now=clock.now())
    bulletin.text = text_of(bulletin, document)
    bulletin.figures = frozen(document)
    bulletin.published_at = document.as_of
    bulletin.published_by = supervisor
    bulletin.save(update_fields=["state", "text", "figures", "published_at", "published_by"])
    _record(bulletin, "bulletin.published", supervisor, digest=digest_of(bulletin))
    return bulletin


@transaction.atomic
def send(*, bulletin_id: int, supervisor: User) -> Bulletin:
    """Return the bulletin sent: every department leader and supervisor is told.

    Raises AlreadyHandled for a draft, one that was sent before, or one that has been corrected.
    """
    require_role(supervisor, Role.SUPERVISOR)
    bulletin = Bulletin.objects.locked(bulletin_id)
    if _newest(bulletin, published=True) != bulletin.edition and not bulletin.is_draft:
        raise AlreadyHandled("该通报已有更正版，请发送更正版。")
    otherwise = "请先发布，再发送。" if bulletin.is_draft else "该通报已经发送过，不能重复发送。"
    move(bulletin.send, otherwise)
    bulletin.sent_at, bulletin.sent_by = clock.now(), supervisor
    bulletin.save(update_fields=["state", "sent_at", "sent_by"])
    event = _record(bulletin, "bulletin.sent", supervisor)
    _tell(bulletin, event, [Role.LEADER, Role.SUPERVISOR])
    return bulletin


@transaction.atomic
def correct(*, bulletin_id: int, supervisor: User, reasons: str) -> Bulletin:
    """Return the draft of a new edition that corrects a published bulletin.

    A text that a supervisor had changed is taken over, another is written anew. Raises Incomplete
    without reasons, AlreadyHandled for a draft or where a newer edition is under way or published.
    """
    require_role(supervisor, Role.SUPERVISOR)
    if not reasons.strip():
        raise Incomplete({"reasons": "请写明更正的原因和内容。"})
    bulletin = Bulletin.objects.locked(bulletin_id)
    if bulletin.is_draft:
        raise AlreadyHandled("草稿可以直接修改，不需要更正。")
    if _newest(bulletin) != bulletin.edition:
        raise AlreadyHandled("该通报已有更正版，请在更正版中修改。")
    own_words = bulletin.text != generated(stored(bulletin))
    edition = Bulletin.objects.create(
        month=bulletin.month,
        edition=bulletin.edition + 1,
        correction=reasons.strip(),
        text=bulletin.text if own_words else "",
        made_at=clock.now(),
    )
    _record(edition, "bulletin.corrected", supervisor)
    return edition


def digest_of(bulletin: Bulletin) -> str:
    """Return the digest by which a published bulletin can be compared with the ledger (SHA-256)."""
    content = json.dumps([bulletin.figures, bulletin.text], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


# ---- parts --------------------------------------------------------------------------------------


def is_over(month: date) -> bool:
    return clock.today() > month_of(month).end


def _require_over(month: date) -> None:
    if not is_over(month):
        end = day_words(month_of(month).end)
        raise Incomplete({"month": f"{month_words(month)}尚未结束，{end}以后才能通报。"})


def _locked_draft(bulletin_id: int) -> Bulletin:
    bulletin = Bulletin.objects.locked(bulletin_id)
    if not bulletin.is_draft:
        raise AlreadyHandled("该通报已经发布，不能修改；需要修改的请更正。")
    return bulletin


def _newest(bulletin: Bulletin, *, published: bool = False) -> int:
    editions = Bulletin.objects.filter(month=bulletin.month)
    if published:
        editions = editions.exclude(state=BulletinState.DRAFT)
    return editions.order_by("-edition").values_list("edition", flat=True).first() or 0


def _record(bulletin: Bulletin, kind: str, actor: User | None, **more: Any) -> Event:
    return record(
        Entry(
            kind,
            subject=bulletin.subject,
            actor_id=actor.pk if actor else None,
            payload={
                "month": f"{bulletin.month:%Y-%m}",
                "edition": bulletin.edition,
                **more,
            },
        )
    )


def _tell(bulletin: Bulletin, event: Event, roles: list[Role]) -> None:
    readers = User.objects.filter(is_active=True, role__in=roles).order_by("pk")
    link = reverse("cases:bulletin", args=[bulletin.pk])
    params = {"bulletin": str(bulletin)}
    tell(Notice(event, reader, event.kind, params, link) for reader in readers)
