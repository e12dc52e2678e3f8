"""Telling many people in one statement, for those who write cards and moves by the thousand.

The texts hold nothing personal, so wording and values are written by the database itself; numbers
of telephones are looked up when a message is sent.
"""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from notifications import pacing, wording
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
       texts.due_at, 0
FROM told
JOIN accounts_user person ON person.id = told.recipient_id
JOIN unnest(%(told_kinds)s::text[], %(told_channels)s::text[], %(told_titles)s::text[],
            %(told_templates)s::text[], %(told_dues)s::timestamptz[])
  AS texts (kind, channel, title, template, due_at)
  ON texts.kind = told.kind
WHERE texts.channel = 'inbox' OR person.phone <> ''
ON CONFLICT (event_id, recipient_id, channel) DO NOTHING
"""

# Values for `params` as wording.shown writes them: a day, an instant, a text. Fill in the SQL.
DAY_WORDS = 'to_char({} AT TIME ZONE \'Asia/Shanghai\', \'FMYYYY"年"FMMM"月"FMDD"日"\')'
INSTANT_WORDS = 'to_char({} AT TIME ZONE \'Asia/Shanghai\', \'FMYYYY"年"FMMM"月"FMDD"日"HH24:MI\')'
TEXT_WORDS = "rtrim({}, '。')"


def params(kinds: Iterable[str], *, at: object) -> dict[str, Any]:
    """Return the parameters of INSERT for messages of some kinds told at a business instant."""
    texts = [
        (kind, channel.value, text.title, wording.template(channel, text))
        for kind in kinds
        for channel in Channel
        if (text := wording.texts().get((kind, channel)))
    ]
    told_kinds, channels, titles, templates = (
        [text[column] for text in texts] for column in range(4)
    )
    moment = timezone.now()
    return {
        "told_at": at,
        "told_now": moment,
        "told_kinds": told_kinds,
        "told_channels": channels,
        "told_titles": titles,
        "told_templates": templates,
        "told_dues": [
            pacing.due(kind, moment) if channel == Channel.SMS else None
            for kind, channel in zip(told_kinds, channels, strict=True)
        ],
    }
