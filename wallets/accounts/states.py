"""Freezing a wallet, by its holder or by the bank, and lifting that."""

from django.db.models import Q

from cbdc.errors import ErrorCode, Problem
from cbdc.ledger.services import set_account_status
from cbdc.ledger.types import AccountStatus
from wallets.accounts.models import Wallet

FrozenBy = Wallet.FrozenBy


def require_active(wallet: Wallet) -> None:
    """Raises: Problem wallet_frozen or wallet_closed."""
    if wallet.status == Wallet.Status.CLOSED:
        raise Problem(ErrorCode.WALLET_CLOSED)
    if wallet.status == Wallet.Status.FROZEN:
        raise Problem(ErrorCode.WALLET_FROZEN)


def freeze(*, wallet: Wallet, by: Wallet.FrozenBy) -> Wallet:
    """Nothing leaves or enters it any more, nor its sub-wallets; runs in the caller's transaction.

    The bank's freeze goes over the holder's. A payment on its way to another bank still ends.

    Raises:
        Problem: wallet_closed.
    """
    for member in _family(wallet):
        if member.frozen_by == FrozenBy.BANK:
            continue
        member.status, member.frozen_by = Wallet.Status.FROZEN, by
        member.save(update_fields=["status", "frozen_by"])
        set_account_status(account=int(member.wallet_id), status=AccountStatus.FROZEN)
    return Wallet.objects.get(pk=wallet.pk)


def unfreeze(*, wallet: Wallet, by: Wallet.FrozenBy) -> Wallet:
    """Lift a freeze, of the sub-wallets too; a wallet that is active stays as it is.

    Raises:
        Problem: permission_denied, when a holder would lift the bank's freeze; wallet_closed;
            wallet_frozen for a sub-wallet whose parent stays frozen.
    """
    members = _family(wallet)
    own = next(member for member in members if member.pk == wallet.pk)
    if own.frozen_by == FrozenBy.BANK and by != FrozenBy.BANK:
        raise Problem(ErrorCode.PERMISSION_DENIED, "The bank froze this wallet.")
    if own.parent_id and Wallet.objects.get(pk=own.parent_id).status != Wallet.Status.ACTIVE:
        raise Problem(ErrorCode.WALLET_FROZEN, "The wallet above it is frozen.")
    for member in members:
        if member.frozen_by != FrozenBy.BANK or by == FrozenBy.BANK:
            member.status, member.frozen_by = Wallet.Status.ACTIVE, ""
            member.save(update_fields=["status", "frozen_by"])
            set_account_status(account=int(member.wallet_id), status=AccountStatus.ACTIVE)
    return Wallet.objects.get(pk=wallet.pk)


def _family(wallet: Wallet) -> list[Wallet]:
    """The wallet and its open sub-wallets, locked in the order of their ids."""
    members = list(
        Wallet.objects.select_for_update()
        .filter(Q(pk=wallet.pk) | Q(parent_id=wallet.pk) & ~Q(status=Wallet.Status.CLOSED))
        .order_by("wallet_id")
    )
    if any(m.pk == wallet.pk and m.status == Wallet.Status.CLOSED for m in members):
        raise Problem(ErrorCode.WALLET_CLOSED)
    return members
