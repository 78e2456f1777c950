"""Asking again: a payment without a decision is unknown, not failed."""

from datetime import timedelta

from celery import shared_task
from django.db import transaction

from cbdc.clock import now
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.messaging.selectors import on_their_way
from cbdc.messaging.services import send_many
from cbdc.protocol.messages import Pacs028
from commercial_banks.clearing.directory import refresh_directory
from commercial_banks.clearing.models import InterbankPayment, Status
from commercial_banks.clearing.orders import order_message_id
from commercial_banks.clearing.reconciliation import find_missing

ASK_AFTER = timedelta(seconds=5)
BATCH_MAX = 1000


@shared_task(name="commercial_banks.chase")
def chase() -> None:
    """Send a pacs.028 for each outgoing payment that has waited too long.

    Not while its pacs.008 is still on its way: overtaken by the question, it would be refused
    as a payment that the central bank never saw.
    """
    moment = now()
    waiting = InterbankPayment.objects.filter(
        status=Status.PENDING,
        direction=InterbankPayment.Direction.OUT,
        asked_at__lte=moment - ASK_AFTER,
    ).order_by("asked_at")
    with transaction.atomic():
        rows = list(waiting.select_for_update(skip_locked=True)[:BATCH_MAX])
        if not rows:
            return
        ids = [row.payment_id for row in rows]
        InterbankPayment.objects.filter(payment_id__in=ids).update(asked_at=moment)
        orders = {order_message_id(payment_id): payment_id for payment_id in ids}
        unheard = {orders[message_id] for message_id in on_their_way(orders)}
        asked = [Pacs028(payment_id) for payment_id in ids if payment_id not in unheard]
        if asked:
            send_many(to=CENTRAL_BANK_CODE, messages=asked)


@shared_task(name="commercial_banks.find_missing")
def missing() -> None:
    """Look for payments that no statement has."""
    find_missing()


@shared_task(name="commercial_banks.refresh_directory")
def refresh() -> None:
    """Keep the directory of institutions fresh."""
    refresh_directory()
