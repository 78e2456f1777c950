"""What the clock does for transit: rate, bill, charge, give back, recover. Each finds its work in
rows, so a run that is lost or doubled changes nothing."""

from celery import shared_task

from wallets.transit import settling


@shared_task(name="transit.settle")
def settle() -> None:
    """A settlement batch: from the taps that came in to money."""
    settling.settle()


@shared_task(name="transit.recover")
def recover() -> None:
    """Collect what riders owed and can pay now."""
    settling.recover_debts()


@shared_task(name="transit.tidy")
def tidy() -> None:
    """Forget what no gate needs any more."""
    settling.tidy()
