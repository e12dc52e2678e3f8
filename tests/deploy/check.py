"""Run Django's deployment checks as production would start: python tests/deploy/check.py"""

import os
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(BASE))

from portal.site import production_env  # noqa: E402

os.environ.update(
    production_env.values(),
    PORTAL_MODE="production",
    DATABASE_URL="postgresql://portal@db/portal",
    REDIS_URL="redis://cache/0",
)
COMMAND = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
os.chdir(BASE)
os.execv(sys.executable, COMMAND)  # noqa: S606
