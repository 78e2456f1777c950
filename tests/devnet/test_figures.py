"""What the demo's closing table takes from a bank's own books."""

import json

import pytest
from django.core.management import call_command

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.ledger.services import create_transfers, open_accounts
from cbdc.ledger.types import AccountCode, Ledger, NewAccount, Result, Side, Transfer, TransferCode

pytestmark = pytest.mark.django_db


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    call_command("devnet_figures")
    shown: dict[str, int] = json.loads(capsys.readouterr().out)
    return shown


def test_a_new_bank_has_no_wallets(capsys: pytest.CaptureFixture[str]) -> None:
    assert figures(capsys) == {"wallets": 0, "held": 0}


def test_wallets_are_counted_and_summed(capsys: pytest.CaptureFixture[str]) -> None:
    e_cny, wallet = Ledger.DIGITAL_CURRENCY, AccountCode.WALLET
    clearing = NewAccount(4, e_cny, AccountCode.CLEARING, Side.CREDIT, overdraft=True)
    wallets = [NewAccount(10**15 + n, e_cny, wallet, Side.CREDIT) for n in (1, 2)]
    open_accounts([clearing, *wallets])
    batch = [
        Transfer(
            id=new_id(),
            debit_account=4,
            credit_account=account.id,
            amount=12_34,
            ledger=e_cny,
            code=TransferCode.INTERBANK_IN,
            reference=new_id(),
            occurred_at=now(),
        )
        for account in wallets
    ]
    assert create_transfers(batch) == [Result.OK, Result.OK]
    assert figures(capsys) == {"wallets": 2, "held": 24_68}
