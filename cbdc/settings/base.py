"""What both roles share. Every value that differs between machines comes from the environment."""

import ipaddress
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from .console import *  # noqa: F403

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# --- The institution -------------------------------------------------------------------
INSTITUTION: str = env.str("INSTITUTION", default="")
INSTITUTION_NUMBER: str = env.str("INSTITUTION_NUMBER", default="")
INSTITUTION_NAME: str = env.str("INSTITUTION_NAME", default=INSTITUTION)
PUBLIC_BASE_URL: str = env.str("PUBLIC_BASE_URL", default="")
CENTRAL_BANK_URL: str = env.str("CENTRAL_BANK_URL", default="")
CENTRAL_BANK_PUBLIC_KEY: str = env.str("CENTRAL_BANK_PUBLIC_KEY", default="")
STATE_DIR: str = env.str("STATE_DIR", default=str(BASE_DIR / "var"))
DEVNET = False

# --- Secrets: no default here ----------------------------------------------------------
SECRET_KEY: str = env.str("SECRET_KEY", default="")
INSTITUTION_KEY_FILE: str = env.str("INSTITUTION_KEY_FILE", default="")
ISSUER_KEY_FILE: str = env.str("ISSUER_KEY_FILE", default="")
PKCS11_MODULE: str = env.str("PKCS11_MODULE", default="")
PKCS11_PIN: str = env.str("PKCS11_PIN", default="")
KEY_PASSPHRASE: str = env.str("KEY_PASSPHRASE", default="")
PII_KEY: str = env.str("PII_KEY", default="")

SECRET_KEY_LENGTH_MIN = 50


def require_production_secrets(values: dict[str, Any]) -> None:
    """Refuse to start when a secret or the institution's identity is missing or a default.

    Raises:
        ImproperlyConfigured: naming every value that is missing.
    """
    names = [
        "INSTITUTION",
        "INSTITUTION_NUMBER",
        "PUBLIC_BASE_URL",
        "SECRET_KEY",
        "INSTITUTION_KEY_FILE",
        "KEY_PASSPHRASE",
    ]
    if values["INSTITUTION"] == "central-bank":
        names += ["ISSUER_KEY_FILE"]
    else:
        names += ["CENTRAL_BANK_URL", "CENTRAL_BANK_PUBLIC_KEY", "PII_KEY"]
    missing = [name for name in names if not values[name]]
    around = ("DATABASE_URL", "BROKER_URL", "TRUSTED_PROXIES")
    missing += [name for name in around if not env.str(name, default="")]
    if missing:
        raise ImproperlyConfigured(f"set in the environment: {', '.join(missing)}")
    if len(values["SECRET_KEY"]) < SECRET_KEY_LENGTH_MIN or "insecure" in values["SECRET_KEY"]:
        raise ImproperlyConfigured(
            f"SECRET_KEY must be a random text of at least {SECRET_KEY_LENGTH_MIN} characters"
        )


def proxies(text: str) -> list[str]:
    """The addresses and networks of a comma-separated list; "none" has none.

    Raises:
        ImproperlyConfigured: an entry that is no address or network.
    """
    entries = [entry.strip() for entry in text.split(",") if entry.strip() not in ("", "none")]
    for entry in entries:
        try:
            ipaddress.ip_network(entry)
        except ValueError as error:
            raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}") from error
    return entries


# Whose X-Forwarded-For is believed; everyone else's is a claim (cbdc.api.proxies).
TRUSTED_PROXIES: list[str] = proxies(env.str("TRUSTED_PROXIES", default=""))

# --- Django ----------------------------------------------------------------------------
DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WSGI_APPLICATION = "cbdc.wsgi.application"
STATIC_URL = "static/"
STATIC_ROOT: str | None = env.str("STATIC_ROOT", default="") or None  # finders serve without it
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
X_FRAME_OPTIONS = "DENY"

SHARED_APPS = [
    "cbdc.console",  # first: its templates stand before the theme's
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "cbdc.access",
    "cbdc.api",
    "cbdc.approvals",
    "cbdc.audit",
    "cbdc.ledger",
    "cbdc.messaging",
]

QUICK_CALLS: list[str] = []  # lists of what is answered before Django (cbdc.api.quick)
MIDDLEWARE = [
    # These two answer nothing themselves, and add their headers to the problems too.
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cbdc.console.policy.ConsolePolicy",
    "cbdc.api.problems.ProblemMiddleware",
    "cbdc.audit.middleware.FromWhere",
    "cbdc.api.shortcut.ShortcutForApi",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cbdc.console.language.ConsoleLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "cbdc.access.middleware.StaffDoor",
    "cbdc.api.shortcut.ShortcutEnd",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# One institution, one database. A statement or a lock that hangs is an error, not a wait.
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default="postgresql:///cbdc"),
}
DATABASES["default"]["ENGINE"] = "cbdc.database"
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
)
# Partitions of the ledger that each `migrate` leaves for the months to come; 0 makes none.
LEDGER_MONTHS_AHEAD = env.int("LEDGER_MONTHS_AHEAD", default=12)
# Prepared after so many executions of a statement; None never, as a pooler between them may need.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = env.int("PREPARE_AFTER", default=1) or None

# Counts wrong passwords before Django looks at them.
AUTHENTICATION_BACKENDS = [
    "cbdc.api.log_ins.LogInLimit",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("UserAttributeSimilarityValidator", {}),
        ("CommonPasswordValidator", {}),
    )
]
STAFF_SESSION_S: int = env.int("STAFF_SESSION_S", default=8 * 3600)  # a shift, then log in again
STAFF_IDLE_S: int = env.int("STAFF_IDLE_S", default=15 * 60)  # without a request to the admin
SESSION_COOKIE_AGE = STAFF_SESSION_S
SESSION_COOKIE_HTTPONLY = True
SECOND_FACTOR_REQUIRED = True  # not on a development network
OTP_TOTP_ISSUER = INSTITUTION_NAME
OTP_TOTP_THROTTLE_FACTOR = 0  # cbdc.access.second_factor counts by address: no victim is locked out
# How many text messages with a password one address may have sent to one phone in an hour.
OTPS_PER_PHONE_AND_HOUR: int = env.int("OTPS_PER_PHONE_AND_HOUR", default=20)

# The colour of the staff console: a hue of OKLCH in degrees (25 is red, 145 green, 245 blue).
CONSOLE_HUE: int = env.int("CONSOLE_HUE", default=25 if INSTITUTION == "central-bank" else 245)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cbdc.api.problems.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"Open e-CNY: {INSTITUTION_NAME}",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": ["cbdc.api.docs.require_bodies", "cbdc.api.docs.name_components"],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "holder": {
                "type": "http",
                "scheme": "bearer",
                "description": "Access token of a device, from POST /api/v1/sessions.",
            },
            "merchant": {
                "type": "http",
                "scheme": "bearer",
                "description": "Secret key of a merchant, sk_…, made by the bank's staff.",
            },
        },
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}

# --- Celery: a doorbell, never the record (DESIGN section 6) -----------------------------
# A lost ring is found by the sweep, so nothing here waits or retries for long.
CELERY_BROKER_URL: str = env.str("BROKER_URL", default="")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = INSTITUTION or "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_DB_REUSE_MAX = 1000
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,  # above the longest task: the settlement of a huge cycle
    "unacked_restore_interval": 2,
    "global_keyprefix": f"{INSTITUTION}:",
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    "max_retries": 0,
}
CELERY_TIMEZONE = "UTC"
DELIVERY_SWEEP_S = env.float("DELIVERY_SWEEP_S", default=2.0)
# How often the figures of the console's charts are kept.
SAMPLE_EVERY_S = env.float("SAMPLE_EVERY_S", default=60.0)
SHARED_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "messaging-sweep": {
        "task": "messaging.sweep",
        "schedule": DELIVERY_SWEEP_S,
        "options": {"expires": DELIVERY_SWEEP_S},
    },
    "messaging-purge": {"task": "messaging.purge", "schedule": 600.0},
    # A run that is late is worth nothing: the next one does all of its work.
    "ledger-fold": {
        "task": "ledger.fold_hot_accounts",
        "schedule": 1.0,
        "options": {"expires": 1.0},
    },
    "ledger-expire": {
        "task": "ledger.expire_pending",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    # Reads the whole ledger; its queries have no time-out, and two at once do no harm.
    "ledger-audit": {
        "task": "ledger.audit",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "console-sample": {
        "task": "console.sample",
        "schedule": SAMPLE_EVERY_S,
        "options": {"expires": SAMPLE_EVERY_S},
    },
    "console-sample-slowly": {
        "task": "console.sample_slowly",
        "schedule": 10 * SAMPLE_EVERY_S,
        "options": {"expires": 10 * SAMPLE_EVERY_S},
    },
    "console-thin": {"task": "console.thin", "schedule": 3600.0},
    "access-purge": {"task": "access.purge_sessions", "schedule": 3600.0},
    "approvals-expire": {"task": "approvals.expire_requests", "schedule": 60.0},
    "api-purge": {"task": "api.purge_idempotency_records", "schedule": 3600.0},
}
