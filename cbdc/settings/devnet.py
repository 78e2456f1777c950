"""The development network: the role's settings with what only a devnet may have."""

import os

from .base import env

if os.environ.get("INSTITUTION") == "central-bank":
    from .central_bank import *  # noqa: F403
    from .central_bank import CELERY_BEAT_SCHEDULE, INSTALLED_APPS

    SETTLEMENT_PERIOD_S = env.float("SETTLEMENT_PERIOD_S", default=60.0)
    CELERY_BEAT_SCHEDULE["close-and-settle"] = {
        "task": "central_bank.close_and_settle",
        "schedule": SETTLEMENT_PERIOD_S,
        "options": {"expires": SETTLEMENT_PERIOD_S},
    }
else:
    from .commercial_bank import *  # noqa: F403
    from .commercial_bank import CELERY_BEAT_SCHEDULE, INSTALLED_APPS

    TRANSIT_BILLS_OPEN_DAYS = env.bool("TRANSIT_BILLS_OPEN_DAYS", default=True)
    TRANSIT_SETTLES_EVERY_S = env.float("TRANSIT_SETTLES_EVERY_S", default=2.0)
    CELERY_BEAT_SCHEDULE["transit-settle"] = {
        "task": "transit.settle",
        "schedule": TRANSIT_SETTLES_EVERY_S,
        "options": {"expires": TRANSIT_SETTLES_EVERY_S},
    }
    SMS_BACKEND = "wallets.accounts.sms.FileSms"

INSTALLED_APPS = [*INSTALLED_APPS, "cbdc.devnet"]
DEVNET = True
_HUES = {"central-bank": 25, "harbor": 245, "lotus": 340, "jade": 160}
CONSOLE_HUE = env.int("CONSOLE_HUE", default=_HUES.get(os.environ.get("INSTITUTION", ""), 245))
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=False)
OTPS_PER_PHONE_AND_HOUR = 10_000  # everyone is on one machine, and nobody pays for a message
# [{code, number, name, base_url, public_key}], as JSON: whom the central bank's seed admits.
DEVNET_BANKS = env.json("DEVNET_BANKS", default=[])
