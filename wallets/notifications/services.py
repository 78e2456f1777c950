"""Noting what holders are to hear, in the transaction of it, and telling them after."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from cbdc.clock import now
from cbdc.identifiers import new_id
from commercial_banks.customers.privacy import decrypt
from wallets.accounts.models import Wallet
from wallets.notifications.channels import Channel, Notice, channel
from wallets.notifications.models import Notification

logger = logging.getLogger(__name__)
Event = Notification.Event
BATCH_MAX = 100
ATTEMPTS_MAX = 8
BACKOFF_FIRST = timedelta(seconds=5)  # doubled after each attempt
LEASE = timedelta(seconds=60)  # above a batch's time-outs: nobody else sends it meanwhile
KEPT_FOR = timedelta(days=30)
PURGE_BATCH = 10_000
RING_PAUSE_S = 1.0  # one ring finds all that is due; the sweep finds what no ring announced

_INSERT = """
INSERT INTO notifications_notification
    (id, wallet_id, event, subject_id, amount, state, attempts, created_at, due_at)
SELECT told.id, told.wallet_id, told.event, told.subject_id, told.amount, 'due', 0, %s, %s
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bigint[])
    AS told (id, subject_id, wallet_id, event, amount)
JOIN accounts_wallet w ON w.wallet_id = told.wallet_id AND w.kind = 'personal'
ON CONFLICT DO NOTHING
"""
_SET = """
UPDATE notifications_notification n SET attempts = batch.attempts, state = batch.state,
    due_at = batch.due_at, sent_at = batch.sent_at
FROM unnest(%s::uuid[], %s::integer[], %s::text[], %s::timestamptz[], %s::timestamptz[])
    AS batch (id, attempts, state, due_at, sent_at)
WHERE n.id = batch.id
"""
_next_ring = 0.0


@dataclass(frozen=True, slots=True)
class Noted:
    """One event of one wallet; `subject_id` is the payment, movement or device."""

    subject_id: UUID
    wallet_id: str
    event: Notification.Event
    amount: int | None = None


def note(*, subject_id: UUID, events: dict[str, Event], amount: int | None = None) -> None:
    """`note_many` for the wallets that one subject concerns."""
    note_many([Noted(subject_id, wallet, event, amount) for wallet, event in events.items()])


def note_many(events: Sequence[Noted]) -> None:
    """Write down, in the caller's transaction, that these wallets have something to hear.

    Wallets of other banks and of firms, who have webhooks and statements, are passed over.
    """
    moment = now()
    ids = [new_id() for _ in events]
    subjects = [event.subject_id for event in events]
    wallets = [event.wallet_id for event in events]
    names = [event.event.value for event in events]
    amounts = [event.amount for event in events]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [moment, moment, ids, subjects, wallets, names, amounts])
    transaction.on_commit(ring)


def send_due() -> int:
    """Send what is due, batch by batch; returns how many were sent.

    Rows are taken under a lease in a transaction of their own; none is open while sending. What
    came of a batch is written down at once: a worker that dies before it sends the batch again.
    """
    sent = 0
    while rows := _claim():
        phones = dict(
            Wallet.objects.filter(wallet_id__in=[row.wallet_id for row in rows]).values_list(
                "wallet_id", "phone_sealed"
            )
        )
        sending = channel()
        for row in rows:
            _send(sending, row, phones[row.wallet_id])
        _write_down(rows)
        sent += sum(row.state == Notification.State.SENT for row in rows)
        if len(rows) < BATCH_MAX:
            break
    return sent


def purge_notifications() -> int:
    """Forget what is older than a month, at most a batch; how many went."""
    old = Notification.objects.filter(created_at__lt=now() - KEPT_FOR).values("id")[:PURGE_BATCH]
    return Notification.objects.filter(id__in=old).delete()[0]


def _claim() -> list[Notification]:
    moment = now()
    with transaction.atomic():
        rows = list(
            Notification.objects.select_for_update(skip_locked=True)
            .filter(state=Notification.State.DUE, due_at__lte=moment)
            .order_by("due_at")[:BATCH_MAX]
        )
        Notification.objects.filter(id__in=[row.id for row in rows]).update(due_at=moment + LEASE)
    return rows


def _send(sending: Channel, row: Notification, phone_sealed: str) -> None:
    row.attempts += 1
    try:
        sending.send(
            Notice(
                notification_id=row.id,
                wallet_id=row.wallet_id,
                event=row.event,
                amount=row.amount,
                occurred_at=row.created_at,
                phone=decrypt(phone_sealed),
            )
        )
    except Exception as error:  # noqa: BLE001 - whatever the channel says, the next is sent
        logger.warning("a notification was not sent: %s", type(error).__name__)
        given_up = row.attempts >= ATTEMPTS_MAX
        row.state = Notification.State.GIVEN_UP if given_up else Notification.State.DUE
        row.due_at = now() + BACKOFF_FIRST * 2 ** (row.attempts - 1)
    else:
        row.state, row.sent_at = Notification.State.SENT, now()


def _write_down(rows: Sequence[Notification]) -> None:
    names = ("id", "attempts", "state", "due_at", "sent_at")
    columns = [[getattr(row, name) for row in rows] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(_SET, columns)


def ring() -> None:
    """After a commit: have a worker send, at most once a second. Losing the ring loses nothing."""
    global _next_ring
    if time.monotonic() < _next_ring:
        return
    _next_ring = time.monotonic() + RING_PAUSE_S
    from wallets.notifications.tasks import send

    try:
        send.delay()
    except Exception as error:  # noqa: BLE001 - the payment stands, whatever the broker says
        logger.warning("the doorbell is silent: %s", type(error).__name__)
