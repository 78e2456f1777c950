"""What the treasury does by the clock."""

from celery import shared_task

from commercial_banks.treasury.replenishment import REPLENISHMENT, replenish
from commercial_banks.treasury.services import tidy


@shared_task(name="commercial_banks.replenish")
def keep_stock() -> None:
    """Keep the stock between its marks."""
    replenish()


@shared_task(name="commercial_banks.tidy")
def keep_tidy() -> None:
    """Keep the number of tokens small."""
    tidy(by=REPLENISHMENT)
