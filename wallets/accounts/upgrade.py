"""Raising a wallet's category against proof of identity (DESIGN section 7)."""

from stdnum.cn import ric

from cbdc.api.schema import refuse
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.ledger.services import set_account_limits
from commercial_banks.customers.identity import identity_check
from commercial_banks.customers.models import Customer, DepositAccount
from commercial_banks.customers.privacy import look_up_hash
from wallets.accounts.models import Upgrade, Wallet
from wallets.accounts.states import require_active

WITH_DEPOSIT_ACCOUNT = 2  # from this category on, bound to an account at this bank


def upgrade(
    *,
    wallet: Wallet,
    category: int,
    full_name: str,
    id_number: str,
    deposit_account: str | None,
    by: str = "",
) -> Wallet:
    """The wallet, with its sub-wallets, in its new category; the same again changes nothing.

    Runs in the caller's transaction. `by` names the member of the staff who saw the papers; each
    upgrade waits for a review by somebody else (`reviews`).

    Raises:
        Problem: validation_failed for an impossible identity number, a missing deposit
            account, a sub-wallet or a lower category; kyc_mismatch when name, number, phone
            and account are not one person's; wallet_frozen, wallet_closed.
    """
    wallet = Wallet.objects.select_for_update().get(pk=wallet.pk)
    customer = customer_of_papers(
        wallet=wallet,
        category=category,
        full_name=full_name,
        id_number=id_number,
        deposit_account=deposit_account,
    )
    if category != wallet.category:
        Upgrade.objects.create(
            wallet=wallet, from_category=wallet.category, to_category=category, by=by
        )
    set_category(wallet, category, customer)
    return wallet


def customer_of_papers(
    *,
    wallet: Wallet,
    category: int,
    full_name: str,
    id_number: str,
    deposit_account: str | None,
) -> Customer | None:
    """Whom the papers are of, when they let the wallet rise; None: not the bank's customer.

    Raises:
        Problem: as `upgrade`.
    """
    _require_possible(wallet, category, id_number, deposit_account)
    require_active(wallet)
    _require_identity(wallet, category, full_name, id_number, deposit_account)
    return Customer.objects.filter(id_number_hash=look_up_hash(id_number)).first()


def set_category(wallet: Wallet, category: int, customer: Customer | None) -> None:
    """Give a locked wallet and its sub-wallets the limits of a category."""
    wallet.category = category
    wallet.customer_id = customer.id if customer is not None else None
    wallet.save(update_fields=["category", "customer_id"])
    for member in [wallet, *Wallet.objects.filter(parent=wallet).order_by("wallet_id")]:
        Wallet.objects.filter(pk=member.pk).update(category=category)
        set_account_limits(account=int(member.wallet_id), category=category)


def _require_possible(
    wallet: Wallet, category: int, id_number: str, deposit_account: str | None
) -> None:
    errors = []
    if wallet.parent_id is not None:
        errors.append(FieldError("category", "invalid", "a sub-wallet follows its parent"))
    elif wallet.kind == Wallet.Kind.CORPORATE:
        errors.append(FieldError("category", "invalid", "a firm's wallet is not a person's"))
    elif category > wallet.category:
        errors.append(FieldError("category", "invalid", "an upgrade leads to a lower number"))
    if not ric.is_valid(id_number):
        errors.append(FieldError("id_number", "invalid", "not a resident identity number"))
    if category <= WITH_DEPOSIT_ACCOUNT and deposit_account is None:
        errors.append(FieldError("deposit_account", "required", "needed for this category"))
    if errors:
        raise refuse(errors)


def _require_identity(
    wallet: Wallet, category: int, full_name: str, id_number: str, deposit_account: str | None
) -> None:
    is_holder = identity_check().is_person(
        full_name=full_name, id_number=id_number, phone_hash=wallet.phone_hash
    )
    if not is_holder:
        raise Problem(ErrorCode.KYC_MISMATCH)
    if category <= WITH_DEPOSIT_ACCOUNT or deposit_account is not None:
        theirs = DepositAccount.objects.filter(
            number=deposit_account, customer__id_number_hash=look_up_hash(id_number)
        )
        if not theirs.exists():
            raise Problem(ErrorCode.KYC_MISMATCH, "The deposit account is not this person's.")
