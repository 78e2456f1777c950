"""The payment between two banks as the central bank sees it: the transition table.

docs/flows/payment.md shows it; a test keeps the two equal.
"""

from enum import StrEnum

from cbdc.states import UNKNOWN, StateMachine
from central_bank.clearing.domain import PaymentState

HELD, FORWARDED = PaymentState.HELD, PaymentState.FORWARDED
COMPLETED, REJECTED = PaymentState.COMPLETED, PaymentState.REJECTED


class Event(StrEnum):
    """What can happen to a payment here."""

    ORDER = "order, covered"
    ORDER_UNCOVERED = "order, no cover"
    ORDER_REFUSED = "order, not allowed"
    ACCEPTED = "payee's bank: accepted"
    REFUSED = "payee's bank: refused"
    UNDECIDED = "payee's bank: not known"
    QUESTION = "payer's bank asks"
    RECALL = "payer's bank recalls"
    REMINDER = "no answer for a while"
    EXPIRY = "no answer in time"


_AGAIN = "pacs.002 to the payer's bank, again"
_NOT_THEIRS = "the message is refused: not_found"
_NOTHING = "nothing"
_ACSC, _RJCT = "pacs.002 ACSC to the payer's bank", "pacs.002 RJCT to the payer's bank"
_PDNG, _HELD = "pacs.002 PDNG to the payer's bank", "pacs.002 PDNG AM04 to the payer's bank"
_CONTRADICTION = "the contradiction goes into the audit log"

PAYMENT = StateMachine(
    [UNKNOWN, HELD, FORWARDED, COMPLETED, REJECTED],
    {
        Event.ORDER: {
            UNKNOWN: (FORWARDED, "headroom reserved, or tokens earmarked; order to payee's bank"),
            HELD: (FORWARDED, "tokens earmarked: it settles gross; order to payee's bank"),
            FORWARDED: (FORWARDED, _NOTHING),
            COMPLETED: (COMPLETED, _AGAIN),
            REJECTED: (REJECTED, _AGAIN),
        },
        Event.ORDER_UNCOVERED: {
            UNKNOWN: (HELD, _HELD),
            HELD: (HELD, _HELD),
            FORWARDED: (FORWARDED, _NOTHING),
            COMPLETED: (COMPLETED, _AGAIN),
            REJECTED: (REJECTED, _AGAIN),
        },
        Event.ORDER_REFUSED: {
            UNKNOWN: (REJECTED, _RJCT),
            HELD: (REJECTED, _RJCT),
            FORWARDED: (FORWARDED, _NOTHING),
            COMPLETED: (COMPLETED, _AGAIN),
            REJECTED: (REJECTED, _AGAIN),
        },
        Event.ACCEPTED: {
            UNKNOWN: (UNKNOWN, _NOT_THEIRS),
            HELD: (HELD, _NOT_THEIRS),
            FORWARDED: (COMPLETED, f"joins the open cycle, or its tokens move; {_ACSC}"),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _CONTRADICTION),
        },
        Event.REFUSED: {
            UNKNOWN: (UNKNOWN, _NOT_THEIRS),
            HELD: (HELD, _NOT_THEIRS),
            FORWARDED: (REJECTED, f"the reservation is released; {_RJCT}"),
            COMPLETED: (COMPLETED, _CONTRADICTION),
            REJECTED: (REJECTED, _NOTHING),
        },
        Event.UNDECIDED: {
            UNKNOWN: (UNKNOWN, _NOT_THEIRS),
            HELD: (HELD, _NOT_THEIRS),
            FORWARDED: (FORWARDED, _NOTHING),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _NOTHING),
        },
        Event.QUESTION: {
            UNKNOWN: (REJECTED, f"{_RJCT}: it never came, and is refused if it comes"),
            HELD: (HELD, _HELD),
            FORWARDED: (FORWARDED, _PDNG),
            COMPLETED: (COMPLETED, _ACSC),
            REJECTED: (REJECTED, _RJCT),
        },
        Event.RECALL: {
            UNKNOWN: (REJECTED, f"camt.029 CNCL and {_RJCT}"),
            HELD: (REJECTED, f"camt.029 CNCL and {_RJCT}"),
            FORWARDED: (FORWARDED, "camt.029 PDCR: the payee's bank has it"),
            COMPLETED: (COMPLETED, "camt.029 RJCR"),
            REJECTED: (REJECTED, "camt.029 CNCL"),
        },
        Event.REMINDER: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            HELD: (HELD, _HELD),
            FORWARDED: (FORWARDED, "pacs.028 to the payee's bank"),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _NOTHING),
        },
        Event.EXPIRY: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            HELD: (REJECTED, _RJCT),
            FORWARDED: (FORWARDED, "camt.056 to the payee's bank, again ever more rarely"),
            COMPLETED: (COMPLETED, _NOTHING),
            REJECTED: (REJECTED, _NOTHING),
        },
    },
)
