"""The rules of clearing, pure: nets, and the states of a payment and of a cycle."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from central_bank.issuance.domain import GUARANTEE, Output


class PaymentState(StrEnum):
    """Which events lead from one to another: machine.py."""

    HELD = "held"
    FORWARDED = "forwarded"
    COMPLETED = "completed"
    REJECTED = "rejected"


class CycleState(StrEnum):
    """open → closed (its payments are fixed) → settled (its tokens have moved)."""

    OPEN = "open"
    CLOSED = "closed"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Obligation:
    """`payer` owes `payee` `amount` fen: a completed payment."""

    payer: str
    payee: str
    amount: int


@dataclass(frozen=True, slots=True)
class Gross:
    """What one bank sent and received in a cycle, in fen, and in how many payments."""

    sent: int = 0
    received: int = 0
    payments: int = 0

    @property
    def net(self) -> int:
        """What the bank receives (positive) or pays (negative)."""
        return self.received - self.sent

    def __add__(self, other: "Gross") -> "Gross":
        return Gross(
            self.sent + other.sent, self.received + other.received, self.payments + other.payments
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """All completed payments from `payer` to `payee` in a cycle: their sum and number."""

    payer: str
    payee: str
    amount: int
    payments: int


def gross_by_bank(flows: Iterable[Flow]) -> dict[str, Gross]:
    """What each bank sent and received, by code, sorted."""
    banks: dict[str, Gross] = {}
    for flow in flows:
        sent = Gross(sent=flow.amount, payments=flow.payments)
        received = Gross(received=flow.amount, payments=flow.payments)
        banks[flow.payer] = banks.get(flow.payer, Gross()) + sent
        banks[flow.payee] = banks.get(flow.payee, Gross()) + received
    return dict(sorted(banks.items()))


def net_positions(obligations: Iterable[Obligation]) -> dict[str, int]:
    """The multilateral net of each bank, in fen: received less sent. INV-9: they sum to zero."""
    nets: dict[str, int] = {}
    for obligation in obligations:
        nets[obligation.payer] = nets.get(obligation.payer, 0) - obligation.amount
        nets[obligation.payee] = nets.get(obligation.payee, 0) + obligation.amount
    return nets


def tokens_to_consume(
    tokens: list[tuple[str, int]], needed: int, *, keep_max: int
) -> list[tuple[str, int]]:
    """Which of a bank's locked tokens (id, value), the most valuable first, go into settlement.

    Enough for `needed` fen; and all of them when more than `keep_max` are live, so that a bank
    that receives in every cycle does not gather tokens without end.
    """
    if len(tokens) > keep_max:
        return tokens
    chosen, total = [], 0
    for token in tokens:
        if total >= needed:
            break
        chosen.append(token)
        total += token[1]
    return chosen


def settlement_outputs(consumed: dict[str, int], nets: dict[str, int]) -> list[Output]:
    """One locked token for each bank: what it put in, plus or less its net; none when zero.

    Raises:
        ValueError: a bank put in less than it pays; its headroom was to prevent that.
    """
    outputs = []
    for bank in sorted(consumed.keys() | nets.keys()):
        value = consumed.get(bank, 0) + nets.get(bank, 0)
        if value < 0:
            raise ValueError(f"the guarantee of {bank} does not cover its net")
        if value:
            outputs.append(Output(bank, value, GUARANTEE))
    return outputs
