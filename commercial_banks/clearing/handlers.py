"""What the central bank says about payments, and who handles it."""

import logging
from uuid import UUID

from cbdc.institution import Role
from cbdc.messaging.handlers import handles, handles_many
from cbdc.protocol.messages import (
    Camt029,
    Camt053,
    Camt054,
    Camt056,
    Pacs002,
    Pacs004,
    Pacs008,
    Pacs009,
    Pacs028,
)
from commercial_banks.clearing import deciding, receiving, reconciliation, settlement

AT = Role.COMMERCIAL_BANK
logger = logging.getLogger(__name__)

handles_many(Pacs008, at=AT)(receiving.receive)  # of payments to our wallets
handles_many(Pacs004, at=AT)(receiving.receive)
handles_many(Pacs028, at=AT)(receiving.questions)
handles_many(Camt056, at=AT)(receiving.recalls)
handles_many(Pacs002, at=AT)(deciding.decisions)  # of payments of ours


@handles(Camt029, at=AT)
def recall_answer(message: Camt029, *, sender: str, message_id: UUID) -> None:
    """What became of our recall. The pacs.002 that comes with a CNCL voids the reservation."""
    logger.info("recall of %s: %s", message.payment_id, message.status)


@handles(Pacs009, at=AT)
def advice(message: Pacs009, *, sender: str, message_id: UUID) -> None:
    """A cycle has settled."""
    settlement.book_settlement(message)


@handles(Camt054, at=AT)
def gross_advice(message: Camt054, *, sender: str, message_id: UUID) -> None:
    """A payment has settled gross."""
    settlement.book_gross(message)


@handles(Camt053, at=AT)
def statement(message: Camt053, *, sender: str, message_id: UUID) -> None:
    """The payments of a settled cycle."""
    reconciliation.reconcile(message)
