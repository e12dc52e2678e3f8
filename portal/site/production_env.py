"""Print a `.env` for docker compose with fresh secrets (see .env.example).

Standard library only, so that it runs before anything is installed.
"""

import base64
import json
import secrets
import sys
from datetime import date


def values(hosts: str = "portal.example.gov.cn") -> dict[str, str]:
    """Return what production cannot do without; the secrets are new with every call."""
    key_name = f"k{date.today():%Y%m%d}"
    keys = {
        "current": key_name,
        "keys": {key_name: base64.b64encode(secrets.token_bytes(16)).decode()},
        "index": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    return {
        "PORTAL_HOSTS": hosts,
        "PORTAL_SECRET": secrets.token_urlsafe(64),
        "PORTAL_KEYS": json.dumps(keys, separators=(",", ":")),
        "POSTGRES_PASSWORD": secrets.token_urlsafe(32),
        "PORTAL_SMS_URL": "https://sms.example.gov.cn/send",
        "PORTAL_SMS_TOKEN": "",
    }


def main() -> None:
    for name, value in values().items():
        sys.stdout.write(f"{name}='{value}'\n")


if __name__ == "__main__":
    main()
