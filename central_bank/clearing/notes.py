"""Notes between banks, passed on: the central bank reads none and keeps none (INV-12)."""

from uuid import UUID

from cbdc.errors import ErrorCode, Problem
from cbdc.institution import Role
from cbdc.messaging.handlers import handles
from cbdc.messaging.services import send
from cbdc.protocol.messages import SealedNote
from central_bank.supervision import directory


@handles(SealedNote, at=Role.CENTRAL_BANK)
def pass_on(message: SealedNote, *, sender: str, message_id: UUID) -> None:
    """To the bank that it is for.

    Raises:
        Problem: permission_denied, when the sender writes for another; unknown_payee for a bank
            that does not take part.
    """
    if message.from_bank != sender:
        raise Problem(ErrorCode.PERMISSION_DENIED, "You speak for another bank.")
    receiver = directory.bank(message.to_bank)
    if receiver is None or receiver.code == sender:
        raise Problem(ErrorCode.UNKNOWN_PAYEE, "There is no such other bank.")
    send(to=receiver.code, message=message)
