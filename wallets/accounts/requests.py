"""What a bank's staff does to a wallet only when two people want it."""

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, Problem
from wallets.accounts.models import Wallet
from wallets.accounts.states import require_active, unfreeze

UNFREEZE = "unfreeze_wallet"
CLOSE = "close_wallet"  # carried out by wallets.payments, which moves its money


def request_unfreezing(*, wallet: Wallet, case: str, maker: User, reason: str) -> ApprovalRequest:
    """Propose that the bank's freeze of a wallet is lifted.

    Raises:
        Problem: validation_failed, when it is not frozen; permission_denied.
    """
    if wallet.status != Wallet.Status.FROZEN:
        raise Problem(ErrorCode.VALIDATION_FAILED, "The wallet is not frozen.")
    return four_eyes.propose(
        kind=UNFREEZE, subject=wallet.wallet_id, payload={"case": case}, maker=maker, reason=reason
    )


def request_closing(
    *, wallet: Wallet, deposit_account: str, maker: User, reason: str
) -> ApprovalRequest:
    """Propose that a wallet is closed and its money paid out to its holder's account.

    Raises:
        Problem: wallet_frozen, wallet_closed; permission_denied.
    """
    require_active(wallet)
    return four_eyes.propose(
        kind=CLOSE,
        subject=wallet.wallet_id,
        payload={"deposit_account": deposit_account},
        maker=maker,
        reason=reason,
    )


def _unfreeze(request: ApprovalRequest) -> None:
    unfreeze(wallet=Wallet.objects.get(pk=request.subject), by=Wallet.FrozenBy.BANK)


four_eyes.register(UNFREEZE, fields={"case": str}, carry_out=_unfreeze)
