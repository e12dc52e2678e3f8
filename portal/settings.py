"""Settings of the portal: one module, what differs between places comes from the environment.

PORTAL_MODE    demo | test | production. Without it a portal on the embedded servers is a demo, a
               portal on a database of its own (DATABASE_URL) is in production.
DATABASE_URL   postgresql://user:password@host:port/name; without it the embedded server is used.
REDIS_URL      redis://host:port/0 or unix:///path; without it the embedded server is used.
PORTAL_DATA    folder for uploads and the embedded servers (default: .data beside manage.py).
PORTAL_SECRET  secret of the web application (production only).
PORTAL_KEYS    JSON {"current": id, "keys": {id: base64 of 16 bytes}, "index": base64}, see
               portal.core.crypto (production only).
PORTAL_HOSTS   comma-separated host names served (production only).
PORTAL_PROXIES  how many proxies of our own stand in front (default 1 in production, else 0).
PORTAL_BUSINESS_HOURS  morning and afternoon (default "09:00-12:00 13:30-17:30"); after a change run
               `manage.py load_calendar --anew`, which works out the open deadlines anew.
PORTAL_SWEEP_SECONDS  how often the sweep looks for cards and ended terms (default 60).
PORTAL_FACTS  path of the class that asks departments for facts (policies.providers.FactProvider);
               default: a file of synthetic records in demo and test, nobody in production.
PORTAL_FACTS_FILE  that file of synthetic records.

Text messages:
PORTAL_SMS_CHANNEL  providers in order, comma-separated: console, http, aliyun, tencent or the path
               of a class (default http in production, else console).
PORTAL_SMS_SIGNATURE  signature (签名) approved by the provider (default 一件事联办).
PORTAL_SMS_URL, PORTAL_SMS_TOKEN  http: address of the gateway; its token also signs receipts.
PORTAL_ALIYUN_KEY_ID, PORTAL_ALIYUN_KEY_SECRET  aliyun: access key; PORTAL_ALIYUN_URL for another
               region.
PORTAL_TENCENT_SECRET_ID, PORTAL_TENCENT_SECRET_KEY, PORTAL_TENCENT_APP_ID  tencent: key and
               SdkAppId; PORTAL_TENCENT_REGION (default ap-guangzhou), PORTAL_TENCENT_URL.
PORTAL_SMS_RECEIPT_TOKEN  secret in the address to which Aliyun and Tencent push receipts:
               /sms-receipts/<provider>/<token>/; without it that address does not exist.
PORTAL_SMS_QUIET_HOURS  no text message that is not urgent is sent between these (default
               22:00-08:00 in production, else none).
PORTAL_SMS_DIGEST_SECONDS  ordinary messages to one person within so many seconds become one
               (default 600; 0: never).
PORTAL_SMS_DAILY_CAP  so many messages a day to one person at most, those that law or promise
               require not counted (default 10; 0: no cap). The rest stand in the inbox only.
"""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal.core import embedded

BASE_DIR = Path(__file__).resolve().parent.parent

PORTAL_MODE = os.environ.get("PORTAL_MODE") or (
    "production" if os.environ.get("DATABASE_URL") else "demo"
)
if PORTAL_MODE not in {"demo", "test", "production"}:
    raise ImproperlyConfigured("PORTAL_MODE must be demo, test or production.")
IS_DEMO = PORTAL_MODE == "demo"
IS_PRODUCTION = PORTAL_MODE == "production"
# The business clock can be moved, codes can be read on a page: never in production.
CLOCK_MOVABLE = not IS_PRODUCTION

PORTAL_DATA = Path(os.environ.get("PORTAL_DATA", BASE_DIR / ".data")).expanduser().resolve()


def required(name: str) -> str:
    """Return an environment value that production cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} must be set when PORTAL_MODE is production.")
    return value


# Demonstration secrets are public on purpose: demo and test data are synthetic.
DEMO_SECRET = "demonstration-only-demonstration-only-demonstration-only"  # noqa: S105
DEMO_KEYS = json.dumps(
    {
        "current": "demo",
        "keys": {"demo": "ZGVtb25zdHJhdGlvbiEhIQ=="},
        "index": "ZGVtb25zdHJhdGlvbi1vbmx5LWluZGV4LWtleSE=",
    }
)
SECRET_KEY = required("PORTAL_SECRET") if IS_PRODUCTION else DEMO_SECRET
PORTAL_KEYS: dict[str, Any] = json.loads(required("PORTAL_KEYS") if IS_PRODUCTION else DEMO_KEYS)

DEBUG = False
ALLOWED_HOSTS = required("PORTAL_HOSTS").split(",") if IS_PRODUCTION else ["*"]

INSTALLED_APPS = [
    "portal.core",
    "portal.accounts",
    "notifications",
    "policies",
    "cases",
    "portal.site",
    "portal.site.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "portal.core.middleware.FormAddresses",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.session_limits.SessionLimits",
    "portal.accounts.login_required.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.site.context.navigation",
            ],
        },
    },
]


def database(url: str) -> dict[str, Any]:
    """Return Django's database entry for a postgresql:// address (?host=/folder: a Unix socket)."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://")
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": dict(parse_qsl(parts.query)).get("host") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
    }


EMBEDDED_DATABASE = {
    "NAME": embedded.DATABASE,
    "USER": embedded.SUPERUSER,
    "HOST": str(embedded.socket_folder(PORTAL_DATA)),
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **(
            database(os.environ["DATABASE_URL"])
            if os.environ.get("DATABASE_URL")
            else EMBEDDED_DATABASE
        ),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "options": "-c statement_timeout=30000 -c lock_timeout=10000 "
            "-c idle_in_transaction_session_timeout=60000",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = (
    os.environ.get("REDIS_URL") or f"unix://{quote(str(embedded.valkey_socket(PORTAL_DATA)))}"
)

# Limits and counters that must hold across processes stand in PostgreSQL, not in Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "portal.accounts.passwords.ThreeClassesValidator"},
    {"NAME": "portal.accounts.passwords.NotUsedBeforeValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# Talents sign in by phone and SMS code (django-allauth), see notifications.codes.
ACCOUNT_ADAPTER = "notifications.codes.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 300
ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS = 5
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip"}
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True  # portal.accounts.staff counts failures of a day in it
AXES_LOCKOUT_CALLABLE = "portal.accounts.staff.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "portal.accounts.staff.client_address"
# How many proxies of our own stand in front; each adds one address to X-Forwarded-For.
TRUSTED_PROXIES = int(os.environ.get("PORTAL_PROXIES", "1" if IS_PRODUCTION else "0"))

SESSION_ENGINE = "portal.core.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if IS_PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# The machine interface: nothing without a signed-in session, JSON in and out.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cases.api.authentication.SignedIn"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.core.json_bodies.JSONBody"],
    "EXCEPTION_HANDLER": "cases.api.errors.answer",
}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("PORTAL_STATIC", BASE_DIR / ".static"))
STATICFILES_DIRS: list[Any] = [BASE_DIR / "portal" / "static"]
# The chart library, fetched at set-up (.ci/scripts); without it pages show their tables alone.
if (BASE_DIR / ".vendor").is_dir():
    STATICFILES_DIRS.append(("vendor", BASE_DIR / ".vendor"))
WHITENOISE_USE_FINDERS = PORTAL_MODE == "test"  # a test run needs no collectstatic
MEDIA_ROOT = PORTAL_DATA / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PORTAL_MODE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# An enterprise may list 200 people in two lists; a policy may have 500 conditions with dates.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 15_000
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
UPLOAD_MAX_FILES = 10  # per material

DIVISION_CODE = os.environ.get("PORTAL_DIVISION", "330100")  # 杭州市，GB/T 2260
# Opens, midday break, resumes, closes; every deadline and warning keeps to them.
_hours = os.environ.get("PORTAL_BUSINESS_HOURS", "09:00-12:00 13:30-17:30")
_moment = r"(?:[01]\d|2[0-3]):[0-5]\d"
BUSINESS_HOURS = tuple(re.findall(_moment, _hours))
if not re.fullmatch(rf"{_moment}-{_moment} {_moment}-{_moment}", _hours) or (
    sorted(set(BUSINESS_HOURS)) != list(BUSINESS_HOURS)
):
    raise ImproperlyConfigured(
        "PORTAL_BUSINESS_HOURS reads HH:MM-HH:MM HH:MM-HH:MM, each later than the one before."
    )

SITE_NAME = "一件事联办"
SITE_OWNER = os.environ.get("PORTAL_OWNER", "杭州市人力资源和社会保障局")
SITE_RECORD = os.environ.get("PORTAL_RECORD", "")

CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://", 1)
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 3, "socket_timeout": 10}
# Every tick is idempotent, so a second beat does no harm; a tick nobody fetched in time is dropped.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "beat-alive": {
        "task": "portal.core.tasks.beat_alive",
        "schedule": 10,
        "options": {"expires": 30},
    },
    "tidy-up": {
        "task": "portal.accounts.tasks.tidy_up",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 3600},
    },
    "tidy-packages": {
        "task": "cases.tasks.tidy_packages",
        "schedule": crontab(hour=3, minute=40),
        "options": {"expires": 3600},
    },
    "drain-messages": {
        "task": "notifications.tasks.drain_messages",
        "schedule": 3,
        "options": {"expires": 15},
    },
    "drain-shared-data": {
        "task": "cases.tasks.drain_shared_data",
        "schedule": 5,
        "options": {"expires": 20},
    },
    "drain-fact-requests": {
        "task": "policies.tasks.drain_fact_requests",
        "schedule": 5,
        "options": {"expires": 20},
    },
    "expire-facts": {
        "task": "policies.tasks.expire_facts",
        "schedule": 60,
        "options": {"expires": 120},
    },
    "expire-recognitions": {
        "task": "policies.tasks.expire_recognitions",
        "schedule": 300,
        "options": {"expires": 600},
    },
    "draft-bulletins": {
        "task": "cases.tasks.draft_bulletins",
        "schedule": 60,
        "options": {"expires": 120},
    },
    "reproject-deadlines": {
        "task": "cases.tasks.reproject_deadlines",
        "schedule": 10,
        "options": {"expires": 30},
    },
    "sweep-deadlines": {
        "task": "cases.tasks.sweep_deadlines",
        "schedule": float(os.environ.get("PORTAL_SWEEP_SECONDS", "60")),
        "options": {"expires": 120},
    },
    "wake-parked": {
        "task": "cases.tasks.wake_parked",
        "schedule": 20,
        "options": {"expires": 60},
    },
    "inspect-subjects": {
        "task": "cases.tasks.inspect_subjects",
        "schedule": 20,
        "options": {"expires": 60},
    },
    "inspect-everyone": {
        "task": "cases.tasks.inspect_everyone",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "fold-tallies": {
        "task": "cases.tasks.fold_tallies",
        "schedule": 20,
        "options": {"expires": 60},
    },
}

# Shared-data seam (cases.shared_data): a file of synthetic records in demo and test.
SHARED_DATA_PROVIDER = os.environ.get("PORTAL_SHARED_DATA", "cases.shared_data.FileProvider")
SHARED_DATA_FILE = Path(
    os.environ.get("PORTAL_SHARED_DATA_FILE", BASE_DIR / "cases" / "demo" / "shared_records.yaml")
)

# Fact seam (policies.providers): a file of synthetic records in demo and test, in production no
# source until one is connected.
FACT_PROVIDER = os.environ.get(
    "PORTAL_FACTS", "" if IS_PRODUCTION else "policies.providers.FileProvider"
)
FACTS_FILE = Path(
    os.environ.get("PORTAL_FACTS_FILE", BASE_DIR / "policies" / "demo" / "facts.yaml")
)

# SMS seam (notifications.channels): console and file in demo and test, HTTP in production. The
# providers in the order in which they are asked; a later one takes over while those before it fail.
SMS_CHANNELS = [
    name.strip()
    for name in os.environ.get("PORTAL_SMS_CHANNEL", "http" if IS_PRODUCTION else "console").split(
        ","
    )
]
SMS_HTTP_URL = os.environ.get("PORTAL_SMS_URL", "")
SMS_HTTP_TOKEN = os.environ.get("PORTAL_SMS_TOKEN", "")
SMS_SIGNATURE = os.environ.get("PORTAL_SMS_SIGNATURE", "一件事联办")
SMS_RECEIPT_TOKEN = os.environ.get("PORTAL_SMS_RECEIPT_TOKEN", "")
ALIYUN_URL = os.environ.get("PORTAL_ALIYUN_URL", "https://dysmsapi.aliyuncs.com")
ALIYUN_KEY_ID = os.environ.get("PORTAL_ALIYUN_KEY_ID", "")
ALIYUN_KEY_SECRET = os.environ.get("PORTAL_ALIYUN_KEY_SECRET", "")
TENCENT_URL = os.environ.get("PORTAL_TENCENT_URL", "https://sms.tencentcloudapi.com")
TENCENT_REGION = os.environ.get("PORTAL_TENCENT_REGION", "ap-guangzhou")
TENCENT_SECRET_ID = os.environ.get("PORTAL_TENCENT_SECRET_ID", "")
TENCENT_SECRET_KEY = os.environ.get("PORTAL_TENCENT_SECRET_KEY", "")
TENCENT_APP_ID = os.environ.get("PORTAL_TENCENT_APP_ID", "")

# The pace of text messages (notifications.pacing). Nobody sleeps beside a demonstration.
SMS_QUIET_HOURS = os.environ.get("PORTAL_SMS_QUIET_HOURS", "22:00-08:00" if IS_PRODUCTION else "")
SMS_DIGEST_SECONDS = int(os.environ.get("PORTAL_SMS_DIGEST_SECONDS", "600"))
SMS_DAILY_CAP = int(os.environ.get("PORTAL_SMS_DAILY_CAP", "10"))

DEMO_SECOND_FACTOR = "" if IS_PRODUCTION else "246810"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"portal": {"level": "INFO"}, "django.server": {"level": "WARNING"}},
}
