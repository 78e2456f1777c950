"""Asking again: a payment without a decision is unknown, not failed."""

from datetime import timedelta

from celery import shared_task
from django.db import transaction

from cbdc.clock import now
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.messaging.services import send_many
from cbdc.protocol.messages import Pacs028
from commercial_banks.clearing.directory import refresh_directory
from commercial_banks.clearing.models import InterbankPayment, Status

ASK_AFTER = timedelta(seconds=5)
BATCH_MAX = 1000


@shared_task(name="commercial_banks.chase")
def chase() -> None:
    """Send a pacs.028 for each outgoing payment that has waited too long."""
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
        InterbankPayment.objects.filter(payment_id__in=[row.payment_id for row in rows]).update(
            asked_at=moment
        )
        send_many(to=CENTRAL_BANK_CODE, messages=[Pacs028(row.payment_id) for row in rows])


@shared_task(name="commercial_banks.refresh_directory")
def refresh() -> None:
    """Keep the directory of institutions fresh."""
    refresh_directory()
