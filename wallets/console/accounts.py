"""Accounts as the staff reads of them: by name, or as a link to their page."""

from cbdc.console import life
from cbdc.console.shown import Link, Text
from cbdc.identifiers import institution_number_of, is_deposit_account, is_wallet_id
from cbdc.institution import this_institution
from cbdc.ledger.types import AccountCode
from commercial_banks.customers.models import DepositAccount
from wallets.accounts.models import Wallet

_SINGLETONS = {code.value: code.name.lower().replace("_", " ") for code in AccountCode}


def account(number: int) -> Text | Link:
    """An account of the ledger: one of the bank's own, a wallet, or a deposit account."""
    if number in _SINGLETONS:
        return _SINGLETONS[number]
    return holders(f"{number:016d}")


def holders(number: str) -> Text | Link:
    """A wallet or a deposit account; the number alone when another bank keeps it."""
    if is_deposit_account(number):
        return life.page_of(DepositAccount, number)
    if is_wallet_id(number) and institution_number_of(number) == this_institution().number:
        return life.page_of(Wallet, number)
    return number
