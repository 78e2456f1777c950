"""What the central bank answers to the treasury."""

from uuid import UUID

from django.conf import settings

from cbdc.institution import Role
from cbdc.messaging.handlers import handles
from cbdc.protocol.messages import TokenAdvice, TokenRefusal
from commercial_banks.treasury.models import TokenRequest
from commercial_banks.treasury.services import (
    book_answer,
    free_tokens,
    guarantee,
    request_lock,
)
from commercial_banks.treasury.vault import apply_changes

TREASURY = "treasury"  # who asks when the bank's own rules do


@handles(TokenAdvice, at=Role.COMMERCIAL_BANK)
def advice(message: TokenAdvice, *, sender: str, message_id: UUID) -> None:
    """A request was carried out: tokens change, and after an issue the stock grows."""
    request = TokenRequest.objects.select_for_update().get(id=message.request_id)
    if request.status != TokenRequest.Status.PENDING:
        return
    apply_changes(consumed=message.consumed, created=message.created)
    book_answer(request, refused=None)
    if request.operation == TokenRequest.Operation.ISSUE:
        _replenish_guarantee()


@handles(TokenRefusal, at=Role.COMMERCIAL_BANK)
def refusal(message: TokenRefusal, *, sender: str, message_id: UUID) -> None:
    """A request was refused: what it had reserved is free again."""
    request = TokenRequest.objects.select_for_update().get(id=message.request_id)
    if request.status == TokenRequest.Status.PENDING:
        book_answer(request, refused=f"{message.code}: {message.detail}")


def _replenish_guarantee() -> None:
    """Lock fresh tokens up to GUARANTEE_TARGET, so that the bank can pay other banks."""
    asked = TokenRequest.objects.filter(
        operation=TokenRequest.Operation.LOCK, status=TokenRequest.Status.PENDING
    )
    missing = settings.GUARANTEE_TARGET - guarantee() - sum(asked.values_list("amount", flat=True))
    free = free_tokens()
    if min(missing, free) > 0:
        request_lock(amount=min(missing, free), by=TREASURY)
