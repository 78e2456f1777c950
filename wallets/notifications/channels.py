"""How a notification reaches its holder: an interface, and three ways."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from cbdc.clock import rfc3339
from cbdc.money import format_yuan
from wallets.accounts import sms

logger = logging.getLogger(__name__)
TIMEOUT_S = (2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Notice:
    """One event for one holder; `phone` is for channels that need it and is never logged."""

    notification_id: UUID
    wallet_id: str
    event: str
    amount: int | None
    occurred_at: datetime
    phone: str

    @property
    def text(self) -> str:
        """A sentence for a person. The wallet is named by its last digits alone."""
        ending = self.wallet_id[-4:]
        yuan = format_yuan(self.amount or 0)
        return {
            "money_in": f"e-CNY wallet {ending}: {yuan} yuan received.",
            "money_out": f"e-CNY wallet {ending}: {yuan} yuan paid.",
            "new_device": f"e-CNY wallet {ending}: a new device was added. Not you? Shut it out.",
        }[self.event]


class Channel(Protocol):
    """Sends a notice, or raises; it is then tried again, so one may arrive twice."""

    def send(self, notice: Notice) -> None:
        """Deliver it."""


class SmsChannel:
    """A text message, through the bank's SMS back end."""

    def send(self, notice: Notice) -> None:
        sms.backend().send_text(notice.phone, notice.text)


class WebhookChannel:
    """POSTs to the bank's own push service (NOTIFICATION_URL), without phone or name."""

    def send(self, notice: Notice) -> None:
        if not settings.NOTIFICATION_URL:
            raise ImproperlyConfigured("NOTIFICATION_URL is not set")
        answer = requests.post(
            settings.NOTIFICATION_URL,
            json={
                "notification_id": str(notice.notification_id),
                "wallet_id": notice.wallet_id,
                "event": notice.event,
                "amount": notice.amount,
                "occurred_at": rfc3339(notice.occurred_at),
                "text": notice.text,
            },
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        answer.raise_for_status()


class ConsoleChannel:
    """A line in the log: for a developer's own machine."""

    def send(self, notice: Notice) -> None:
        logger.info("%s", notice.text)


def channel() -> Channel:
    """The channel of NOTIFICATION_CHANNEL."""
    made: Channel = import_string(settings.NOTIFICATION_CHANNEL)()
    return made
