"""Requests to pay between banks: pain.013 and its answer, for the layers above.

They register: a holder's request and a merchant's charge are told apart by what they ask.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from cbdc.identifiers import institution_number_of
from cbdc.institution import CENTRAL_BANK_CODE, Role, this_institution
from cbdc.messaging.handlers import handles
from cbdc.messaging.services import send, send_many
from cbdc.protocol.messages import Pain013, Pain014

Asked = Callable[[Pain013], None]
Answered = Callable[[Pain014], None]
_asked: list[Asked] = []
_answered: list[Answered] = []


def on_asked(hook: Asked) -> Asked:
    """Call `hook` for each request to a payer of this bank, in the message's transaction."""
    _asked.append(hook)
    return hook


def on_answered(hook: Answered) -> Answered:
    """Call `hook` for each answer or withdrawal that reaches this bank, in its transaction."""
    _answered.append(hook)
    return hook


def ask(message: Pain013) -> None:
    """Send a request of a payee of this bank, in the caller's transaction."""
    send(to=CENTRAL_BANK_CODE, message=message)


def ask_many(messages: Sequence[Pain013]) -> None:
    """`ask` for many at once, in the caller's transaction."""
    if messages:
        send_many(to=CENTRAL_BANK_CODE, messages=messages)


def answer(
    request: Pain013 | Pain014,
    *,
    status: str,
    payment_id: UUID | None = None,
    code: str | None = None,
    detail: str | None = None,
) -> None:
    """Answer a request, or (CANC) take it back, in the caller's transaction."""
    send(
        to=CENTRAL_BANK_CODE,
        message=Pain014(
            request_id=request.request_id,
            payee_bank=request.payee_bank,
            payer_bank=request.payer_bank,
            status=status,
            payment_id=payment_id,
            code=code,
            detail=detail,
        ),
    )


@handles(Pain013, at=Role.COMMERCIAL_BANK)
def asked(message: Pain013, *, sender: str, message_id: UUID) -> None:
    """A request came from another bank's payee. One that is not for us is left unheard."""
    payer = message.payer_wallet or message.payment_code
    if payer is None:
        for_us = message.mandate is not None and message.payer_bank == this_institution().code
    else:
        for_us = institution_number_of(payer) == this_institution().number
    if for_us:
        for hook in _asked:
            hook(message)


@handles(Pain014, at=Role.COMMERCIAL_BANK)
def answered(message: Pain014, *, sender: str, message_id: UUID) -> None:
    """A request of ours was answered, or one to us was taken back."""
    for hook in _answered:
        hook(message)
