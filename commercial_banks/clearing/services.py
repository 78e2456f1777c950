"""A payment or a return to another bank begins: money reserved, order sent (DESIGN section 5)."""

from collections.abc import Sequence
from uuid import UUID

from cbdc.clock import now
from cbdc.identifiers import derived_id
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode, TransferFlag
from cbdc.messaging.services import send
from cbdc.protocol.reasons import RETURN_REFUND
from cbdc.states import UNKNOWN
from commercial_banks.chart import CLEARING
from commercial_banks.clearing.machine import OUTGOING, OutgoingEvent
from commercial_banks.clearing.models import InterbankPayment
from commercial_banks.clearing.orders import bank_of_wallet, order_message_id, order_of


def start_payment(
    *,
    payment_id: UUID,
    payer_wallet: str,
    payee_wallet: str,
    amount: int,
    memo: str,
    order_reference: str | None = None,
    strict_category: int | None = None,
    funding: Sequence[Transfer] = (),
) -> Result:
    """Reserve the payer's money and send the payment, in the caller's transaction.

    Nothing is sent unless the ledger recorded the reservation. `funding` are transfers linked
    to it that come first; `strict_category` holds it to that category's limits too.

    Raises:
        Problem: unknown_payee, when no institution has the payee's number.
    """
    payment = InterbankPayment(
        payment_id=payment_id,
        payer_wallet=payer_wallet,
        payee_wallet=payee_wallet,
        amount=amount,
        memo=memo,
        order_reference=order_reference or "",
    )
    return _start(
        payment,
        TransferCode.INTERBANK_OUT,
        TransferFlag.PENDING | TransferFlag.LIMITED,
        strict_category=strict_category,
        funding=funding,
    )


def start_return(
    *,
    payment_id: UUID,
    original_id: UUID,
    payer_wallet: str,
    payee_wallet: str,
    amount: int,
    memo: str = "",
    order_reference: str | None = None,
    reason: str = RETURN_REFUND,
    funding: Sequence[Transfer] = (),
) -> Result:
    """Send a payment that came from another bank back, or a part of it (pacs.004).

    A payment in its own right, with its own `payment_id`, from the wallet that was paid to the
    wallet that had paid. It is held to no limit of the payer's and no cap of the payee's. The
    central bank refuses what exceeds the original, all returns counted (INV-8); `on_decided`
    tells how it ended. `funding` are transfers linked to its reservation that come first.

    Raises:
        Problem: unknown_payee, when no institution has the payee's number.
    """
    payment = InterbankPayment(
        payment_id=payment_id,
        original_id=original_id,
        payer_wallet=payer_wallet,
        payee_wallet=payee_wallet,
        amount=amount,
        memo=memo,
        order_reference=order_reference or "",
        reason=reason,
    )
    return _start(payment, TransferCode.REFUND, TransferFlag.PENDING, funding=funding)


def first_refusal(results: Sequence[Result]) -> Result:
    """Why a chain of linked transfers failed; the last result when it did not."""
    for result in results:
        if not result.recorded and result is not Result.LINKED_TRANSFER_FAILED:
            return result
    return results[-1]


def _start(
    payment: InterbankPayment,
    code: TransferCode,
    flags: TransferFlag,
    *,
    strict_category: int | None = None,
    funding: Sequence[Transfer] = (),
) -> Result:
    bank_of_wallet(payment.payee_wallet)  # before money is reserved
    moment = now()
    results = create_transfers(
        [
            *funding,
            Transfer(
                id=derived_id(payment.payment_id, "reserve"),
                debit_account=int(payment.payer_wallet),
                credit_account=CLEARING,
                amount=payment.amount,
                ledger=Ledger.DIGITAL_CURRENCY,
                code=code,
                reference=payment.payment_id,
                occurred_at=moment,
                flags=flags,
                strict_category=strict_category,
            ),
        ]
    )
    result = first_refusal(results)
    if not result.recorded:
        return result
    payment.direction = InterbankPayment.Direction.OUT
    payment.status = OUTGOING.after(UNKNOWN, OutgoingEvent.PAY).target
    payment.created_at = payment.asked_at = moment
    payment.save(force_insert=True)
    send(
        to=CENTRAL_BANK_CODE,
        message=order_of(payment),
        message_id=order_message_id(payment.payment_id),
    )
    return result
