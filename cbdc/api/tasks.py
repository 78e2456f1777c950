"""Housekeeping of the API's own rows."""

from celery import shared_task

from cbdc.api.idempotency import purge_records
from cbdc.api.rate_limits import purge_counters

BATCHES_MAX = 100


@shared_task(name="api.purge_idempotency_records")
def purge_idempotency_records() -> None:
    """Delete what is past its time, batch by batch; the next run goes on where this one ends."""
    for purge in (purge_records, purge_counters):
        for _ in range(BATCHES_MAX):
            if purge() == 0:
                break
