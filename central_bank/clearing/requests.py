"""Requests to pay at the central bank: passed on between banks, and kept by nobody here.

No money moves by them. What they cause is an ordinary payment.
"""

from uuid import UUID

from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import institution_number_of
from cbdc.institution import Role
from cbdc.messaging.handlers import handles
from cbdc.messaging.services import send
from cbdc.protocol.messages import Pain013, Pain014
from central_bank.supervision import directory


@handles(Pain013, at=Role.CENTRAL_BANK)
def request_to_pay(message: Pain013, *, sender: str, message_id: UUID) -> None:
    """From the payee's bank, for the payer's; refused at once when that takes part no more.

    Raises:
        Problem: permission_denied, when the payee's wallet is not of the sender; unknown_payee,
            when the payer is not of the bank that is named.
    """
    payee_bank, payer_bank = directory.bank(sender), directory.bank(message.payer_bank)
    if (
        payee_bank is None
        or message.payee_bank != sender
        or institution_number_of(message.payee_wallet) != payee_bank.number
    ):
        raise Problem(ErrorCode.PERMISSION_DENIED, "The payee's wallet is of another bank.")
    asked = [text for text in (message.payer_wallet, message.payment_code) if text is not None]
    if payer_bank is None or payer_bank == payee_bank or not (asked or message.mandate):
        raise Problem(ErrorCode.UNKNOWN_PAYEE, "No other bank has this payer.")
    if any(institution_number_of(text) != payer_bank.number for text in asked):
        raise Problem(ErrorCode.UNKNOWN_PAYEE, "The payer is of another bank.")
    if payer_bank.active and payee_bank.active:
        send(to=payer_bank.code, message=message)
        return
    refusal = ErrorCode.INSTITUTION_UNAVAILABLE
    send(
        to=sender,
        message=Pain014(
            request_id=message.request_id,
            payee_bank=sender,
            payer_bank=payer_bank.code,
            status="RJCT",
            payment_id=None,
            code=refusal.code,
            detail=refusal.title + ".",
        ),
    )


@handles(Pain014, at=Role.CENTRAL_BANK)
def answer_to_request(message: Pain014, *, sender: str, message_id: UUID) -> None:
    """From the payer's bank to the payee's; a withdrawal the other way.

    Raises:
        Problem: permission_denied, when the sender speaks for another bank.
    """
    withdrawn = message.status == "CANC"
    speaker, hearer = message.payer_bank, message.payee_bank
    if withdrawn:
        speaker, hearer = hearer, speaker
    if speaker != sender or directory.bank(hearer) is None:
        raise Problem(ErrorCode.PERMISSION_DENIED, "You speak for another bank.")
    send(to=hearer, message=message)
