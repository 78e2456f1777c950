"""What clearing tells the wallets: outgoing payments were decided, incoming ones credited."""

from collections.abc import Sequence

from commercial_banks.clearing.hooks import on_decided_many, on_received_many
from commercial_banks.clearing.models import InterbankPayment
from wallets.notifications.services import Event, Noted, note, note_many
from wallets.payments.models import Payment, Status
from wallets.payments.orders import order_book
from wallets.payments.requests import payments_ended


@on_decided_many
def outgoing(payments: Sequence[InterbankPayment]) -> None:
    """Record the decisions on the holders' payments, in the transaction of the decisions."""
    completed = [payment for payment in payments if payment.status == Status.COMPLETED]
    if completed:
        ids = [payment.payment_id for payment in completed]
        Payment.objects.filter(id__in=ids, status=Status.PENDING).update(
            status=Status.COMPLETED, completed_at=completed[0].decided_at
        )
        payments_ended(ids, completed=True)
    for payment in payments:
        if payment.status == Status.REJECTED:
            Payment.objects.filter(id=payment.payment_id, status=Status.PENDING).update(
                status=payment.status, code=payment.code, detail=payment.detail
            )
            payments_ended([payment.payment_id], completed=False)
            back = {payment.payer_wallet: Event.MONEY_IN}  # the money is back
            note(subject_id=payment.payment_id, events=back, amount=payment.amount)


@on_received_many
def incoming(payments: Sequence[InterbankPayment]) -> None:
    """Give each payee a payment to look at; money for an order goes into the order book."""
    made = Payment.objects.bulk_create(
        Payment(
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
        for payment in payments
    )
    payments_ended([payment.id for payment in made], completed=True)
    note_many(
        [
            Noted(payment.id, payment.payee_wallet, Event.MONEY_IN, payment.amount)
            for payment in made
        ]
    )
    returns = {payment.payment_id for payment in payments if payment.original_id is not None}
    named = [payment for payment in made if payment.reference and payment.id not in returns]
    for payment in sorted(named, key=lambda one: one.reference):  # orders are locked in one order
        order_book().paid(payment)
