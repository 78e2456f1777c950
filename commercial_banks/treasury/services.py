"""Asking the central bank for tokens, giving them back, locking them as guarantee."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from cbdc.clock import now
from cbdc.crypto.tokens import authorise
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id, new_id
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode, TransferFlag
from cbdc.messaging.identity import own_key
from cbdc.messaging.services import send
from cbdc.money import is_amount
from cbdc.protocol.messages import (
    TokenIssueRequest,
    TokenLockRequest,
    TokenMergeRequest,
    TokenRedeemRequest,
    TokenSplitRequest,
    TokenUnlockRequest,
)
from commercial_banks.chart import STOCK, TOKENS_AT_CENTRAL_BANK
from commercial_banks.treasury import hooks
from commercial_banks.treasury.models import TokenRequest, VaultToken

INPUTS_MAX = 500  # tokens that one request may consume
TOKENS_KEPT = 32  # above it, the small ones are merged
Operation = TokenRequest.Operation
_SPENDING = {
    Operation.REDEEM: TokenRedeemRequest,
    Operation.LOCK: TokenLockRequest,
    Operation.UNLOCK: TokenUnlockRequest,
    Operation.MERGE: TokenMergeRequest,
}


@transaction.atomic
def request_issue(*, amount: int, by: str, request_id: UUID | None = None) -> TokenRequest:
    """Ask for `amount` fen of tokens against reserves."""
    request = TokenRequest.objects.create(
        id=request_id or new_id(), operation=Operation.ISSUE, amount=amount, requested_by=by
    )
    send(
        to=CENTRAL_BANK_CODE,
        message=TokenIssueRequest(request_id=request.id, amount=amount),
        message_id=request.id,
    )
    return request


def request_redeem(*, amount: int, by: str) -> TokenRequest:
    """Give `amount` fen of tokens back for reserves; the stock is reserved until the answer.

    Raises:
        Problem: insufficient_funds, in the stock or in unlocked tokens.
    """
    return _request_spending(Operation.REDEEM, amount, by)


def request_lock(*, amount: int, by: str) -> TokenRequest:
    """Lock `amount` fen of tokens as the guarantee of payments to other banks.

    Raises:
        Problem: insufficient_funds.
    """
    return _request_spending(Operation.LOCK, amount, by)


def request_unlock(*, amount: int, by: str) -> TokenRequest:
    """Take `amount` fen back out of the guarantee.

    Raises:
        Problem: insufficient_funds.
    """
    return _request_spending(Operation.UNLOCK, amount, by)


@transaction.atomic
def request_split(*, parts: Sequence[int], by: str) -> TokenRequest:
    """Choose change: have tokens of the values `parts` made out of unlocked ones.

    Raises:
        Problem: insufficient_funds; invalid_amount, for a part that is no amount.
    """
    if not parts or not all(is_amount(part) for part in parts):
        raise Problem(ErrorCode.INVALID_AMOUNT)
    amount = sum(parts)
    request = TokenRequest.objects.create(
        id=new_id(), operation=Operation.SPLIT, amount=amount, requested_by=by
    )
    inputs = _choose(request.id, amount, locked=False)
    authorisation = authorise(
        own_key(),
        kind=Operation.SPLIT,
        inputs=inputs,
        amount=amount,
        request_id=str(request.id),
        parts=parts,
    )
    message = TokenSplitRequest(
        request_id=request.id, parts=tuple(parts), inputs=inputs, authorisation=authorisation
    )
    send(to=CENTRAL_BANK_CODE, message=message, message_id=request.id)
    return request


@transaction.atomic
def tidy(*, by: str) -> TokenRequest | None:
    """Have many small unlocked tokens merged into one, when there are more than TOKENS_KEPT.

    None when there are not, or a merge is under way.
    """
    asked = TokenRequest.objects.filter(
        operation=Operation.MERGE, status=TokenRequest.Status.PENDING
    )
    if asked.exists():
        return None
    live = VaultToken.objects.filter(locked=False, spent_at__isnull=True, reserved_by__isnull=True)
    values = list(live.order_by("value").values_list("value", flat=True)[:INPUTS_MAX])
    if len(values) <= TOKENS_KEPT:
        return None
    return _request_spending(Operation.MERGE, sum(values), by, smallest=True)


@transaction.atomic
def _request_spending(
    operation: TokenRequest.Operation, amount: int, by: str, *, smallest: bool = False
) -> TokenRequest:
    request = TokenRequest.objects.create(
        id=new_id(), operation=operation, amount=amount, requested_by=by
    )
    if operation == Operation.REDEEM:
        _move_stock(request, TransferFlag.PENDING)
    inputs = _choose(request.id, amount, locked=operation == Operation.UNLOCK, smallest=smallest)
    message = _SPENDING[operation](
        request_id=request.id,
        amount=amount,
        inputs=inputs,
        authorisation=authorise(
            own_key(), kind=operation, inputs=inputs, amount=amount, request_id=str(request.id)
        ),
    )
    send(to=CENTRAL_BANK_CODE, message=message, message_id=request.id)
    return request


def _choose(
    request_id: UUID, amount: int, *, locked: bool, smallest: bool = False
) -> tuple[str, ...]:
    """Reserve live tokens that reach `amount`: the fewest, or beginning with the smallest.

    Change comes back as one token. When more than TOKENS_KEPT others stay, the smallest of them
    go in too and come back in the change: so however often a bank is paid in small tokens, their
    number stays bounded.
    """
    free = VaultToken.objects.filter(locked=locked, spent_at__isnull=True, reserved_by__isnull=True)
    order = ("value", "token_id") if smallest else ("-value", "token_id")
    chosen, total = [], 0
    for token in free.order_by(*order).select_for_update()[:INPUTS_MAX]:
        chosen.append(token.token_id)
        total += token.value
        if total >= amount:
            break
    if total < amount:
        raise Problem(ErrorCode.INSUFFICIENT_FUNDS, "The vault does not hold enough tokens.")
    others = free.exclude(token_id__in=chosen)
    if others.count() > TOKENS_KEPT:
        dust = others.order_by("value", "token_id").select_for_update()
        chosen += [token.token_id for token in dust[: INPUTS_MAX - len(chosen)]]
    VaultToken.objects.filter(token_id__in=chosen).update(reserved_by=request_id)
    return tuple(sorted(chosen))


def book_answer(request: TokenRequest, *, refused: str | None) -> None:
    """Close a request and move what the answer moves in the ledger."""
    if request.operation == Operation.ISSUE and refused is None:
        _move_stock(request, TransferFlag(0))
    elif request.operation == Operation.REDEEM:
        _move_stock(request, TransferFlag.POST if refused is None else TransferFlag.VOID)
    VaultToken.objects.filter(reserved_by=request.id).update(reserved_by=None)
    request.status = TokenRequest.Status.DONE if refused is None else TokenRequest.Status.REFUSED
    request.detail = refused or ""
    request.answered_at = now()
    request.save(update_fields=["status", "detail", "answered_at"])
    hooks.answered(request)


def _move_stock(request: TokenRequest, flag: TransferFlag) -> None:
    """Issue: tokens → stock. Redeem: stock → tokens, reserved, then posted or voided."""
    issue = request.operation == Operation.ISSUE
    reserved = derived_id(request.id, "reserve")
    resolves = flag in (TransferFlag.POST, TransferFlag.VOID)
    [result] = create_transfers(
        [
            Transfer(
                id=derived_id(request.id, "resolve") if resolves else reserved,
                debit_account=TOKENS_AT_CENTRAL_BANK if issue else STOCK,
                credit_account=STOCK if issue else TOKENS_AT_CENTRAL_BANK,
                amount=request.amount,
                ledger=Ledger.DIGITAL_CURRENCY,
                code=TransferCode.ISSUE if issue else TransferCode.REDEEM,
                reference=request.id,
                occurred_at=now(),
                flags=flag,
                pending_id=reserved if resolves else None,
            )
        ]
    )
    if result is Result.INSUFFICIENT_FUNDS:
        raise Problem(ErrorCode.INSUFFICIENT_FUNDS, "The stock does not hold enough.")
    if not result.recorded:
        raise RuntimeError(f"the ledger refused a treasury transfer: {result}")


def free_tokens() -> int:
    """Fen of live tokens that are neither locked nor meant for a request under way."""
    free = VaultToken.objects.filter(locked=False, spent_at__isnull=True, reserved_by__isnull=True)
    return free.aggregate(total=Sum("value"))["total"] or 0


def guarantee() -> int:
    """Fen of live locked tokens."""
    live = VaultToken.objects.filter(locked=True, spent_at__isnull=True)
    return live.aggregate(total=Sum("value"))["total"] or 0
