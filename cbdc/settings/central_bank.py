"""The central bank: issuance, clearing and supervision on top of the base."""

from .base import *  # noqa: F403
from .base import SHARED_APPS, SHARED_BEAT_SCHEDULE, env

INSTALLED_APPS = [
    *SHARED_APPS,
    "central_bank.supervision",
    "central_bank.issuance",
    "central_bank.clearing",
]
ROOT_URLCONF = "central_bank.urls"
PAYMENT_EXPIRY_S = env.float("PAYMENT_EXPIRY_S", default=60.0)
HIGH_VALUE_FROM: int = env.int("HIGH_VALUE_FROM", default=10_000_000)  # fen
SETTLEMENT_PERIOD_S = env.float("SETTLEMENT_PERIOD_S", default=3600.0)
CELERY_BEAT_SCHEDULE = {
    **SHARED_BEAT_SCHEDULE,
    "close-and-settle": {
        "task": "central_bank.close_and_settle",
        "schedule": SETTLEMENT_PERIOD_S,
        "options": {"expires": SETTLEMENT_PERIOD_S},
    },
    "chase": {"task": "central_bank.chase", "schedule": 5.0, "options": {"expires": 5.0}},
}
