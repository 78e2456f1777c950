"""One try to send money back to the wallet that it came from, as a payment of its own."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from cbdc.clock import now
from cbdc.identifiers import derived_id, institution_number_of
from cbdc.institution import this_institution
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode, TransferFlag
from commercial_banks.chart import FEES
from commercial_banks.clearing.services import first_refusal, start_return
from wallets.merchants.models import SendingBack
from wallets.notifications.services import Event, note
from wallets.payments.models import Payment, Status

RETRY_FIRST = timedelta(seconds=1)  # doubled after each try
RETRY_MAX = timedelta(hours=1)
DOUBLINGS_MAX = 20
NO_FLAGS = TransferFlag(0)
Row = TypeVar("Row", bound=SendingBack)


def is_inside(wallet_id: str) -> bool:
    """Whether the wallet is one of this bank."""
    return institution_number_of(wallet_id) == this_institution().number


def retry_after(attempts: int) -> timedelta:
    """How long to wait after so many tries."""
    pause: timedelta = RETRY_FIRST * 2 ** min(attempts - 1, DOUBLINGS_MAX)
    return min(pause, RETRY_MAX)


def each_due(rows: QuerySet[Row], act: Callable[[Row], None], *, limit: int) -> int:
    """`act` on each row whose time has come, in a transaction of its own; how many there were.

    Two at once share the work.
    """
    waiting = rows.filter(status=SendingBack.Status.PENDING).order_by("due_at")
    for done in range(limit):
        with transaction.atomic():
            due = waiting.filter(due_at__lte=now())
            row = due.select_for_update(skip_locked=True, of=("self",)).first()
            if row is None:
                return done
            act(row)
    return limit


def send_back(
    *,
    payment_id: UUID,
    original_id: UUID,
    payer_wallet: str,
    payee_wallet: str,
    amount: int,
    memo: str,
    reference: str,
    reason: str,
    fee_back: int = 0,
) -> Result:
    """Move the money inside this bank, or start its return to another; in the caller's transaction.

    `fee_back` fen of a fee come with it, linked, so that the merchant need not have them.
    """
    inside = is_inside(payee_wallet)
    funding = [fee_transfer(payment_id, payer_wallet, fee_back)] if fee_back else []
    if inside:
        back = _transfer(payment_id, "pay", payer_wallet, payee_wallet, amount, TransferCode.REFUND)
        result = first_refusal(create_transfers([*funding, back]))
    else:
        result = start_return(
            payment_id=payment_id,
            original_id=original_id,
            payer_wallet=payer_wallet,
            payee_wallet=payee_wallet,
            amount=amount,
            memo=memo,
            order_reference=reference,
            reason=reason,
            funding=funding,
        )
    if not result.recorded:
        return result
    Payment.objects.create(
        id=payment_id,
        payer_wallet=payer_wallet,
        payee_wallet=payee_wallet,
        amount=amount,
        memo=memo,
        reference=reference,
        status=Status.COMPLETED if inside else Status.PENDING,
        completed_at=now() if inside else None,
    )
    if inside:
        note(subject_id=payment_id, events={payee_wallet: Event.MONEY_IN}, amount=amount)
    return result


def fee_transfer(payment_id: UUID, merchant_wallet: str, amount: int) -> Transfer:
    """A part of a fee, given back to the merchant; linked to what the payment moves."""
    return _transfer(
        payment_id,
        "fee back",
        str(FEES),
        merchant_wallet,
        amount,
        TransferCode.FEE,
        TransferFlag.LINKED,
    )


def take_fee_again(payment_id: UUID, merchant_wallet: str, amount: int) -> bool:
    """Undo `fee_transfer` of a payment that came to nothing; False when the wallet is frozen."""
    again = _transfer(payment_id, "fee again", merchant_wallet, str(FEES), amount, TransferCode.FEE)
    return create_transfers([again])[0].recorded


def _transfer(
    payment_id: UUID,
    label: str,
    debit: str,
    credit: str,
    amount: int,
    code: TransferCode,
    flags: TransferFlag = NO_FLAGS,
) -> Transfer:
    """Money that goes back is held to no cap of who gets it."""
    return Transfer(
        id=derived_id(payment_id, label),
        debit_account=int(debit),
        credit_account=int(credit),
        amount=amount,
        ledger=Ledger.DIGITAL_CURRENCY,
        code=code,
        reference=payment_id,
        occurred_at=now(),
        flags=flags | TransferFlag.UNCAPPED,
    )
