"""The twenty people that every bank of a development network starts with (API.md)."""

from stdnum.cn import ric

from cbdc.devnet.seeding import Seed, register
from cbdc.identifiers import derived_id
from cbdc.institution import Role, this_institution
from commercial_banks.chart import open_chart
from commercial_banks.customers.models import Customer, DepositAccount
from commercial_banks.customers.privacy import look_up_hash
from commercial_banks.customers.services import (
    deposit,
    open_deposit_account,
    register_customer,
)

PEOPLE = 20
OPENING_DEPOSIT = 1_000_000  # fen: 10,000.00 yuan
PROVINCE = "110101"


@register(Role.COMMERCIAL_BANK)
def people() -> Seed:
    """Open the chart of accounts, and make the people that are missing."""
    open_chart()
    return {"people": [_person(serial) for serial in range(1, PEOPLE + 1)]}


def _person(serial: int) -> dict[str, str]:
    bank = this_institution()
    full_name = f"{bank.name} Customer {serial:02d}"
    phone = f"+86138{bank.number}{serial:04d}"
    id_number = _id_number(int(bank.number) % 100 * 20 + serial)
    customer = Customer.objects.filter(
        phone_hash=look_up_hash(phone), kind=Customer.Kind.PERSON
    ).first()
    if customer is None:
        customer = register_customer(full_name=full_name, phone=phone, id_number=id_number)
    account = DepositAccount.objects.filter(customer=customer).first()
    if account is None:
        account = open_deposit_account(customer=customer, serial=serial)
        deposit(
            account=account.number,
            amount=OPENING_DEPOSIT,
            deposit_id=derived_id(customer.id, "opening deposit"),
        )
    return {
        "full_name": full_name,
        "phone": phone,
        "id_number": id_number,
        "deposit_account": account.number,
    }


def _id_number(sequence: int) -> str:
    """A resident identity number (GB 11643) with its right check digit."""
    body = f"{PROVINCE}19900101{sequence:03d}"
    return body + ric.calc_check_digit(body + "0")  # it expects a digit in that place
