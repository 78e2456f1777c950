"""What a ledger result means to a wallet holder: one table."""

from cbdc.errors import ErrorCode, Problem
from cbdc.ledger.types import Result

REFUSALS = {
    Result.INSUFFICIENT_FUNDS: ErrorCode.INSUFFICIENT_FUNDS,
    Result.ACCOUNT_FROZEN: ErrorCode.WALLET_FROZEN,
    Result.ACCOUNT_CLOSED: ErrorCode.WALLET_CLOSED,
    Result.ACCOUNT_NOT_FOUND: ErrorCode.UNKNOWN_PAYEE,
    Result.ACCOUNTS_MUST_BE_DIFFERENT: ErrorCode.SAME_WALLET,
    Result.AMOUNT_INVALID: ErrorCode.INVALID_AMOUNT,
    Result.PAYEE_RESTRICTED: ErrorCode.PAYEE_RESTRICTED,
    Result.PAYMENT_LIMIT_EXCEEDED: ErrorCode.PAYMENT_LIMIT_EXCEEDED,
    Result.DAILY_LIMIT_EXCEEDED: ErrorCode.DAILY_LIMIT_EXCEEDED,
    Result.ANNUAL_LIMIT_EXCEEDED: ErrorCode.ANNUAL_LIMIT_EXCEEDED,
    Result.BALANCE_LIMIT_EXCEEDED: ErrorCode.BALANCE_LIMIT_EXCEEDED,
}


def require_recorded(result: Result) -> None:
    """Raises: Problem with the code of the result, unless the transfer stands."""
    if result.recorded:
        return
    if result not in REFUSALS:
        raise RuntimeError(f"the ledger answered {result}")
    raise Problem(REFUSALS[result])
