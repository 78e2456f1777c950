"""Closing a wallet: its money is paid out, and it takes and gives nothing any more."""

from django.db import transaction

from cbdc.api.schema import refuse
from cbdc.clock import now
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.ledger.selectors import available, balance
from cbdc.ledger.services import set_account_limits, set_account_status
from cbdc.ledger.types import AccountStatus
from wallets.accounts.hooks import wallet_closed
from wallets.accounts.models import Wallet
from wallets.accounts.states import require_active
from wallets.payments.authorisation import Authorisation
from wallets.payments.models import DepositMovement
from wallets.payments.services import move_deposit, pay

TRIES_MAX = 5


def close(*, wallet: Wallet, deposit_account: str | None, by: Authorisation) -> Wallet:
    """Pay the balance out and close the wallet for good, in the caller's transaction.

    The money of a sub-wallet goes to its parent, unless an account is named.

    Raises:
        Problem: validation_failed without a place for the money, with open sub-wallets, or
            while a payment to another bank is under way; not_found for an account of somebody
            else; wallet_frozen, wallet_closed; those of a top-up's way back.
    """
    wallet = Wallet.objects.select_for_update().get(pk=wallet.pk)
    require_active(wallet)
    if Wallet.objects.filter(parent=wallet).exclude(status=Wallet.Status.CLOSED).exists():
        raise refuse([FieldError("wallet_id", "sub_wallets", "Close its sub-wallets first.")])
    account = int(wallet.wallet_id)
    set_account_limits(account=account, payee=None)
    for _ in range(TRIES_MAX):
        with transaction.atomic():
            _pay_out(wallet, deposit_account, by)
            set_account_status(account=account, status=AccountStatus.CLOSED)
            # The row is locked now: what is left came in between, or is reserved to leave.
            left, spendable = balance(account), available(account)
            if left:
                transaction.set_rollback(True)
        if not left:
            break
        if not spendable:
            message = "A payment to another bank is under way: try again when it has ended."
            raise refuse([FieldError("wallet_id", "payment_pending", message)])
    else:
        raise Problem(ErrorCode.INSTITUTION_UNAVAILABLE, "Money keeps coming in: try again.")
    wallet.status, wallet.closed_at, wallet.top_up_from = Wallet.Status.CLOSED, now(), ""
    wallet.save(update_fields=["status", "closed_at", "top_up_from"])
    wallet_closed(wallet.wallet_id)
    return wallet


def _pay_out(wallet: Wallet, deposit_account: str | None, by: Authorisation) -> None:
    amount = available(int(wallet.wallet_id))
    if amount <= 0:
        return
    if deposit_account is not None:
        move_deposit(
            kind=DepositMovement.Kind.WITHDRAWAL,
            wallet=wallet,
            number=deposit_account,
            amount=amount,
            by=by,
        )
        return
    if wallet.parent_id is None:
        message = "The wallet holds money: name the account that it goes to."
        raise refuse([FieldError("deposit_account", "required", message)])
    pay(
        payer=wallet,
        payee_wallet=wallet.parent_id,
        amount=amount,
        memo="",
        by=by,
        within_family=True,
    )
