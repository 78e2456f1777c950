"""Reads of clearing: the flows of a cycle, and cycles as the API shows them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from cbdc.clock import rfc3339
from central_bank.clearing.domain import CycleState, Flow, Gross, gross_by_bank
from central_bank.clearing.models import ClearingPayment, CyclePosition, SettlementCycle


def flows(cycle_id: UUID) -> list[Flow]:
    """The completed payments of a cycle, added up by payer's and payee's bank."""
    sums = (
        ClearingPayment.objects.filter(cycle_id=cycle_id)
        .order_by("payer_bank", "payee_bank")
        .values("payer_bank", "payee_bank")
        .annotate(total=Sum("amount"), number=Count("*"))
    )
    return [
        Flow(row["payer_bank"], row["payee_bank"], int(row["total"]), row["number"]) for row in sums
    ]


def cycles(*, before: int | None, limit: int) -> list[SettlementCycle]:
    """Cycles with a number below `before`, the newest first."""
    rows = SettlementCycle.objects.order_by("-number")
    return list(rows.filter(number__lt=before)[:limit] if before is not None else rows[:limit])


def cycle_positions(cycle: SettlementCycle) -> dict[str, Gross]:
    """What each bank sent and received: as frozen once netted, added up now before that."""
    if cycle.netted_at is None and cycle.state != CycleState.SETTLED:
        return gross_by_bank(flows(cycle.id))
    rows = CyclePosition.objects.filter(cycle=cycle).order_by("bank")
    return {row.bank: Gross(row.sent, row.received, row.payments) for row in rows}


def cycle_as_json(cycle: SettlementCycle) -> dict[str, Any]:
    """A cycle as the API shows it. INV-9: the nets sum to zero."""
    positions = cycle_positions(cycle)
    return {
        "cycle_id": str(cycle.id),
        "state": cycle.state,
        "opened_at": rfc3339(cycle.opened_at),
        "closed_at": rfc3339(cycle.closed_at) if cycle.closed_at else None,
        "settled_at": rfc3339(cycle.settled_at) if cycle.settled_at else None,
        "payments": sum(gross.payments for gross in positions.values()) // 2,
        "gross": sum(gross.sent for gross in positions.values()),
        "net": {bank: gross.net for bank, gross in positions.items()},
        "transaction_id": cycle.transaction_id,
    }
