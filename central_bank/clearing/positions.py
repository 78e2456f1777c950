"""What a bank may send now: one conditional UPDATE of one row decides (INV-3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.audit import services as audit
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import Role
from cbdc.money import is_amount
from central_bank.clearing.domain import CycleState
from central_bank.clearing.models import Position, SettlementCycle
from central_bank.clearing.selectors import cycle_positions
from central_bank.issuance.hooks import on_guarantee_change
from central_bank.supervision.directory import Bank
from central_bank.supervision.hooks import at_admission

GROSS_FROM = "set_gross_from"
MAY_PROPOSE = "clearing.change_position"
_RESERVE = """
UPDATE clearing_position SET sent = sent + %(amount)s
WHERE bank = %(bank)s AND sent + %(amount)s <= guarantee + received
    AND (net_debit_cap IS NULL OR sent + %(amount)s - received <= net_debit_cap)
"""
_APPLY = """
UPDATE clearing_position SET guarantee = guarantee + %s, sent = sent + %s,
    received = received + %s, earmarked = earmarked + %s WHERE bank = %s
"""


@dataclass(slots=True)
class Change:
    """What decisions do to one bank's position, in fen."""

    guarantee: int = 0
    sent: int = 0
    received: int = 0
    earmarked: int = 0


@at_admission
def open_position(bank: Bank) -> None:
    """Give an admitted bank its row; a second call changes nothing."""
    Position.objects.get_or_create(bank=bank.code)


def reserve(*, bank: str, amount: int) -> bool:
    """Take `amount` fen from the bank's headroom, or say that it is not there."""
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, {"bank": bank, "amount": amount})
        return bool(cursor.rowcount == 1)


def earmark(*, bank: str, amount: int) -> bool:
    """Set `amount` fen of the guarantee aside for a gross payment, or say that it is in use."""
    try:
        with transaction.atomic():
            change_guarantee(bank, -amount)
    except Problem:
        return False
    Position.objects.filter(bank=bank).update(earmarked=F("earmarked") + amount)
    return True


def apply(changes: Mapping[str, Change]) -> None:
    """Book decisions, bank by bank in the order of their codes: the order in which rows lock."""
    statements: list[str] = []
    values: list[Any] = []
    for bank, change in sorted(changes.items()):
        if change != Change():
            statements.append(_APPLY)
            values += [change.guarantee, change.sent, change.received, change.earmarked, bank]
    if statements:
        with connection.cursor() as cursor:
            cursor.execute("; ".join(statements), values)


def gross_from(bank: str) -> int:
    """From how many fen on the bank's payments settle gross."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gross_from FROM clearing_position WHERE bank = %s", [bank])
        row = cursor.fetchone()
    return int(settings.HIGH_VALUE_FROM if row is None or row[0] is None else row[0])


def propose_gross_from(
    *, bank: str, amount: int | None, maker: User, reason: str
) -> ApprovalRequest:
    """Propose from how many fen on a bank's payments settle gross; None is HIGH_VALUE_FROM.

    Raises:
        Problem: invalid_amount; permission_denied.
    """
    return four_eyes.propose(
        kind=GROSS_FROM, subject=bank, payload={"gross_from": amount}, maker=maker, reason=reason
    )


@transaction.atomic
def set_gross_from(*, bank: str, amount: int | None, actor: str) -> None:
    """Set from how many fen on a bank's payments settle gross; None is HIGH_VALUE_FROM.

    Raises:
        Problem: invalid_amount, not_found.
    """
    _require_threshold(amount)
    if not Position.objects.filter(bank=bank).update(gross_from=amount):
        raise Problem(ErrorCode.NOT_FOUND, f"No bank is named {bank}.")
    detail = {"amount": amount}
    audit.record(actor=actor, action="set_gross_from", subject=bank, detail=detail)


def _require_threshold(amount: int | None) -> None:
    if amount is not None and not is_amount(amount):
        raise Problem(ErrorCode.INVALID_AMOUNT)


@on_guarantee_change
def change_guarantee(bank: str, change: int) -> None:
    """Follow a lock or an unlock, in fen.

    Raises:
        Problem: insufficient_funds, when what is unlocked is in use.
    """
    enough = Position.objects.filter(
        bank=bank,
        guarantee__gte=-change,
        sent__lte=F("guarantee") + F("received") + change,
    )
    if not enough.update(guarantee=F("guarantee") + change):
        raise Problem(ErrorCode.INSUFFICIENT_FUNDS, "The guarantee is in use.")
    if change < 0:
        _require_cover_of_closed_cycles(bank)


def _require_cover_of_closed_cycles(bank: str) -> None:
    """What came in since a cycle closed is no cover for it: that moves in a later settlement.

    Read after the position is locked, so no cycle that closes meanwhile is missed: until this
    commits, nothing that it would have to cover can come in.
    """
    cover = Position.objects.get(bank=bank).guarantee
    closed = SettlementCycle.objects.filter(state=CycleState.CLOSED).order_by("number")
    for cycle in closed:
        gross = cycle_positions(cycle).get(bank)
        cover += gross.net if gross else 0
        if cover < 0:
            raise Problem(ErrorCode.INSUFFICIENT_FUNDS, "A cycle that settles next needs it.")


def set_net_debit_cap(*, bank: str, cap: int | None, actor: str) -> None:
    """Hold what a bank owes net, and has not settled, below a cap too; None: its guarantee alone.

    Raises:
        Problem: not_found, invalid_amount.
    """
    if cap is not None and cap != 0 and not is_amount(cap):
        raise Problem(ErrorCode.INVALID_AMOUNT)
    with transaction.atomic():
        if not Position.objects.filter(bank=bank).update(net_debit_cap=cap):
            raise Problem(ErrorCode.NOT_FOUND)
        audit.record(
            actor=actor, action="set_net_debit_cap", subject=bank, detail={"net_debit_cap": cap}
        )


def _checker(request: ApprovalRequest) -> str:
    return request.checker.username if request.checker else ""


def _set_cap(request: ApprovalRequest) -> None:
    cap = request.payload["net_debit_cap"]
    set_net_debit_cap(bank=request.subject, cap=cap, actor=_checker(request))


def _set_gross_from(request: ApprovalRequest) -> None:
    amount = request.payload["gross_from"]
    set_gross_from(bank=request.subject, amount=amount, actor=_checker(request))


four_eyes.register(
    "set_net_debit_cap",
    fields={"net_debit_cap": int},
    carry_out=_set_cap,
    by_hand=Role.CENTRAL_BANK,
)
four_eyes.register(
    GROSS_FROM,
    fields={"gross_from": int | None},
    carry_out=_set_gross_from,
    check=lambda payload: _require_threshold(payload["gross_from"]),
    may_propose=MAY_PROPOSE,
)
