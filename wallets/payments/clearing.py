"""What clearing tells the wallets: an outgoing payment was decided, an incoming one credited."""

from commercial_banks.clearing.hooks import on_decided, on_received
from commercial_banks.clearing.models import InterbankPayment
from wallets.notifications.services import Event, note
from wallets.payments.models import Payment, Status
from wallets.payments.orders import order_book
from wallets.payments.requests import payment_ended


@on_decided
def outgoing(payment: InterbankPayment) -> None:
    """Record the decision on the holder's payment, in the decision's own transaction."""
    completed = payment.status == Status.COMPLETED
    Payment.objects.filter(id=payment.payment_id, status=Status.PENDING).update(
        status=payment.status,
        code=payment.code,
        detail=payment.detail,
        completed_at=payment.decided_at if completed else None,
    )
    payment_ended(payment.payment_id, completed=completed)
    if not completed:  # the money is back
        back = {payment.payer_wallet: Event.MONEY_IN}
        note(subject_id=payment.payment_id, events=back, amount=payment.amount)


@on_received
def incoming(payment: InterbankPayment) -> None:
    """Give the payee a payment to look at; money for an order goes into the order book."""
    made = Payment.objects.create(
        id=payment.payment_id,
        payer_wallet=payment.payer_wallet,
        payee_wallet=payment.payee_wallet,
        amount=payment.amount,
        memo=payment.memo,
        reference=payment.order_reference,
        status=Status.COMPLETED,
        created_at=payment.created_at,
        completed_at=payment.decided_at,
    )
    payment_ended(made.id, completed=True)
    note(subject_id=made.id, events={made.payee_wallet: Event.MONEY_IN}, amount=made.amount)
    if made.reference:
        order_book().paid(made)
