"""Keeping the stock between a low and a high mark, without anybody asking."""

from django.db import transaction

from cbdc.errors import ErrorCode, Problem
from cbdc.ledger.selectors import available
from commercial_banks.chart import STOCK
from commercial_banks.treasury.models import ReplenishmentMarks, TokenRequest
from commercial_banks.treasury.services import free_tokens, request_issue, request_redeem

REPLENISHMENT = "replenishment"  # who asks, when nobody does
Operation = TokenRequest.Operation


def set_marks(*, low: int, high: int, by: str) -> ReplenishmentMarks:
    """Keep the stock between `low` and `high` fen from now on.

    Raises:
        Problem: invalid_amount, unless 0 <= low < high.
    """
    require_marks(low, high)
    row, _ = ReplenishmentMarks.objects.update_or_create(
        id=1, defaults={"low": low, "high": high, "set_by": by}
    )
    return row


def require_marks(low: int, high: int) -> None:
    """Refuse marks the wrong way round, as `set_marks` does."""
    if not 0 <= low < high:
        raise Problem(ErrorCode.INVALID_AMOUNT, "The low mark must be below the high mark.")


@transaction.atomic
def replenish() -> TokenRequest | None:
    """Ask for tokens below the low mark, give some back above the high one: up to their middle.

    One request at a time, whoever made it: the marks' row is held meanwhile. Tokens that are
    locked as guarantee stay.
    """
    marks = ReplenishmentMarks.objects.select_for_update().first()
    pending = TokenRequest.objects.filter(
        operation__in=(Operation.ISSUE, Operation.REDEEM), status=TokenRequest.Status.PENDING
    )
    if marks is None or pending.exists():
        return None
    stock, middle = available(STOCK), (marks.low + marks.high) // 2
    if stock < marks.low:
        return request_issue(amount=middle - stock, by=REPLENISHMENT)
    surplus = min(stock - middle, free_tokens())
    if stock > marks.high and surplus > 0:
        return request_redeem(amount=surplus, by=REPLENISHMENT)
    return None
