"""The payment between two banks as the payer's and the payee's bank see it: transition tables.

docs/flows/payment.md shows them; a test keeps the two equal.
"""

from enum import StrEnum

from cbdc.states import UNKNOWN, StateMachine
from commercial_banks.clearing.models import Status

PENDING = Status.PENDING.value
COMPLETED, REJECTED = Status.COMPLETED.value, Status.REJECTED.value


class OutgoingEvent(StrEnum):
    """What can happen to a payment at the payer's bank."""

    PAY = "the holder pays"
    ACCEPTED = "central bank: completed"
    REFUSED = "central bank: rejected"
    UNDECIDED = "central bank: not decided"
    HELD = "central bank: held, no cover"
    COVERED = "the guarantee was raised"
    SILENCE = "no decision for a while"


class IncomingEvent(StrEnum):
    """What can happen to a payment at the payee's bank."""

    ORDER = "order, wallet takes it"
    ORDER_REFUSED = "order, wallet does not take it"
    QUESTION = "central bank asks"
    RECALL = "central bank recalls"


_NOTHING = "nothing"
_BREAK = "a break for people to look at; no money moves"

OUTGOING = StateMachine(
    [UNKNOWN, PENDING, COMPLETED, REJECTED],
    {
        OutgoingEvent.PAY: {
            UNKNOWN: (PENDING, "wallet → clearing reserved; order to the central bank"),
            PENDING: (PENDING, "the first answer again"),
            COMPLETED: (COMPLETED, "the first answer again"),
            REJECTED: (REJECTED, "the first answer again"),
        },
        OutgoingEvent.ACCEPTED: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            PENDING: (COMPLETED, "the reservation is posted"),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _BREAK),
        },
        OutgoingEvent.REFUSED: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            PENDING: (REJECTED, "the reservation is voided: the money is back at once"),
            COMPLETED: (COMPLETED, _BREAK),
            REJECTED: (REJECTED, _NOTHING),
        },
        OutgoingEvent.UNDECIDED: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            PENDING: (PENDING, "nothing: unknown is not failed"),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _NOTHING),
        },
        OutgoingEvent.HELD: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            PENDING: (PENDING, "token.lock out of the vault; without tokens a recall, camt.056"),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _NOTHING),
        },
        OutgoingEvent.COVERED: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            PENDING: (PENDING, "order to the central bank, again"),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _NOTHING),
        },
        OutgoingEvent.SILENCE: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            PENDING: (PENDING, "pacs.028 to the central bank"),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _NOTHING),
        },
    },
)

INCOMING = StateMachine(
    [UNKNOWN, COMPLETED, REJECTED],
    {
        IncomingEvent.ORDER: {
            UNKNOWN: (COMPLETED, "clearing → wallet; pacs.002 ACSC"),
            COMPLETED: (COMPLETED, "pacs.002 ACSC, again"),
            REJECTED: (REJECTED, "pacs.002 RJCT, again"),
        },
        IncomingEvent.ORDER_REFUSED: {
            UNKNOWN: (REJECTED, "pacs.002 RJCT with the reason"),
            COMPLETED: (COMPLETED, "pacs.002 ACSC, again"),
            REJECTED: (REJECTED, "pacs.002 RJCT, again"),
        },
        IncomingEvent.QUESTION: {
            UNKNOWN: (UNKNOWN, "pacs.002 PDNG"),
            COMPLETED: (COMPLETED, "pacs.002 ACSC"),
            REJECTED: (REJECTED, "pacs.002 RJCT"),
        },
        IncomingEvent.RECALL: {
            UNKNOWN: (REJECTED, "camt.029 CNCL: refused if it still comes"),
            COMPLETED: (COMPLETED, "camt.029 RJCR: the wallet has it"),
            REJECTED: (REJECTED, "camt.029 CNCL"),
        },
    },
)
