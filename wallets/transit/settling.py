"""A settlement batch of fares: rating, billing, charging, in this order, each by its own rows."""

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
    rated = rating.rate_all()
    billed = 0
    while batch := billing.bill_due():
        billed += batch
    charged = charging.charge_all()
    money.take_missed()
    return Settled(rated, billed, charged, refunding.send_due())


def recover_debts() -> int:
    """Collect debts that can be paid now; how many."""
    recovered = 0
    while batch := mandates.recover():
        recovered += batch
    return recovered


def tidy() -> None:
    """Let go of revocations that are long over."""
    while denials.forget_expired():
        pass
