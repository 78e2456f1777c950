"""What the payer's bank is told of its payments."""

from collections.abc import Sequence

from cbdc.errors import ErrorCode
from cbdc.messaging.services import send_each
from cbdc.protocol.messages import Pacs002
from cbdc.protocol.reasons import HELD_FOR_COVER, status_reason
from central_bank.clearing.domain import PaymentState
from central_bank.clearing.store import Payment

STATUS = {
    PaymentState.HELD: "PDNG",
    PaymentState.FORWARDED: "PDNG",
    PaymentState.COMPLETED: "ACSC",
    PaymentState.REJECTED: "RJCT",
}


def tell_payers(payments: Sequence[Payment]) -> None:
    """Send the state of each payment to its payer's bank."""
    send_each([(payment.payer_bank, status_of(payment)) for payment in payments])


def status_of(payment: Payment) -> Pacs002:
    """The state of a payment as its payer's bank is told it."""
    state = PaymentState(payment.state)
    if state is PaymentState.HELD:
        code = ErrorCode.INSUFFICIENT_FUNDS.code
        detail = "It waits for a higher guarantee of the payer's bank."
        return Pacs002(payment.payment_id, "PDNG", HELD_FOR_COVER, code, detail)
    if state is PaymentState.REJECTED:
        reason = status_reason(payment.code)
        return Pacs002(payment.payment_id, "RJCT", reason, payment.code, payment.detail)
    return Pacs002(payment.payment_id, STATUS[state], None, None, None)
