"""A settlement batch of fares: rating, billing, charging, in this order, each by its own rows."""

from collections.abc import Callable
from dataclasses import dataclass

from wallets.transit.operators import billing, charging, denials, money, rating, refunding
from wallets.transit.riders import mandates


@dataclass(frozen=True, slots=True)
class Settled:
    """How many rider-weeks were rated and billed, how many charges made and refunds sent."""

    rated: int
    billed: int
    charged: int
    refunded: int


def settle() -> Settled:
    """Do all that is due. Two at once share the work."""
    rated = _all(rating.rate_due)
    billed = _all(billing.bill_due)
    charged = _all(charging.charge_due)
    money.take_missed()
    return Settled(rated, billed, charged, refunding.send_due())


def recover_debts() -> int:
    """Collect debts that can be paid now; how many."""
    return _all(mandates.recover)


def tidy() -> None:
    """Let go of revocations that are long over."""
    _all(denials.forget_expired)


def _all(batch: Callable[[], int]) -> int:
    """Batches until one finds nothing; how many rows they had."""
    done = 0
    while found := batch():
        done += found
    return done
