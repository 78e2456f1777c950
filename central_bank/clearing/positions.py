"""What a bank may send now: one conditional UPDATE of one row decides (INV-3)."""

from django.db.models import F

from cbdc.errors import ErrorCode, Problem
from central_bank.clearing.domain import CycleState, gross_by_bank
from central_bank.clearing.models import Position, SettlementCycle
from central_bank.clearing.selectors import flows
from central_bank.issuance.hooks import on_guarantee_change
from central_bank.supervision.directory import Bank
from central_bank.supervision.hooks import at_admission


@at_admission
def open_position(bank: Bank) -> None:
    """Give an admitted bank its row; a second call changes nothing."""
    Position.objects.get_or_create(bank=bank.code)


def reserve(*, bank: str, amount: int) -> bool:
    """Take `amount` fen from the bank's headroom, or say that it is not there."""
    enough = Position.objects.filter(bank=bank, sent__lte=F("guarantee") + F("received") - amount)
    return bool(enough.update(sent=F("sent") + amount))


def release(*, bank: str, amount: int) -> None:
    """Give a rejected payment's reservation back."""
    Position.objects.filter(bank=bank).update(sent=F("sent") - amount)


def receive(*, bank: str, amount: int) -> None:
    """Add a completed payment to the headroom of the payee's bank."""
    Position.objects.filter(bank=bank).update(received=F("received") + amount)


def settle(*, bank: str, guarantee_change: int, sent: int, received: int) -> None:
    """Take a settled cycle out, and move the guarantee with it: the headroom stays the same."""
    Position.objects.filter(bank=bank).update(
        guarantee=F("guarantee") + guarantee_change,
        sent=F("sent") - sent,
        received=F("received") - received,
    )


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
    for cycle_id in closed.values_list("id", flat=True):
        gross = gross_by_bank(flows(cycle_id)).get(bank)
        cover += gross.net if gross else 0
        if cover < 0:
            raise Problem(ErrorCode.INSUFFICIENT_FUNDS, "A cycle that settles next needs it.")
