"""A commercial bank: treasury, customers, clearing and wallets on top of the base."""

from celery.schedules import crontab

from .base import *  # noqa: F403
from .base import (
    DELIVERY_SWEEP_S,
    SHARED_APPS,
    SHARED_BEAT_SCHEDULE,
    SPECTACULAR_SETTINGS,
    env,
)

INSTALLED_APPS = [
    *SHARED_APPS,
    "commercial_banks.customers",
    "commercial_banks.treasury",
    "commercial_banks.clearing",
    "wallets.accounts",
    "wallets.notifications",
    "wallets.webhooks",
    "wallets.payments",
    "wallets.merchants",
    "wallets.transit",
    "wallets.loadtest",
]
ROOT_URLCONF = "wallets.urls"
QUICK_CALLS = ["wallets.quick_calls.QUICK_CALLS"]
CSRF_FAILURE_VIEW = "wallets.merchants.pos_views.csrf_failure"
SMS_BACKEND: str = env.str("SMS_BACKEND", default="wallets.accounts.sms.ConsoleSms")
IDENTITY_CHECK: str = env.str(
    "IDENTITY_CHECK", default="commercial_banks.customers.identity.CustomerRegister"
)
NOTIFICATION_CHANNEL: str = env.str(
    "NOTIFICATION_CHANNEL", default="wallets.notifications.channels.SmsChannel"
)
NOTIFICATION_URL: str = env.str("NOTIFICATION_URL", default="")
# A transit day is charged when it is over and gates have had an hour; True does not wait.
TRANSIT_BILLS_OPEN_DAYS: bool = env.bool("TRANSIT_BILLS_OPEN_DAYS", default=False)
TRANSIT_SETTLES_EVERY_S = env.float("TRANSIT_SETTLES_EVERY_S", default=60.0)
# Lets `manage.py seed_load` work outside a development network: for a staging bank alone.
LOAD_SEEDING: bool = env.bool("LOAD_SEEDING", default=False)
GUARANTEE_TARGET: int = env.int("GUARANTEE_TARGET", default=50_000_000)  # fen
CELERY_BEAT_SCHEDULE = {
    **SHARED_BEAT_SCHEDULE,
    "chase": {"task": "commercial_banks.chase", "schedule": 5.0, "options": {"expires": 5.0}},
    "replenish": {
        "task": "commercial_banks.replenish",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "tidy": {"task": "commercial_banks.tidy", "schedule": 60.0, "options": {"expires": 60.0}},
    "find-missing": {
        "task": "commercial_banks.find_missing",
        "schedule": 600.0,
        "options": {"expires": 600.0},
    },
    "refresh-directory": {
        "task": "commercial_banks.refresh_directory",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "refresh-limits": {
        "task": "wallets.refresh_limits",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "report-day": {"task": "wallets.report_day", "schedule": crontab(hour=16, minute=5)},
    "notify": {"task": "wallets.notify", "schedule": 5.0, "options": {"expires": 5.0}},
    "notifications-purge": {"task": "wallets.purge_notifications", "schedule": 3600.0},
    "webhooks": {
        "task": "wallets.deliver_webhooks",
        "schedule": DELIVERY_SWEEP_S,
        "options": {"expires": DELIVERY_SWEEP_S},
    },
    "webhooks-purge": {"task": "wallets.purge_webhooks", "schedule": 3600.0},
    "enrolments-purge": {"task": "wallets.purge_enrolments", "schedule": 3600.0},
    "payment-codes-purge": {"task": "wallets.purge_payment_codes", "schedule": 3600.0},
    "orders-expire": {
        "task": "merchants.expire_orders",
        "schedule": 2.0,
        "options": {"expires": 2.0},
    },
    "pos-sessions-purge": {"task": "merchants.purge_sessions", "schedule": 3600.0},
    "send-back": {"task": "merchants.send_back", "schedule": 1.0, "options": {"expires": 1.0}},
    "transit-settle": {
        "task": "transit.settle",
        "schedule": TRANSIT_SETTLES_EVERY_S,
        "options": {"expires": TRANSIT_SETTLES_EVERY_S},
    },
    "transit-recover": {
        "task": "transit.recover",
        "schedule": 1.0,
        "options": {"expires": 1.0},
    },
    "transit-tidy": {"task": "transit.tidy", "schedule": 3600.0},
    "payment-requests-expire": {"task": "wallets.expire_payment_requests", "schedule": 60.0},
}
SPECTACULAR_SETTINGS = {
    **SPECTACULAR_SETTINGS,
    "WEBHOOKS": [
        f"wallets.merchants.webhook_docs.{name}"
        for name in ("ORDER_PAID", "ORDER_CLOSED", "REFUND_COMPLETED", "REFUND_REJECTED")
    ],
}
