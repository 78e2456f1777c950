"""The messages of a payment, as they reach the central bank."""

from uuid import UUID

from cbdc.institution import Role
from cbdc.messaging.handlers import handles
from cbdc.protocol.messages import Pacs002, Pacs008, Pacs028
from central_bank.clearing import payments


@handles(Pacs008, at=Role.CENTRAL_BANK)
def credit_transfer(message: Pacs008, *, sender: str, message_id: UUID) -> None:
    """From the payer's bank."""
    payments.accept(message, sender=sender)


@handles(Pacs002, at=Role.CENTRAL_BANK)
def status(message: Pacs002, *, sender: str, message_id: UUID) -> None:
    """From the payee's bank."""
    payments.decide(message, sender=sender)


@handles(Pacs028, at=Role.CENTRAL_BANK)
def status_request(message: Pacs028, *, sender: str, message_id: UUID) -> None:
    """From the payer's bank."""
    payments.answer_question(message.payment_id, sender=sender)
