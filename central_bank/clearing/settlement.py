"""Settling a closed cycle: net, move the tokens, tell every bank; all in one transaction."""

from itertools import islice
from uuid import UUID

from django.db import transaction

from cbdc.clock import now
from cbdc.messaging.services import send
from cbdc.protocol.messages import Camt053, Pacs009
from central_bank.clearing import positions
from central_bank.clearing.domain import (
    CycleState,
    Gross,
    gross_by_bank,
    settlement_outputs,
    tokens_to_consume,
)
from central_bank.clearing.models import CyclePosition, SettlementCycle
from central_bank.clearing.selectors import flows, statement_entries
from central_bank.issuance.domain import Kind
from central_bank.issuance.registry import Executed, execute, hold_chain, inputs_of
from central_bank.issuance.selectors import guarantee_tokens
from central_bank.supervision import audit
from central_bank.supervision.services import SYSTEM

STATEMENT_ENTRIES_MAX = 5_000  # in one part
LOCKED_TOKENS_MAX = 32  # of a bank; above it, a settlement merges them
NOTHING_MOVED = Executed("", {}, {}, {})


class CycleOrderError(Exception):
    """The cycle cannot settle yet: it is open, or one before it has not settled."""


@transaction.atomic
def settle_cycle(cycle_id: UUID, *, actor: str = SYSTEM) -> bool:
    """Settle a closed cycle; returns whether this call did it. Safe to kill and to run again.

    Locks, in order: the cycle, the chain, accounts and positions by bank code, the audit log.
    What is slow (the statements) comes before the locks that others want.

    Raises:
        CycleOrderError: see there.
    """
    cycle = SettlementCycle.objects.select_for_update().get(id=cycle_id)
    if cycle.state == CycleState.SETTLED:
        return False
    _require_turn(cycle)
    gross = gross_by_bank(flows(cycle_id))
    _freeze(cycle, gross)
    _send_statements(cycle, gross)
    done = _move_tokens(cycle, gross)
    for bank, share in gross.items():
        positions.settle(
            bank=bank,
            guarantee_change=done.guarantee_changes.get(bank, 0),
            sent=share.sent,
            received=share.received,
        )
    cycle.state, cycle.settled_at = CycleState.SETTLED, now()
    cycle.transaction_id = done.transaction_id or None
    cycle.save()
    _send_advice(cycle, gross, done)
    if gross:
        detail = {"payments": cycle.payments, "gross": cycle.gross}
        audit.record(actor=actor, action="settle_cycle", subject=str(cycle_id), detail=detail)
    return True


def settle_closed_cycles(*, actor: str = SYSTEM) -> int:
    """Settle every closed cycle, the oldest first; returns how many this call settled."""
    closed = SettlementCycle.objects.filter(state=CycleState.CLOSED).order_by("number")
    ids = list(closed.values_list("id", flat=True))
    return sum(settle_cycle(cycle_id, actor=actor) for cycle_id in ids)


def _require_turn(cycle: SettlementCycle) -> None:
    """In order of closing: the guarantee covers each cycle after those before it have settled."""
    earlier = SettlementCycle.objects.filter(state=CycleState.CLOSED, number__lt=cycle.number)
    if cycle.state == CycleState.OPEN or earlier.exists():
        raise CycleOrderError(f"cycle {cycle.number} is open, or one before it is not settled")


def _freeze(cycle: SettlementCycle, gross: dict[str, Gross]) -> None:
    cycle.payments = sum(share.payments for share in gross.values()) // 2  # each has two banks
    cycle.gross = sum(share.sent for share in gross.values())
    CyclePosition.objects.bulk_create(
        CyclePosition(
            cycle=cycle,
            bank=bank,
            sent=share.sent,
            received=share.received,
            payments=share.payments,
        )
        for bank, share in gross.items()
    )


def _send_statements(cycle: SettlementCycle, gross: dict[str, Gross]) -> None:
    for bank, share in gross.items():
        parts = -(-share.payments // STATEMENT_ENTRIES_MAX)
        entries = statement_entries(cycle.id, bank)
        for part in range(1, parts + 1):
            statement = Camt053(
                cycle_id=cycle.id,
                part=part,
                parts=parts,
                entries=tuple(islice(entries, STATEMENT_ENTRIES_MAX)),
                gross_in=share.received,
                gross_out=share.sent,
            )
            send(to=bank, message=statement)


def _move_tokens(cycle: SettlementCycle, gross: dict[str, Gross]) -> Executed:
    """One transaction: debtors' locked tokens in, one locked token for each bank out."""
    nets = {bank: share.net for bank, share in gross.items() if share.net}
    if not nets:
        return NOTHING_MOVED
    hold_chain()
    chosen = {
        bank: tokens_to_consume(guarantee_tokens(bank), max(-net, 0), keep_max=LOCKED_TOKENS_MAX)
        for bank, net in nets.items()
    }
    consumed = {bank: sum(value for _, value in tokens) for bank, tokens in chosen.items()}
    token_ids = [token_id for tokens in chosen.values() for token_id, _ in tokens]
    return execute(
        Kind.SETTLE,
        request_id=cycle.id,
        inputs=inputs_of(token_ids),
        outputs=settlement_outputs(consumed, nets),
    )


def _send_advice(cycle: SettlementCycle, gross: dict[str, Gross], done: Executed) -> None:
    if cycle.closed_at is None or cycle.settled_at is None:
        raise CycleOrderError("only a settled cycle is advised")
    for bank, share in gross.items():
        moved = bank in done.consumed
        advice = Pacs009(
            cycle_id=cycle.id,
            net=share.net,
            transaction_id=done.transaction_id if moved else None,
            consumed=done.consumed.get(bank, ()),
            created=done.created.get(bank, ()),
            payments=share.payments,
            closed_at=cycle.closed_at,
            settled_at=cycle.settled_at,
        )
        send(to=bank, message=advice)
