"""The bank's own accounts (DESIGN section 3, "Chart of accounts of a bank").

Each singleton's account id is its `AccountCode`.
"""

from cbdc.ledger.services import open_accounts
from cbdc.ledger.types import AccountCode, Ledger, NewAccount, Side

TOKENS_AT_CENTRAL_BANK = int(AccountCode.TOKENS_AT_CENTRAL_BANK)
STOCK = int(AccountCode.STOCK)
CLEARING = int(AccountCode.CLEARING)
BANK_FUNDS = int(AccountCode.BANK_FUNDS)
FEES = int(AccountCode.FEES)

_CHART = [
    NewAccount(
        TOKENS_AT_CENTRAL_BANK,
        Ledger.DIGITAL_CURRENCY,
        AccountCode.TOKENS_AT_CENTRAL_BANK,
        Side.DEBIT,
    ),
    # Not hot: every top-up debits it, and a debit that may find too little needs the exact sum.
    NewAccount(STOCK, Ledger.DIGITAL_CURRENCY, AccountCode.STOCK, Side.CREDIT),
    # In flight to (credit) or from (debit) other banks: either side of zero, so that neither can
    # be refused. All payments to and from other banks meet here: none waits for another.
    NewAccount(
        CLEARING,
        Ledger.DIGITAL_CURRENCY,
        AccountCode.CLEARING,
        Side.CREDIT,
        overdraft=True,
        hot=True,
    ),
    NewAccount(BANK_FUNDS, Ledger.DEPOSITS, AccountCode.BANK_FUNDS, Side.DEBIT),
    # What merchants paid. Parts of it go back with refunds, and no refund waits for another.
    NewAccount(
        FEES, Ledger.DIGITAL_CURRENCY, AccountCode.FEES, Side.CREDIT, overdraft=True, hot=True
    ),
]


def open_chart() -> None:
    """Open the bank's own accounts; a second call changes nothing."""
    open_accounts(_CHART)
