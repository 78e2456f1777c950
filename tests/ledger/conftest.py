"""Three wallets of a bank and its stock, opened and funded."""

import pytest

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.ledger.services import create_transfers, open_accounts
from cbdc.ledger.types import AccountCode, Ledger, NewAccount, Side, Transfer, TransferCode

TOKENS, STOCK, CLEARING = 1, 2, 4
ALICE, BOB, CHARLIE = 101, 102, 103
FUNDED = 1_000_00


def move(debit: int, credit: int, amount: int, **changes: object) -> Transfer:
    """A transfer of digital currency; `changes` are other fields."""
    values: dict[str, object] = {
        "id": new_id(),
        "debit_account": debit,
        "credit_account": credit,
        "amount": amount,
        "ledger": Ledger.DIGITAL_CURRENCY,
        "code": TransferCode.PAYMENT,
        "reference": new_id(),
        "occurred_at": now(),
        **changes,
    }
    return Transfer(**values)  # type: ignore[arg-type]


@pytest.fixture
def bank(transactional_db: None) -> None:
    digital = Ledger.DIGITAL_CURRENCY
    open_accounts(
        [
            NewAccount(TOKENS, digital, AccountCode.TOKENS_AT_CENTRAL_BANK, Side.DEBIT),
            NewAccount(STOCK, digital, AccountCode.STOCK, Side.CREDIT),
            NewAccount(CLEARING, digital, AccountCode.CLEARING, Side.CREDIT, overdraft=True),
            *(
                NewAccount(wallet, digital, AccountCode.WALLET, Side.CREDIT)
                for wallet in (ALICE, BOB, CHARLIE)
            ),
        ]
    )
    create_transfers([move(TOKENS, STOCK, 10 * FUNDED), move(STOCK, ALICE, FUNDED)])
