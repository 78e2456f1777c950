"""A charge's life: one transition table. docs/flows/transit.md shows it; a test compares."""

from enum import StrEnum

from cbdc.states import StateMachine
from wallets.transit.models import Charge

State = Charge.State
DUE, ASKED, PAID = State.DUE.value, State.ASKED.value, State.PAID.value
OWED, VOID, LOST = State.OWED.value, State.VOID.value, State.LOST.value


class ChargeEvent(StrEnum):
    """What can happen to a charge."""

    ASK = "its turn: a rider of another bank"
    CANNOT_PAY = "its turn: a rider of this bank cannot pay"
    MONEY = "its payment is there"
    REJECTED = "pain.014 RJCT"
    REBILLED = "its bill comes to another sum"
    GIVE_UP = "staff give it up"


_NOTHING = "nothing"
_NO_DEBT = "`order_not_open`"
_NOT_ITS_TURN = "nothing: it has no turn"
_ENOUGH = "the debt is unbooked; its rider leaves the deny list"

CHARGE = StateMachine(
    [DUE, ASKED, OWED, LOST, PAID, VOID],
    {
        ChargeEvent.ASK: {
            DUE: (ASKED, "pain.013 under the rider's mandate"),
            ASKED: (ASKED, _NOT_ITS_TURN),
            OWED: (OWED, _NOT_ITS_TURN),
            LOST: (LOST, _NOT_ITS_TURN),
            PAID: (PAID, _NOT_ITS_TURN),
            VOID: (VOID, _NOT_ITS_TURN),
        },
        ChargeEvent.CANNOT_PAY: {
            DUE: (OWED, "a debt is booked; its rider goes onto the deny list"),
            ASKED: (ASKED, _NOT_ITS_TURN),
            OWED: (OWED, _NOT_ITS_TURN),
            LOST: (LOST, _NOT_ITS_TURN),
            PAID: (PAID, _NOT_ITS_TURN),
            VOID: (VOID, _NOT_ITS_TURN),
        },
        ChargeEvent.MONEY: {
            DUE: (PAID, "a rider of this bank pays at once"),
            ASKED: (PAID, "pain.014 ACSP named it, its pacs.008 is there, in either order"),
            OWED: (PAID, _ENOUGH),
            LOST: (PAID, f"{_ENOUGH}, and it is no loss any more"),
            PAID: (PAID, _NOTHING),
            VOID: (PAID, "its day is billed again: it goes back"),
        },
        ChargeEvent.REJECTED: {
            DUE: (DUE, "nothing: nobody was asked"),
            ASKED: (OWED, "a debt is booked; its rider goes onto the deny list"),
            OWED: (OWED, _NOTHING),
            LOST: (LOST, _NOTHING),
            PAID: (PAID, _NOTHING),
            VOID: (VOID, _NOTHING),
        },
        ChargeEvent.REBILLED: {
            DUE: (VOID, "one charge of what is left"),
            ASKED: (ASKED, "its answer is waited for, then its day is billed again"),
            OWED: (VOID, f"{_ENOUGH}; pain.014 CANC to its bank; one charge of what is left"),
            LOST: (VOID, f"{_ENOUGH}; pain.014 CANC to its bank; one charge of what is left"),
            PAID: (PAID, "a refund, or one more charge, of the difference"),
            VOID: (VOID, _NOTHING),
        },
        ChargeEvent.GIVE_UP: {
            DUE: (DUE, _NO_DEBT),
            ASKED: (ASKED, _NO_DEBT),
            OWED: (LOST, "the debt is booked as the operator's loss"),
            LOST: (LOST, _NO_DEBT),
            PAID: (PAID, _NO_DEBT),
            VOID: (VOID, _NO_DEBT),
        },
    },
)
