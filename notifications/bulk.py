"""Telling many people in one statement, for those who write cards and moves by the thousand.

The texts hold nothing personal, so wording and values are written by the database itself; numbers
of telephones are looked up when a message is sent.
"""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from notifications import wording
from notifications.models import Channel

# Takes a relation `told` (event_id, recipient_id, kind, params jsonb, link) of the same statement.
# ON CONFLICT: telling the same event to the same person again changes nothing.
INSERT = """
INSERT INTO notifications_message
    (id, event_id, recipient_id, channel, kind, address, title, template, params, link, state,
     error, provider, provider_ref, created_at, settled_at, due_at, attempts)
SELECT gen_random_uuid(), told.event_id, told.recipient_id, texts.channel, told.kind, '',
       texts.title, texts.template, told.params, told.link,
       CASE texts.channel WHEN 'sms' THEN 'queued' ELSE 'delivered' END, '', '', '',
       %(told_at)s, CASE texts.channel WHEN 'inbox' THEN %(told_now)s::timestamptz END,
       CASE texts.channel WHEN 'sms' THEN %(told_now)s::timestamptz END, 0
FROM told
JOIN accounts_user person ON person.id = told.recipient_id
JOIN unnest(%(told_kinds)s::text[], %(told_channels)s::text[], %(told_titles)s::text[],
            %(told_templates)s::text[]) AS texts (kind, channel, title, template)
  ON texts.kind = told.kind
WHERE texts.channel = 'inbox' OR person.phone <> ''
ON CONFLICT (event_id, recipient_id, channel) DO NOTHING
"""


def params(kinds: Iterable[str], *, at: object) -> dict[str, Any]:
    """Return the parameters of INSERT for messages of some kinds told at a business instant."""
    texts = [
        (kind, channel.value, text.title, wording.template(channel, text))
        for kind in kinds
        for channel in Channel
        if (text := wording.texts().get((kind, channel)))
    ]
    columns = zip(*texts, strict=True)
    told_kinds, channels, titles, templates = (list(column) for column in columns)
    return {
        "told_at": at,
        "told_now": timezone.now(),
        "told_kinds": told_kinds,
        "told_channels": channels,
        "told_titles": titles,
        "told_templates": templates,
    }
