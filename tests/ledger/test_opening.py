"""Accounts opened in bulk are like those opened one by one."""

import pytest
from django.db import IntegrityError

from cbdc.ledger.services import open_accounts, open_new_accounts
from cbdc.ledger.types import AccountCode, Ledger, Limits, NewAccount, Side
from tests.ledger.support import rows

pytestmark = pytest.mark.django_db(transaction=True)

OPENED = (
    "SELECT ledger, code, side, overdraft, category, parent, payee, balance_max, payment_max,"
    " daily_max, annual_max, status, debits_posted, credits_posted FROM ledger_account"
)


def account(number: int, **changes: object) -> NewAccount:
    values: dict[str, object] = {"category": 3, "parent": 7, "limits": Limits(balance=5), **changes}
    return NewAccount(
        number,
        Ledger.DIGITAL_CURRENCY,
        AccountCode.WALLET,
        Side.CREDIT,
        **values,  # type: ignore[arg-type]
    )


def test_they_are_as_those_that_open_accounts_opens() -> None:
    open_accounts([account(1)])
    open_new_accounts(account(number) for number in (2, 3))
    one, two, three = rows(OPENED)
    assert one == two == three


def test_one_that_is_there_opens_none() -> None:
    open_accounts([account(2)])
    with pytest.raises(IntegrityError):
        open_new_accounts(account(number) for number in (1, 2))
    assert rows("SELECT id FROM ledger_account") == [(2,)]


def test_a_hot_one_opens_none() -> None:
    with pytest.raises(ValueError, match="hot"):
        open_new_accounts([account(1), account(2, hot=True)])
    assert rows("SELECT id FROM ledger_account") == []
