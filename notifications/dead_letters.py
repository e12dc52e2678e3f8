"""Dead letters (未送达短信): text messages given up on, and sending them once more."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from notifications import pacing
from notifications.models import Message, MessageState
from portal.accounts.models import User
from portal.core.ledger import Entry, record_many


@transaction.atomic
def resend(*, by: User, ids: list[UUID] | None = None) -> int:
    """Queue dead letters once more, all of them or those named, and return how many.

    Doing so again changes nothing. What a provider may have taken is asked about before it is sent.
    """
    dead = Message.objects.dead()
    chosen = dead if ids is None else dead.filter(pk__in=ids)
    letters = list(chosen.order_by("pk").select_for_update(no_key=True, of=("self",)))
    moment = timezone.now()
    for letter in letters:
        _queue(letter)
        letter.due_at = pacing.due(letter.kind, moment)
    Message.objects.bulk_update(
        letters, ["state", "due_at", "attempts", "provider_ref", "settled_at"], batch_size=500
    )
    record_many(
        Entry(
            "message.resent",
            subject=f"message:{letter.pk}",
            actor_id=by.pk,
            payload={"kind": letter.kind},
        )
        for letter in letters
    )
    return len(letters)


def _queue(letter: Message) -> None:
    letter.attempts = 0
    if letter.state == MessageState.FAILED:
        # It certainly did not arrive: it starts anew, under a new number of the provider.
        letter.state, letter.provider_ref, letter.settled_at = MessageState.QUEUED, "", None
