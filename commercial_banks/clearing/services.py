"""A payment to another bank, from its reservation to its end (DESIGN section 5)."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id, institution_number_of
from cbdc.institution import CENTRAL_BANK_CODE, this_institution
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode, TransferFlag
from cbdc.messaging.services import send
from cbdc.money import CURRENCY
from cbdc.protocol.messages import Pacs008
from commercial_banks.chart import CLEARING
from commercial_banks.clearing import hooks
from commercial_banks.clearing.directory import bank_of
from commercial_banks.clearing.models import InterbankPayment, Status


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
    payee_bank = bank_of(institution_number_of(payee_wallet))
    if payee_bank is None or payee_bank == CENTRAL_BANK_CODE:
        raise Problem(ErrorCode.UNKNOWN_PAYEE, "No institution has this wallet.")
    moment = now()
    results = create_transfers(
        [
            *funding,
            Transfer(
                id=derived_id(payment_id, "reserve"),
                debit_account=int(payer_wallet),
                credit_account=CLEARING,
                amount=amount,
                ledger=Ledger.DIGITAL_CURRENCY,
                code=TransferCode.INTERBANK_OUT,
                reference=payment_id,
                occurred_at=moment,
                flags=TransferFlag.PENDING | TransferFlag.LIMITED,
                strict_category=strict_category,
            ),
        ]
    )
    result = first_refusal(results)
    if not result.recorded:
        return result
    InterbankPayment.objects.create(
        payment_id=payment_id,
        direction=InterbankPayment.Direction.OUT,
        status=Status.PENDING,
        payer_wallet=payer_wallet,
        payee_wallet=payee_wallet,
        amount=amount,
        memo=memo,
        order_reference=order_reference or "",
        created_at=moment,
        asked_at=moment,
    )
    send(
        to=CENTRAL_BANK_CODE,
        message=Pacs008(
            payment_id=payment_id,
            payer_bank=this_institution().code,
            payee_bank=payee_bank,
            payer_wallet=payer_wallet,
            payee_wallet=payee_wallet,
            amount=amount,
            currency=CURRENCY,
            memo=memo,
            order_reference=order_reference,
            created_at=moment,
        ),
        message_id=order_message_id(payment_id),
    )
    return result


def first_refusal(results: Sequence[Result]) -> Result:
    """Why a chain of linked transfers failed; the last result when it did not."""
    for result in results:
        if not result.recorded and result is not Result.LINKED_TRANSFER_FAILED:
            return result
    return results[-1]


def order_message_id(payment_id: UUID) -> UUID:
    """The id of the message that carries a payment's pacs.008."""
    return derived_id(payment_id, Pacs008.kind)


@transaction.atomic
def decide(payment: InterbankPayment, *, completed: bool, code: str, detail: str) -> None:
    """Post or void the reservation as the central bank decided. `payment` is locked, pending."""
    flag = TransferFlag.POST if completed else TransferFlag.VOID
    moment = now()
    [result] = create_transfers(
        [
            Transfer(
                id=derived_id(payment.payment_id, "resolve"),
                debit_account=0,
                credit_account=0,
                amount=0,
                ledger=0,
                code=0,
                reference=payment.payment_id,
                occurred_at=moment,
                flags=flag,
                pending_id=derived_id(payment.payment_id, "reserve"),
            )
        ]
    )
    if not result.recorded:
        raise RuntimeError(f"the ledger refused the decision of {payment.payment_id}: {result}")
    payment.status = Status.COMPLETED if completed else Status.REJECTED
    payment.code, payment.detail, payment.decided_at = code, detail, moment
    payment.save(update_fields=["status", "code", "detail", "decided_at"])
    hooks.decided(payment)
