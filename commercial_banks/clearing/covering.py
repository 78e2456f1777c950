"""A payment that the central bank holds because our guarantee is used up: raise it, or recall.

The guarantee is raised by a token.lock out of the vault. Once that is done the order goes out
again, and the payment settles gross. Without tokens the payment is recalled, and the central
bank rejects it: institution_unavailable.
"""

from collections.abc import Sequence

from cbdc.errors import ErrorCode, Problem
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.messaging.services import send_many
from cbdc.protocol.messages import Camt056, Message
from cbdc.protocol.reasons import RECALL_NO_COVER
from commercial_banks.clearing.machine import OUTGOING, OutgoingEvent
from commercial_banks.clearing.models import InterbankPayment, Status
from commercial_banks.clearing.orders import order_of
from commercial_banks.treasury.hooks import on_answer
from commercial_banks.treasury.models import TokenRequest
from commercial_banks.treasury.services import free_tokens, request_lock

CLEARING_DESK = "clearing"  # who asks for tokens when a payment needs them


def cover(held: Sequence[InterbankPayment]) -> None:
    """Look after held payments of ours; they are locked.

    One that is held again after its guarantee was raised lost that to another payment: the
    guarantee is raised once more, until the vault has no more. To send the order again at once
    would be answered the same at once, for as long as the payment is held.
    """
    asked = TokenRequest.objects.in_bulk([p.cover_id for p in held if p.cover_id is not None])
    uncovered: list[InterbankPayment] = []
    letters: list[Message] = []
    for payment in held:
        request = asked.get(payment.cover_id) if payment.cover_id is not None else None
        if request is None or request.status == TokenRequest.Status.DONE:
            uncovered.append(payment)
        elif request.status == TokenRequest.Status.REFUSED:
            letters.append(_recall(payment))
    letters += _lock_for(uncovered)
    send_many(to=CENTRAL_BANK_CODE, messages=letters)


@on_answer
def covered(request: TokenRequest) -> None:
    """The central bank has answered a token.lock: send the orders again that waited for it."""
    if request.operation != TokenRequest.Operation.LOCK:
        return
    waiting = InterbankPayment.objects.select_for_update().filter(
        cover_id=request.id, status=Status.PENDING
    )
    letters = [_after(payment, request) for payment in waiting.order_by("payment_id")]
    send_many(to=CENTRAL_BANK_CODE, messages=letters)


def _after(payment: InterbankPayment, request: TokenRequest) -> Message:
    if request.status != TokenRequest.Status.DONE:
        return _recall(payment)
    payment.status = OUTGOING.after(payment.status, OutgoingEvent.COVERED).target
    return order_of(payment)


def _lock_for(uncovered: Sequence[InterbankPayment]) -> list[Message]:
    """One lock for all that the vault can cover, the oldest first; recalls for the rest."""
    left = free_tokens() if uncovered else 0
    fits: list[InterbankPayment] = []
    recalled: list[InterbankPayment] = []
    for payment in sorted(uncovered, key=lambda one: one.payment_id):
        if payment.amount <= left:
            left -= payment.amount
            fits.append(payment)
        else:
            recalled.append(payment)
    if fits:
        try:
            request = request_lock(amount=sum(p.amount for p in fits), by=CLEARING_DESK)
        except Problem as problem:
            if problem.error is not ErrorCode.INSUFFICIENT_FUNDS:
                raise
            recalled += fits  # in too many small tokens, or just taken for something else
        else:
            InterbankPayment.objects.filter(payment_id__in=[p.payment_id for p in fits]).update(
                cover_id=request.id
            )
    return [_recall(payment) for payment in recalled]


def _recall(payment: InterbankPayment) -> Message:
    detail = "The vault holds too few tokens to cover the payment."
    return Camt056(payment_id=payment.payment_id, reason=RECALL_NO_COVER, detail=detail)
