"""Reads of clearing: the flows of a cycle, and cycles as the API shows them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Greatest

from cbdc.clock import now, rfc3339
from cbdc.console import bounded
from central_bank.clearing.domain import CycleState, Flow, Gross, PaymentState, gross_by_bank
from central_bank.clearing.models import (
    ClearingPayment,
    CyclePosition,
    Position,
    SettlementCycle,
)

LATE_AFTER = 2  # times PAYMENT_EXPIRY_S: then the payee's bank was asked to give it up, in vain


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


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """A cycle that was netted. `moved` is what netting left to move, in fen."""

    number: int
    state: str
    closed_at: datetime | None
    payments: int
    gross: int
    moved: int

    @property
    def saved(self) -> int:
        """The liquidity that netting saved: what gross settlement would have moved on top."""
        return self.gross - self.moved


def netted_cycles(limit: int) -> list[CycleFigures]:
    """The newest `limit` cycles that are netted and had payments, the newest first."""
    rows = SettlementCycle.objects.filter(netted_at__isnull=False, payments__gt=0)
    rows = rows.order_by("-number")
    return _figures(rows, limit)


def cycles_closed_between(begins: datetime, ends: datetime, *, limit: int) -> list[CycleFigures]:
    """Netted cycles with payments that closed in a time, the first `limit` in their order."""
    rows = SettlementCycle.objects.filter(
        netted_at__isnull=False, payments__gt=0, closed_at__gte=begins, closed_at__lt=ends
    ).order_by("number")
    return _figures(rows, limit)


def _figures(rows: QuerySet[SettlementCycle], limit: int) -> list[CycleFigures]:
    moved = Sum(Greatest(F("positions__received") - F("positions__sent"), 0))
    return [
        CycleFigures(
            number=row.number,
            state=row.state,
            closed_at=row.closed_at,
            payments=row.payments,
            gross=row.gross,
            moved=int(row.moved or 0),
        )
        for row in rows.annotate(moved=moved)[:limit]
    ]


@dataclass(frozen=True, slots=True)
class CapUse:
    """What a bank owes net now, and may owe at most: its cap, or its guarantee."""

    bank: str
    owed: int
    most: int
    guarantee: int
    headroom: int


def caps_in_use() -> list[CapUse]:
    """Of every bank, by its code."""
    uses = []
    for row in Position.objects.order_by("bank"):
        owed = max(row.sent - row.received, 0)
        cap = row.guarantee if row.net_debit_cap is None else row.net_debit_cap
        most = min(row.guarantee, cap)
        uses.append(
            CapUse(row.bank, owed, most, row.guarantee, row.guarantee + row.received - row.sent)
        )
    return uses


def late_payments() -> int:
    """Payments that nobody has decided long after they should be; a bounded count."""
    since = now() - timedelta(seconds=LATE_AFTER * settings.PAYMENT_EXPIRY_S)
    undecided = Q(state__in=[PaymentState.HELD, PaymentState.FORWARDED])
    return bounded.count(ClearingPayment.objects.filter(undecided, received_at__lt=since))


def payments_between(first: UUID, last: UUID) -> int:
    """How many payments have an id from `first` on and below `last`: UUIDv7, so of that time."""
    return ClearingPayment.objects.filter(payment_id__gte=first, payment_id__lt=last).count()
