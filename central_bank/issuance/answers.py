"""The answers to a bank's token request: an advice of its own tokens alone, or a refusal."""

from uuid import UUID

from cbdc.errors import Problem
from cbdc.messaging.services import send
from cbdc.protocol.messages import TokenAdvice, TokenRefusal
from central_bank.issuance.domain import Kind
from central_bank.issuance.registry import Executed


def advise(*, bank: str, operation: Kind, request_id: UUID, amount: int, done: Executed) -> None:
    """Tell a bank that its request was carried out."""
    advice = TokenAdvice(
        request_id=request_id,
        operation=operation.value,
        amount=amount,
        transaction_id=done.transaction_id,
        consumed=done.consumed.get(bank, ()),
        created=done.created.get(bank, ()),
    )
    send(to=bank, message=advice)


def refuse(*, bank: str, operation: Kind, request_id: UUID, problem: Problem) -> None:
    """Tell a bank that its request was refused, and why."""
    refusal = TokenRefusal(
        request_id=request_id,
        operation=operation.value,
        code=problem.error.code,
        detail=problem.detail,
    )
    send(to=bank, message=refusal)
