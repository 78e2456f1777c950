"""Giving up what never had its turn, and forgetting what ended long ago; in batches."""

from datetime import timedelta

from django.db import connection, transaction

from cbdc.clock import now
from wallets.webhooks.domain import GIVE_UP_AFTER
from wallets.webhooks.models import Delivery, Endpoint, SigningSecret
from wallets.webhooks.queue import end_waiting

KEPT_FOR = timedelta(days=30)
PURGE_BATCH = 10_000

_FORGET = """
WITH old AS (
    DELETE FROM webhooks_delivery WHERE id IN (
        SELECT id FROM webhooks_delivery WHERE created_at < %s AND state <> 'due'
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING id
), attempts AS (
    DELETE FROM webhooks_attempt a USING old WHERE a.delivery_id = old.id
)
SELECT count(*) FROM old
"""


def purge() -> None:
    """All of it."""
    while give_up_old():
        pass
    for endpoint in Endpoint.objects.exclude(state=Endpoint.State.LIVE):
        while end_waiting(endpoint.id):
            pass
    while forget_deliveries():
        pass
    forget_endpoints()


def give_up_old() -> int:
    """Give up what waited behind others for longer than all retries take; how many."""
    due = Delivery.objects.filter(state=Delivery.State.DUE, began_at__lt=now() - GIVE_UP_AFTER)
    with transaction.atomic():
        some = due.order_by("id").select_for_update(skip_locked=True).values("id")[:PURGE_BATCH]
        return Delivery.objects.filter(id__in=some).update(state=Delivery.State.GIVEN_UP)


def forget_deliveries() -> int:
    """Delete deliveries of a month ago, with their attempts; how many went."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [now() - KEPT_FOR, PURGE_BATCH])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def forget_endpoints() -> None:
    """Delete endpoints that ended a month ago and have no delivery, and secrets that ended."""
    moment = now()
    SigningSecret.objects.filter(signs_until__lt=moment).delete()
    Endpoint.objects.filter(ended_at__lt=moment - KEPT_FOR, deliveries__isnull=True).delete()
