"""Health check of a container: python portal/site/probe.py URL [worker|beat]

Exit code 0 while the portal answers 200, and, where a program is named, while it was seen at work
within the last minute and a half. Standard library only, so that it costs little.
"""

import json
import os
import sys
import urllib.request
from datetime import UTC, datetime

FRESH = 90.0  # seconds


def main(url: str, program: str = "") -> int:
    """Return the exit code for the state that `url` reports."""
    host = os.environ.get("PORTAL_HOSTS", "localhost").split(",")[0]
    request = urllib.request.Request(url, headers={"Host": host})  # noqa: S310
    with urllib.request.urlopen(request, timeout=8) as response:  # noqa: S310
        report = json.load(response)
    if not program:
        return 0
    seen = report[program]["last_seen"]
    if seen is None:
        return 1
    return int((datetime.now(UTC) - datetime.fromisoformat(seen)).total_seconds() > FRESH)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
