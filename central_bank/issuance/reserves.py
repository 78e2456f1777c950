"""Reserves (ledger 3): one account per bank; `reserve_liabilities` is the other side of each."""

from uuid import UUID

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id
from cbdc.ledger.services import create_transfers, open_accounts
from cbdc.ledger.types import (
    AccountCode,
    Ledger,
    NewAccount,
    Result,
    Side,
    Transfer,
    TransferCode,
)
from central_bank.issuance.models import BankAccount
from central_bank.supervision.directory import Bank
from central_bank.supervision.hooks import at_admission, at_initialisation

RESERVE_ACCOUNT_BASE = 10_000
LIABILITIES = int(AccountCode.RESERVE_LIABILITIES)


def reserve_account(number: str) -> int:
    """The ledger account of the bank with that four-digit number."""
    return RESERVE_ACCOUNT_BASE + int(number)


@at_initialisation
def open_liabilities() -> None:
    """Open the singleton; a second call changes nothing."""
    open_accounts(
        [NewAccount(LIABILITIES, Ledger.RESERVES, AccountCode.RESERVE_LIABILITIES, Side.DEBIT)]
    )


@at_admission
def open_bank_account(bank: Bank) -> None:
    """Open a bank's reserve account and its standing; a second call changes nothing."""
    account = reserve_account(bank.number)
    open_accounts([NewAccount(account, Ledger.RESERVES, AccountCode.RESERVE, Side.CREDIT)])
    BankAccount.objects.get_or_create(bank=bank.code, defaults={"reserve_account": account})


def credit(*, account: int, amount: int, code: TransferCode, reference: UUID) -> None:
    """Add `amount` fen to a bank's reserves, once per reference."""
    _move(LIABILITIES, account, amount, code, reference)


def debit(*, account: int, amount: int, code: TransferCode, reference: UUID) -> None:
    """Take `amount` fen from a bank's reserves, once per reference.

    Raises:
        Problem: insufficient_funds.
    """
    _move(account, LIABILITIES, amount, code, reference)


def _move(
    debit_account: int, credit_account: int, amount: int, code: TransferCode, reference: UUID
) -> None:
    transfer = Transfer(
        id=derived_id(reference, "reserve"),
        debit_account=debit_account,
        credit_account=credit_account,
        amount=amount,
        ledger=Ledger.RESERVES,
        code=code,
        reference=reference,
        occurred_at=now(),
    )
    [result] = create_transfers([transfer])
    if result is Result.INSUFFICIENT_FUNDS:
        raise Problem(ErrorCode.INSUFFICIENT_FUNDS, "The reserves do not cover the amount.")
    if not result.recorded:
        raise RuntimeError(f"the ledger refused a movement of reserves: {result}")
