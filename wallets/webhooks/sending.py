"""One attempt: the event's bytes, signed as Standard Webhooks says, on their way."""

import base64
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook

from cbdc.clock import now
from wallets.webhooks import guard
from wallets.webhooks.domain import Outcome
from wallets.webhooks.pinned import post

SECRET_PREFIX = "whsec_"  # noqa: S105 - the specification's
SECRET_BYTES = 32
USER_AGENT = "open-ecny-webhooks/1"
ERROR_MAX = 64


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes out for one delivery."""

    delivery_id: int
    attempts: int  # before this one
    event_id: UUID
    body: str


def new_secret() -> str:
    """A fresh signing secret, `whsec_` and the base64 of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def message_id(event_id: UUID) -> str:
    """The `webhook-id` of an event: the same at each attempt, redelivery and endpoint."""
    return f"msg_{event_id.hex}"


def headers(letter: Letter, *, signed_by: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of an attempt at that time, with a signature by each secret."""
    name = message_id(letter.event_id)
    signatures = [Webhook(secret).sign(name, at, letter.body) for secret in signed_by]
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "connection": "close",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def attempt(url: str, letter: Letter, signed_by: Sequence[str]) -> Outcome:
    """Send it once. Touches no database, so that it may run in a thread of its own."""
    at, begun = now(), time.monotonic()
    status, error = None, ""
    try:
        status = post(
            url,
            headers=headers(letter, signed_by=signed_by, at=at),
            body=letter.body.encode(),
        )
    except guard.Refused:
        error = "refused by the guard"
    except Exception as failure:  # noqa: BLE001 - whatever the receiver does, the next is sent
        error = type(failure).__name__
    return Outcome(at, round((time.monotonic() - begun) * 1000), status, error[:ERROR_MAX])
