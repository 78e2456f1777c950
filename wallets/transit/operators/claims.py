"""What riders owe, and what operators gave up, in the ledger of claims.

No money: a debt is booked when a charge is refused, and unbooked when it is paid or void. So
the first ride of somebody without money is the operator's loss, and stands in the books as one.
"""

from collections.abc import Sequence
from uuid import UUID

from cbdc.clock import now
from cbdc.identifiers import derived_id, new_id
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Transfer, TransferCode
from commercial_banks.chart import TRANSIT_CLAIMS, TRANSIT_LOSSES, TRANSIT_RECEIVABLE, open_chart
from wallets.transit.models import Charge

State = Charge.State


def owed(charges: Sequence[Charge]) -> None:
    """Charges were refused: receivable, against claims."""
    _book(charges, TransferCode.FARE_OWED, TRANSIT_RECEIVABLE, TRANSIT_CLAIMS)


def settled(charges: Sequence[Charge]) -> None:
    """Debts, or losses, were paid after all, or are void. `state` says which they were."""
    lost = [charge for charge in charges if charge.state == State.LOST]
    _book(lost, TransferCode.FARE_SETTLED, TRANSIT_CLAIMS, TRANSIT_LOSSES)
    others = [charge for charge in charges if charge.state != State.LOST]
    _book(others, TransferCode.FARE_SETTLED, TRANSIT_CLAIMS, TRANSIT_RECEIVABLE)


def lost(charges: Sequence[Charge]) -> None:
    """The operator gives debts up."""
    _book(charges, TransferCode.FARE_LOST, TRANSIT_LOSSES, TRANSIT_RECEIVABLE)


def _book(charges: Sequence[Charge], code: TransferCode, debit: int, credit: int) -> None:
    if not charges:
        return
    open_chart()  # a bank that was started before there was transit
    batch = new_id()
    results = create_transfers(
        [_transfer(charge, batch, code, debit, credit) for charge in charges]
    )
    for charge, result in zip(charges, results, strict=True):
        if not result.recorded:
            raise RuntimeError(f"the ledger refused the claim of {charge.id}: {result}")


def _transfer(charge: Charge, batch: UUID, code: TransferCode, debit: int, credit: int) -> Transfer:
    """A charge can be owed, given up and paid, each once in a batch; the row's state guards it."""
    return Transfer(
        id=derived_id(batch, f"{code.name} {charge.id}"),
        debit_account=debit,
        credit_account=credit,
        amount=charge.amount,
        ledger=Ledger.CLAIMS,
        code=code,
        reference=charge.id,
        occurred_at=now(),
    )
