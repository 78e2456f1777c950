"""The advice and the statement of a settled cycle: booked, then reconciled item by item."""

import logging
from uuid import UUID

from django.db.models import F

from cbdc.clock import now
from cbdc.identifiers import derived_id
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Transfer, TransferCode
from cbdc.protocol.messages import Camt053, Pacs009, StatementEntry
from commercial_banks.chart import CLEARING, TOKENS_AT_CENTRAL_BANK
from commercial_banks.clearing.models import Break, InterbankPayment, Settlement, Status
from commercial_banks.treasury.vault import apply_changes

logger = logging.getLogger(__name__)


def book_settlement(advice: Pacs009) -> None:
    """Book a cycle's net against `clearing`, and its tokens in the vault, once."""
    Settlement.objects.update_or_create(
        cycle_id=advice.cycle_id,
        defaults={
            "net": advice.net,
            "payments": advice.payments,
            "transaction_id": advice.transaction_id or "",
            "settled_at": advice.settled_at,
        },
    )
    apply_changes(consumed=advice.consumed, created=advice.created)
    if advice.net:
        [result] = create_transfers([_net_transfer(advice)])
        if not result.recorded:
            raise RuntimeError(f"the ledger refused cycle {advice.cycle_id}: {result}")


def _net_transfer(advice: Pacs009) -> Transfer:
    """In: tokens → clearing, which had paid the wallets. Out: clearing → tokens."""
    came_in = advice.net > 0
    return Transfer(
        id=derived_id(advice.cycle_id, "settle"),
        debit_account=TOKENS_AT_CENTRAL_BANK if came_in else CLEARING,
        credit_account=CLEARING if came_in else TOKENS_AT_CENTRAL_BANK,
        amount=abs(advice.net),
        ledger=Ledger.DIGITAL_CURRENCY,
        code=TransferCode.SETTLEMENT,
        reference=advice.cycle_id,
        occurred_at=now(),
    )


def reconcile(statement: Camt053) -> None:
    """Match every entry with this bank's own record; what differs is a break."""
    ids = [entry.payment_id for entry in statement.entries]
    own = InterbankPayment.objects.in_bulk(ids)
    breaks = [
        Break(cycle_id=statement.cycle_id, payment_id=entry.payment_id, kind=kind, detail=detail)
        for entry in statement.entries
        for kind, detail in _differences(entry, own.get(entry.payment_id), statement.cycle_id)
    ]
    for found in breaks:
        logger.error("reconciliation: %s of %s: %s", found.kind, found.payment_id, found.detail)
    Break.objects.bulk_create(breaks, ignore_conflicts=True)
    InterbankPayment.objects.filter(payment_id__in=ids, cycle_id__isnull=True).update(
        cycle_id=statement.cycle_id
    )
    row, _ = Settlement.objects.get_or_create(
        cycle_id=statement.cycle_id,
        defaults={"net": 0, "payments": 0, "settled_at": now()},
    )
    Settlement.objects.filter(cycle_id=row.cycle_id).update(
        parts=statement.parts,
        parts_received=F("parts_received") + 1,
        gross_in=statement.gross_in,
        gross_out=statement.gross_out,
    )


def _differences(
    entry: StatementEntry, own: InterbankPayment | None, cycle_id: UUID
) -> list[tuple[str, str]]:
    if own is None:
        return [("unknown_payment", "the statement has it, this bank does not")]
    found = []
    if own.amount != entry.amount:
        found.append(("amount", f"{own.amount} here, {entry.amount} in the statement"))
    if own.direction != entry.direction:
        found.append(("direction", f"{own.direction} here, {entry.direction} in the statement"))
    if own.status == Status.REJECTED:
        found.append(("status", "rejected here, settled in the statement"))
    if own.cycle_id not in (None, cycle_id):
        found.append(("settled_twice", f"already in cycle {own.cycle_id}"))
    return found
