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
TRANSIT_RECEIVABLE = int(AccountCode.TRANSIT_RECEIVABLE)
TRANSIT_CLAIMS = int(AccountCode.TRANSIT_CLAIMS)
TRANSIT_LOSSES = int(AccountCode.TRANSIT_LOSSES)

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
    # Fares that riders could not pay yet, and those that the operator gave up. No money stands
    # behind them, so they have a ledger of their own: in that of digital currency they would
    # break INV-2.
    NewAccount(TRANSIT_RECEIVABLE, Ledger.CLAIMS, AccountCode.TRANSIT_RECEIVABLE, Side.DEBIT),
    NewAccount(TRANSIT_LOSSES, Ledger.CLAIMS, AccountCode.TRANSIT_LOSSES, Side.DEBIT),
    NewAccount(TRANSIT_CLAIMS, Ledger.CLAIMS, AccountCode.TRANSIT_CLAIMS, Side.CREDIT),
]


def open_chart() -> None:
    """Open the bank's own accounts; a second call changes nothing."""
    open_accounts(_CHART)
