"""Sub-wallets: money set aside under a wallet, with limits of its own, perhaps for one payee."""

from collections.abc import Mapping

from cbdc.api.schema import refuse
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.ledger.selectors import limits as limits_of
from cbdc.ledger.types import Limits
from commercial_banks.customers.privacy import decrypt
from wallets.accounts.models import Wallet
from wallets.accounts.opening import open_wallet
from wallets.accounts.payees import wallet_of_merchant
from wallets.accounts.states import require_active

SUB_WALLETS_MAX = 20  # open ones of one wallet


def open_sub_wallet(
    *, parent: Wallet, name: str, limits: Mapping[str, int], merchant_id: str | None
) -> Wallet:
    """Open a wallet under `parent`, in the caller's transaction.

    What it pays counts at the parent too. With a `merchant_id` it pays that merchant alone.

    Raises:
        Problem: validation_failed for limits above the parent's, a parent that is a sub-wallet,
            or too many; unknown_payee for no merchant of this bank; wallet_frozen,
            wallet_closed.
    """
    parent = Wallet.objects.select_for_update().get(pk=parent.pk)
    _require_room(parent)
    _require_within(limits, limits_of(int(parent.wallet_id)))
    payee = None
    if merchant_id is not None:
        payee = wallet_of_merchant(merchant_id)
        if payee is None:
            raise Problem(ErrorCode.UNKNOWN_PAYEE, "There is no such merchant at this bank.")
    require_active(parent)
    return open_wallet(
        phone=decrypt(parent.phone_sealed),
        kind=Wallet.Kind(parent.kind),
        category=parent.category,
        name=name,
        parent=parent,
        limits=Limits(**limits),
        payee_wallet=payee,
        customer_id=parent.customer_id,
    )


def _require_room(parent: Wallet) -> None:
    if parent.parent_id is not None:
        raise refuse([FieldError("wallet_id", "invalid", "A sub-wallet has no sub-wallets.")])
    open_ones = Wallet.objects.filter(parent=parent).exclude(status=Wallet.Status.CLOSED).count()
    if open_ones >= SUB_WALLETS_MAX:
        raise refuse([FieldError("wallet_id", "too_many", f"At most {SUB_WALLETS_MAX}.")])


def _require_within(asked: Mapping[str, int], parents: Limits) -> None:
    errors = []
    for name, amount in asked.items():
        ceiling = getattr(parents, name)
        if ceiling is not None and amount > ceiling:
            errors.append(FieldError(f"limits.{name}", "above_parent", f"At most {ceiling}."))
    if errors:
        raise refuse(errors)
