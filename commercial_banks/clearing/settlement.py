"""The advices of what has settled: booked against `clearing`, and the vault with it, once."""

from uuid import UUID

from cbdc.clock import now
from cbdc.identifiers import derived_id
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Transfer, TransferCode
from cbdc.protocol.messages import Camt054, Pacs009
from commercial_banks.chart import CLEARING, TOKENS_AT_CENTRAL_BANK
from commercial_banks.clearing.models import GrossSettlement, Settlement
from commercial_banks.treasury.vault import apply_changes


def book_settlement(advice: Pacs009) -> None:
    """Book a cycle's net (pacs.009)."""
    Settlement.objects.update_or_create(
        cycle_id=advice.cycle_id,
        defaults={
            "net": advice.net,
            "payments": advice.payments,
            "transaction_id": advice.transaction_id or "",
            "closed_at": advice.closed_at,
            "settled_at": advice.settled_at,
        },
    )
    apply_changes(consumed=advice.consumed, created=advice.created)
    if advice.net:
        _book(advice.cycle_id, advice.net)


def book_gross(advice: Camt054) -> None:
    """Book a payment that settled gross (camt.054)."""
    GrossSettlement.objects.get_or_create(
        payment_id=advice.payment_id,
        defaults={
            "direction": advice.direction,
            "amount": advice.amount,
            "transaction_id": advice.transaction_id,
            "settled_at": advice.settled_at,
        },
    )
    apply_changes(consumed=advice.consumed, created=advice.created)
    _book(advice.payment_id, advice.amount if advice.direction == "in" else -advice.amount)


def _book(reference: UUID, net: int) -> None:
    """In: tokens → clearing, which had paid the wallets. Out: clearing → tokens."""
    came_in = net > 0
    [result] = create_transfers(
        [
            Transfer(
                id=derived_id(reference, "settle"),
                debit_account=TOKENS_AT_CENTRAL_BANK if came_in else CLEARING,
                credit_account=CLEARING if came_in else TOKENS_AT_CENTRAL_BANK,
                amount=abs(net),
                ledger=Ledger.DIGITAL_CURRENCY,
                code=TransferCode.SETTLEMENT,
                reference=reference,
                occurred_at=now(),
            )
        ]
    )
    if not result.recorded:
        raise RuntimeError(f"the ledger refused the settlement of {reference}: {result}")
