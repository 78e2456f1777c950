"""Both roles in one process, three databases: tests switch `default` and the identity."""

import os
from copy import deepcopy
from pathlib import Path

os.environ.setdefault("INSTITUTION", "central-bank")
os.environ.setdefault("INSTITUTION_NUMBER", "0001")
os.environ.setdefault("INSTITUTION_NAME", "Central Bank")

from . import central_bank as _central_bank
from . import commercial_bank as _commercial_bank
from .central_bank import *  # noqa: F403
from .central_bank import BASE_DIR, DATABASES

SECRET_KEY = "test-only-" + "0123456789" * 5
PII_KEY = "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHktMDE="  # 32 bytes of "test-only-…", base64
KEY_PASSPHRASE = "test-only"
STATE_DIR = str(BASE_DIR / "var" / f"test-{os.getpid()}")
Path(STATE_DIR).mkdir(parents=True, exist_ok=True)
DEVNET = True
SECOND_FACTOR_REQUIRED = False
OTPS_PER_PHONE_AND_HOUR = 10_000
DEVNET_BANKS: list[dict[str, str]] = []
SMS_BACKEND = "wallets.accounts.sms.FileSms"
NOTIFICATION_CHANNEL = _commercial_bank.NOTIFICATION_CHANNEL
NOTIFICATION_URL = ""
CSRF_FAILURE_VIEW = _commercial_bank.CSRF_FAILURE_VIEW
IDENTITY_CHECK = _commercial_bank.IDENTITY_CHECK
LOAD_SEEDING = False
GUARANTEE_TARGET = 50_000_000
TRANSIT_BILLS_OPEN_DAYS = True
LEDGER_MONTHS_AHEAD = 0  # every test empties every partition, and "migrates" after it
PUBLIC_BASE_URL = "http://testserver"
CENTRAL_BANK_URL = "http://testserver"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_URL = "memory://"
INSTALLED_APPS = [
    *_central_bank.INSTALLED_APPS,
    *(app for app in _commercial_bank.INSTALLED_APPS if app not in _central_bank.INSTALLED_APPS),
    "cbdc.devnet",
]
for _code in ("harbor", "lotus"):
    DATABASES[_code] = deepcopy(DATABASES["default"])
    DATABASES[_code]["TEST"] = {"NAME": f"test_{_code}"}
    DATABASES[_code]["NAME"] = DATABASES["default"]["NAME"]
DATABASES["default"]["TEST"] = {"NAME": "test_central_bank"}

# Each test client is a new handler: without this each looks through all static files first.
WHITENOISE_AUTOREFRESH = True
