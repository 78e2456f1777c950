"""What a bank's staff do at the counter, in the presence of who it is for."""

import secrets

from stdnum.cn import ric, uscc

from cbdc.api.schema import refuse
from cbdc.errors import FieldError
from commercial_banks.customers.models import Customer, DepositAccount
from commercial_banks.customers.services import open_deposit_account, register_customer
from wallets.accounts.models import Wallet
from wallets.accounts.opening import SERIALS, open_corporate_wallet
from wallets.accounts.upgrade import upgrade


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
    account = DepositAccount.objects.filter(customer=firm).order_by("opened_at").first()
    if account is None:
        account = open_deposit_account(customer=firm, serial=secrets.randbelow(SERIALS))
    wallet = open_corporate_wallet(
        name=firm_name, phone=phone, category=category, customer_id=firm.id
    )
    return wallet, account


def raise_in_person(
    *, wallet: Wallet, full_name: str, id_number: str, deposit_account: str
) -> Wallet:
    """Category 1, for a person whose papers were seen; in the caller's transaction.

    Raises:
        Problem: validation_failed, kyc_mismatch, wallet_frozen, wallet_closed.
    """
    if not ric.is_valid(id_number):
        raise refuse([FieldError("id_number", "invalid", "Not a resident identity number.")])
    return upgrade(
        wallet=wallet,
        category=1,
        full_name=full_name,
        id_number=id_number,
        deposit_account=deposit_account,
    )
