"""Demo and test: nothing is sent; a line in the log and one in PORTAL_DATA/outbox.log."""

import json
import logging
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from notifications.channels.base import Outcome, Receipt, Sms

logger = logging.getLogger("portal.sms")


class ConsoleChannel:
    """Takes every message; the file holds ids and masked numbers, texts are at /dev/messages/."""

    name = "console"

    def __init__(self) -> None:
        self.outbox: Path = settings.PORTAL_DATA / "outbox.log"

    def send(self, sms: Sms) -> Receipt:
        masked = f"{sms.phone[:3]}****{sms.phone[-4:]}"
        logger.info("SMS %s to %s, %d characters", sms.out_id, masked, len(sms.text))
        line = {"out_id": str(sms.out_id), "to": masked, "at": timezone.now().isoformat()}
        with self.outbox.open("a", encoding="utf-8") as outbox:
            outbox.write(json.dumps(line) + "\n")
        return Receipt(Outcome.DELIVERED)

    def query(self, sms: Sms) -> Receipt:
        if not self.outbox.exists():
            return Receipt(Outcome.NOT_FOUND)
        with self.outbox.open(encoding="utf-8") as outbox:
            found = any(json.loads(line)["out_id"] == str(sms.out_id) for line in outbox)
        return Receipt(Outcome.DELIVERED if found else Outcome.NOT_FOUND)
