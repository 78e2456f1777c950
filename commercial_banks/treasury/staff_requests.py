"""What the treasury does only when two people want it: asking for tokens, moving the marks."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import this_institution
from cbdc.money import is_amount
from commercial_banks.treasury import services
from commercial_banks.treasury.models import TokenRequest
from commercial_banks.treasury.replenishment import require_marks, set_marks

TOKENS, MARKS = "ask_for_tokens", "set_stock_marks"
MAY_PROPOSE = "treasury.add_tokenrequest"
Operation = TokenRequest.Operation
ASK: Mapping[str, Callable[..., TokenRequest]] = {
    Operation.ISSUE: services.request_issue,
    Operation.REDEEM: services.request_redeem,
    Operation.LOCK: services.request_lock,
    Operation.UNLOCK: services.request_unlock,
}


def propose_tokens(*, operation: str, amount: int, maker: User, reason: str) -> ApprovalRequest:
    """Propose to ask the central bank to issue, redeem, lock or unlock `amount` fen of tokens.

    Raises:
        Problem: validation_failed, invalid_amount; permission_denied.
    """
    payload = {"operation": str(operation), "amount": amount}
    return _propose(TOKENS, payload, maker, reason)


def propose_marks(*, low: int, high: int, maker: User, reason: str) -> ApprovalRequest:
    """Propose that the stock is kept between `low` and `high` fen.

    Raises:
        Problem: invalid_amount, unless 0 <= low < high; permission_denied.
    """
    return _propose(MARKS, {"low": low, "high": high}, maker, reason)


def _propose(kind: str, payload: dict[str, Any], maker: User, reason: str) -> ApprovalRequest:
    return four_eyes.propose(
        kind=kind, subject=this_institution().code, payload=payload, maker=maker, reason=reason
    )


def _check_tokens(payload: dict[str, Any]) -> None:
    if payload["operation"] not in ASK:
        raise Problem(ErrorCode.VALIDATION_FAILED, "That is nothing to ask for.")
    if not is_amount(payload["amount"]):
        raise Problem(ErrorCode.INVALID_AMOUNT)


def _check_marks(payload: dict[str, Any]) -> None:
    require_marks(payload["low"], payload["high"])


def _ask(request: ApprovalRequest) -> None:
    """In the name of who proposed it."""
    ask = ASK[request.payload["operation"]]
    ask(amount=request.payload["amount"], by=request.asked_by)


def _set_marks(request: ApprovalRequest) -> None:
    set_marks(**request.payload, by=request.asked_by)


four_eyes.register(
    TOKENS,
    fields={"operation": str, "amount": int},
    carry_out=_ask,
    check=_check_tokens,
    may_propose=MAY_PROPOSE,
)
four_eyes.register(
    MARKS,
    fields={"low": int, "high": int},
    carry_out=_set_marks,
    check=_check_marks,
    may_propose=MAY_PROPOSE,
)
