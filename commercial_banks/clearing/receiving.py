"""A payment from another bank: credited or refused, once, and answered as often as asked."""

from uuid import UUID

from cbdc.clock import now
from cbdc.errors import ErrorCode
from cbdc.identifiers import derived_id, institution_number_of
from cbdc.institution import CENTRAL_BANK_CODE, this_institution
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode
from cbdc.messaging.services import send
from cbdc.protocol.messages import Pacs002, Pacs008
from commercial_banks.chart import CLEARING
from commercial_banks.clearing import hooks
from commercial_banks.clearing.models import InterbankPayment, Status

_REFUSALS = {
    Result.ACCOUNT_NOT_FOUND: (ErrorCode.UNKNOWN_PAYEE, "AC03"),
    Result.ACCOUNT_FROZEN: (ErrorCode.WALLET_FROZEN, "AC06"),
    Result.ACCOUNT_CLOSED: (ErrorCode.WALLET_CLOSED, "AC04"),
    Result.BALANCE_LIMIT_EXCEEDED: (ErrorCode.BALANCE_LIMIT_EXCEEDED, "AM14"),
}
REASON_UNSPECIFIED = "MS03"


def receive_payment(message: Pacs008) -> None:
    """Credit the payee's wallet, or refuse; then answer the central bank."""
    known = InterbankPayment.objects.filter(payment_id=message.payment_id).first()
    if known is not None:
        answer(known)
        return
    result = Result.ACCOUNT_NOT_FOUND
    if institution_number_of(message.payee_wallet) == this_institution().number:
        [result] = create_transfers(
            [
                Transfer(
                    id=derived_id(message.payment_id, "credit"),
                    debit_account=CLEARING,
                    credit_account=int(message.payee_wallet),
                    amount=message.amount,
                    ledger=Ledger.DIGITAL_CURRENCY,
                    code=TransferCode.INTERBANK_IN,
                    reference=message.payment_id,
                    occurred_at=now(),
                )
            ]
        )
    payment = _incoming(message, result)
    if payment.status == Status.COMPLETED:
        hooks.received(payment)
    answer(payment)


def recall_payment(payment_id: UUID, reason: str) -> None:
    """The central bank takes a payment back: refused from now on, unless it was credited."""
    payment, _ = InterbankPayment.objects.get_or_create(
        payment_id=payment_id,
        defaults={
            "direction": InterbankPayment.Direction.IN,
            "status": Status.REJECTED,
            "amount": 0,
            "code": ErrorCode.INSTITUTION_UNAVAILABLE.code,
            "detail": f"Recalled before it was received: {reason}",
            "decided_at": now(),
        },
    )
    answer(payment)


def answer_status(payment_id: UUID) -> None:
    """Answer the central bank's question; a payment never seen is not decided."""
    payment = InterbankPayment.objects.filter(
        payment_id=payment_id, direction=InterbankPayment.Direction.IN
    ).first()
    if payment is not None:
        answer(payment)
    else:
        send(to=CENTRAL_BANK_CODE, message=Pacs002(payment_id, "PDNG", None, None, None))


def answer(payment: InterbankPayment) -> None:
    """Tell the central bank how an incoming payment ended."""
    if payment.status == Status.COMPLETED:
        message = Pacs002(payment.payment_id, "ACSC", None, None, None)
    else:
        reasons = {error.code: reason for error, reason in _REFUSALS.values()}
        message = Pacs002(
            payment.payment_id,
            "RJCT",
            reasons.get(payment.code, REASON_UNSPECIFIED),
            payment.code,
            payment.detail,
        )
    send(to=CENTRAL_BANK_CODE, message=message)


def _incoming(message: Pacs008, result: Result) -> InterbankPayment:
    status, code, detail = Status.COMPLETED, "", ""
    if not result.recorded:
        error, _ = _REFUSALS.get(result, (ErrorCode.INTERNAL_ERROR, REASON_UNSPECIFIED))
        status, code, detail = Status.REJECTED, error.code, error.title
    return InterbankPayment.objects.create(
        payment_id=message.payment_id,
        direction=InterbankPayment.Direction.IN,
        status=status,
        payer_wallet=message.payer_wallet,
        payee_wallet=message.payee_wallet,
        amount=message.amount,
        memo=message.memo,
        order_reference=message.order_reference or "",
        code=code,
        detail=detail,
        created_at=message.created_at,
        decided_at=now(),
    )
