"""Closing a wallet at the counter: its money leaves it, so two people must want that."""

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from wallets.accounts.models import Wallet
from wallets.accounts.requests import CLOSE
from wallets.payments.authorisation import Authorisation
from wallets.payments.closing import close


def _close(request: ApprovalRequest) -> None:
    close(
        wallet=Wallet.objects.get(pk=request.subject),
        deposit_account=request.payload["deposit_account"] or None,
        by=Authorisation(),
    )


four_eyes.register(CLOSE, fields={"deposit_account": str}, carry_out=_close)
