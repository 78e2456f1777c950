"""Registering customers and opening their deposit accounts."""

from uuid import UUID

from django.db import transaction

from cbdc.clock import now
from cbdc.identifiers import deposit_account
from cbdc.institution import this_institution
from cbdc.ledger.services import create_transfers, open_accounts
from cbdc.ledger.types import (
    AccountCode,
    Ledger,
    NewAccount,
    Side,
    Transfer,
    TransferCode,
)
from commercial_banks.chart import BANK_FUNDS
from commercial_banks.customers.models import Customer, DepositAccount
from commercial_banks.customers.privacy import encrypt, look_up_hash


def register_customer(
    *, full_name: str, phone: str, id_number: str, kind: Customer.Kind = Customer.Kind.PERSON
) -> Customer:
    """The customer of that identity number; made when the bank does not know it yet."""
    customer, _ = Customer.objects.get_or_create(
        id_number_hash=look_up_hash(id_number),
        defaults={
            "kind": kind,
            "full_name_sealed": encrypt(full_name),
            "phone_sealed": encrypt(phone),
            "id_number_sealed": encrypt(id_number),
            "phone_hash": look_up_hash(phone),
        },
    )
    return customer


@transaction.atomic
def open_deposit_account(*, customer: Customer, serial: int) -> DepositAccount:
    """Open account number `serial` for a customer; a second call changes nothing."""
    number = deposit_account(this_institution().number, serial)
    open_accounts([NewAccount(int(number), Ledger.DEPOSITS, AccountCode.DEPOSIT, Side.CREDIT)])
    account, _ = DepositAccount.objects.get_or_create(
        number=number, defaults={"customer": customer}
    )
    return account


def deposit(*, account: str, amount: int, deposit_id: UUID) -> None:
    """Pay `amount` fen in over the counter; the id makes it happen once."""
    [result] = create_transfers(
        [
            Transfer(
                id=deposit_id,
                debit_account=BANK_FUNDS,
                credit_account=int(account),
                amount=amount,
                ledger=Ledger.DEPOSITS,
                code=TransferCode.DEPOSIT,
                reference=deposit_id,
                occurred_at=now(),
            )
        ]
    )
    if not result.recorded:
        raise ValueError(f"deposit refused: {result}")
