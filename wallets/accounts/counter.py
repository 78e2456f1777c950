"""What a bank's staff do at the counter, in the presence of who it is for."""

import secrets

from django.db import IntegrityError, transaction
from stdnum.cn import ric, uscc

from cbdc.api.schema import refuse
from cbdc.errors import ErrorCode, FieldError, Problem
from commercial_banks.customers.identity import identity_check
from commercial_banks.customers.models import Customer, DepositAccount
from commercial_banks.customers.privacy import look_up_hash
from commercial_banks.customers.services import open_deposit_account, register_customer
from wallets.accounts.models import Upgrade, Wallet
from wallets.accounts.opening import COUNTER, SERIALS, open_corporate_wallet, open_wallet

LOWEST = 4  # where an upgrade of a new wallet would be taken back to


def open_for_firm(
    *, firm_name: str, credit_code: str, phone: str, category: int
) -> tuple[Wallet, DepositAccount]:
    """A wallet for a firm, with a deposit account to pay out to; in the caller's transaction.

    Whoever enrols `phone` operates it. A firm that the bank knows gets one more wallet, and
    keeps the account that it has.

    Raises:
        Problem: validation_failed for an impossible credit code, or one of a person.
    """
    if not uscc.is_valid(credit_code):
        raise refuse([FieldError("credit_code", "invalid", "Not a unified social credit code.")])
    firm = register_customer(
        full_name=firm_name,
        phone=phone,
        id_number=uscc.compact(credit_code),
        kind=Customer.Kind.FIRM,
    )
    account = _account_of(firm)
    wallet = open_corporate_wallet(
        name=firm_name, phone=phone, category=category, customer_id=firm.id
    )
    return wallet, account


def open_for_person(
    *, full_name: str, id_number: str, phone: str, by: str
) -> tuple[Wallet, DepositAccount]:
    """A category-1 wallet for a person whose papers were seen; in the caller's transaction.

    Whoever enrols `phone` holds it. The bank's own customer keeps the account there is.

    Raises:
        Problem: validation_failed for an impossible identity number, or a phone that has a
            wallet already (which is to be raised instead); kyc_mismatch, when the bank knows the
            number under another name or phone.
    """
    number = ric.compact(id_number) if ric.is_valid(id_number) else ""
    if not number:
        raise refuse([FieldError("id_number", "invalid", "Not a resident identity number.")])
    own = Wallet.objects.filter(
        phone_hash=look_up_hash(phone), parent=None, kind=Wallet.Kind.PERSONAL
    )
    if own.exclude(status=Wallet.Status.CLOSED).exists():
        raise refuse([FieldError("phone", "has_wallet", "It has a wallet: raise that one.")])
    try:
        with transaction.atomic():
            person = register_customer(full_name=full_name, phone=phone, id_number=number)
    except IntegrityError as error:
        raise Problem(ErrorCode.KYC_MISMATCH, "The phone is another customer's.") from error
    is_theirs = identity_check().is_person(
        full_name=full_name, id_number=number, phone_hash=look_up_hash(phone)
    )
    if not is_theirs:
        raise Problem(ErrorCode.KYC_MISMATCH)
    account = _account_of(person)
    wallet = open_wallet(phone=phone, category=COUNTER, customer_id=person.id)
    Upgrade.objects.create(wallet=wallet, from_category=LOWEST, to_category=COUNTER, by=by)
    return wallet, account


def _account_of(customer: Customer) -> DepositAccount:
    """The first account that a customer has, or a new one."""
    account = DepositAccount.objects.filter(customer=customer).order_by("opened_at").first()
    if account is None:
        account = open_deposit_account(customer=customer, serial=secrets.randbelow(SERIALS))
    return account
