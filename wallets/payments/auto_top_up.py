"""Opt-in: what a payment lacks comes from the holder's deposit account, in the same step."""

from wallets.accounts.models import Wallet
from wallets.accounts.states import require_active
from wallets.payments.services import require_own_deposit_account


def switch_on(*, wallet: Wallet, deposit_account: str) -> Wallet:
    """From now on a payment's shortfall is topped up from that account of the holder's.

    Raises:
        Problem: not_found for an account of somebody else; wallet_frozen, wallet_closed.
    """
    require_own_deposit_account(wallet, deposit_account)
    wallet = Wallet.objects.select_for_update().get(pk=wallet.pk)
    require_active(wallet)
    wallet.top_up_from = deposit_account
    wallet.save(update_fields=["top_up_from"])
    return wallet


def switch_off(*, wallet: Wallet) -> None:
    """No more of it; a second call changes nothing."""
    Wallet.objects.filter(pk=wallet.pk).update(top_up_from="")
