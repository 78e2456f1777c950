"""Settling a closed cycle, step by step: net, move the tokens, state. docs/flows/settlement.md

Each step is a transaction of its own that finds out first whether it is done already, so the
whole may be killed anywhere and run again, also by two at once.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import F

from cbdc.audit import services as audit
from cbdc.clock import now
from cbdc.messaging.services import send_each
from cbdc.protocol.messages import Pacs009
from central_bank.clearing import positions
from central_bank.clearing.domain import (
    CycleState,
    Gross,
    gross_by_bank,
    settlement_outputs,
    tokens_to_consume,
)
from central_bank.clearing.gross import LOCKED_TOKENS_MAX
from central_bank.clearing.models import CyclePosition, SettlementCycle
from central_bank.clearing.positions import Change
from central_bank.clearing.selectors import cycle_positions, flows
from central_bank.clearing.statements import parts_of, send_statements
from central_bank.issuance.domain import Kind
from central_bank.issuance.registry import Executed, execute, hold_chain, inputs_of
from central_bank.issuance.selectors import guarantee_tokens
from central_bank.supervision.services import SYSTEM

NOTHING_MOVED = Executed("", {}, {}, {})


class CycleOrderError(Exception):
    """The cycle cannot settle yet: it is open, or one before it has not settled."""


def settle_cycle(cycle_id: UUID, *, actor: str = SYSTEM) -> bool:
    """Bring a closed cycle to its end; returns whether this call moved its tokens.

    Raises:
        CycleOrderError: see there.
    """
    net(cycle_id)
    moved = move(cycle_id, actor=actor)
    send_statements(cycle_id)
    return moved


def settle_closed_cycles(*, actor: str = SYSTEM) -> int:
    """Settle every closed cycle, the oldest first, and send what statements are missing.

    Returns how many cycles this call settled.
    """
    closed = SettlementCycle.objects.filter(state=CycleState.CLOSED).order_by("number")
    ids = list(closed.values_list("id", flat=True))
    settled = sum(settle_cycle(cycle_id, actor=actor) for cycle_id in ids)
    for cycle_id in unstated_cycles():
        send_statements(cycle_id)
    return settled


def unstated_cycles() -> list[UUID]:
    """Settled cycles of which a statement is missing: their settling was killed."""
    missing = CyclePosition.objects.filter(
        parts_sent__lt=F("parts"), cycle__state=CycleState.SETTLED
    )
    return list(missing.order_by("cycle__number").values_list("cycle_id", flat=True).distinct())


@transaction.atomic
def net(cycle_id: UUID) -> bool:
    """Add the payments of a closed cycle up and freeze the sums; whether this call did it.

    The only step that reads every payment. It locks nothing that a payment waits for.

    Raises:
        CycleOrderError: the cycle is open: its payments are not fixed.
    """
    cycle = SettlementCycle.objects.select_for_update().get(id=cycle_id)
    if cycle.state == CycleState.OPEN:
        raise CycleOrderError(f"cycle {cycle.number} is open")
    if cycle.netted_at is not None or cycle.state == CycleState.SETTLED:
        return False
    gross = gross_by_bank(flows(cycle_id))
    cycle.payments = sum(share.payments for share in gross.values()) // 2  # each has two banks
    cycle.gross = sum(share.sent for share in gross.values())
    cycle.netted_at = now()
    cycle.save(update_fields=["payments", "gross", "netted_at"])
    CyclePosition.objects.bulk_create(
        CyclePosition(
            cycle=cycle,
            bank=bank,
            sent=share.sent,
            received=share.received,
            payments=share.payments,
            parts=parts_of(share.payments),
        )
        for bank, share in gross.items()
    )
    return True


@transaction.atomic
def move(cycle_id: UUID, *, actor: str = SYSTEM) -> bool:
    """Move the tokens of a netted cycle, which settles it; whether this call did it.

    Locks, in order: the cycle, the chain, accounts and positions by bank code, the audit log.
    What is slow comes before the locks that payments want.

    Raises:
        CycleOrderError: see there.
    """
    cycle = SettlementCycle.objects.select_for_update().get(id=cycle_id)
    if cycle.state == CycleState.SETTLED:
        return False
    _require_turn(cycle)
    gross = cycle_positions(cycle)
    done = _move_tokens(cycle, gross)
    cycle.state, cycle.settled_at = CycleState.SETTLED, now()
    cycle.transaction_id = done.transaction_id or None
    cycle.save(update_fields=["state", "settled_at", "transaction_id"])
    _send_advice(cycle, gross, done)
    positions.apply(
        {
            bank: Change(
                guarantee=done.guarantee_changes.get(bank, 0),
                sent=-share.sent,
                received=-share.received,
            )
            for bank, share in gross.items()
        }
    )
    if gross:
        detail = {"payments": cycle.payments, "gross": cycle.gross}
        audit.record(actor=actor, action="settle_cycle", subject=str(cycle_id), detail=detail)
    return True


def _require_turn(cycle: SettlementCycle) -> None:
    """In order of closing: the guarantee covers each cycle after those before it have settled."""
    earlier = SettlementCycle.objects.filter(state=CycleState.CLOSED, number__lt=cycle.number)
    if cycle.netted_at is None or earlier.exists():
        raise CycleOrderError(f"cycle {cycle.number} is not netted, or one before it not settled")


def _move_tokens(cycle: SettlementCycle, gross: dict[str, Gross]) -> Executed:
    """One transaction: debtors' locked tokens in, one locked token for each bank out."""
    nets = {bank: share.net for bank, share in gross.items() if share.net}
    if not nets:
        return NOTHING_MOVED
    hold_chain()
    chosen = {
        bank: tokens_to_consume(guarantee_tokens(bank), max(-due, 0), keep_max=LOCKED_TOKENS_MAX)
        for bank, due in nets.items()
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
    letters = []
    for bank, share in gross.items():
        advice = Pacs009(
            cycle_id=cycle.id,
            net=share.net,
            transaction_id=done.transaction_id if bank in done.consumed else None,
            consumed=done.consumed.get(bank, ()),
            created=done.created.get(bank, ()),
            payments=share.payments,
            closed_at=cycle.closed_at,
            settled_at=cycle.settled_at,
        )
        letters.append((bank, advice))
    send_each(letters)
