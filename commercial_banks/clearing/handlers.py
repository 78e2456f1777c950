"""What the central bank says about payments, and who handles it."""

from uuid import UUID

from cbdc.institution import Role
from cbdc.messaging.handlers import handles
from cbdc.protocol.messages import Camt053, Camt056, Pacs002, Pacs008, Pacs009, Pacs028
from commercial_banks.clearing import receiving, settlement
from commercial_banks.clearing.models import InterbankPayment, Status
from commercial_banks.clearing.services import decide


@handles(Pacs008, at=Role.COMMERCIAL_BANK)
def incoming(message: Pacs008, *, sender: str, message_id: UUID) -> None:
    """A payment for a wallet of this bank."""
    receiving.receive_payment(message)


@handles(Pacs002, at=Role.COMMERCIAL_BANK)
def decision(message: Pacs002, *, sender: str, message_id: UUID) -> None:
    """The central bank decided a payment of ours. Only the first decision moves money."""
    payment = (
        InterbankPayment.objects.select_for_update()
        .filter(payment_id=message.payment_id, direction=InterbankPayment.Direction.OUT)
        .first()
    )
    if payment is None or payment.status != Status.PENDING or message.status == "PDNG":
        return
    decide(
        payment,
        completed=message.status == "ACSC",
        code=message.code or "",
        detail=message.detail or "",
    )


@handles(Pacs028, at=Role.COMMERCIAL_BANK)
def question(message: Pacs028, *, sender: str, message_id: UUID) -> None:
    """The central bank asks how an incoming payment ended."""
    receiving.answer_status(message.payment_id)


@handles(Camt056, at=Role.COMMERCIAL_BANK)
def recall(message: Camt056, *, sender: str, message_id: UUID) -> None:
    """The central bank recalls an incoming payment."""
    receiving.recall_payment(message.payment_id, message.reason)


@handles(Pacs009, at=Role.COMMERCIAL_BANK)
def advice(message: Pacs009, *, sender: str, message_id: UUID) -> None:
    """A cycle has settled."""
    settlement.book_settlement(message)


@handles(Camt053, at=Role.COMMERCIAL_BANK)
def statement(message: Camt053, *, sender: str, message_id: UUID) -> None:
    """The payments of a settled cycle."""
    settlement.reconcile(message)
