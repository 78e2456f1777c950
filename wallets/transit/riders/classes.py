"""Classes of riders, whose proof the bank's staff saw: two people give one."""

from datetime import date
from typing import Any

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from wallets.accounts.models import Wallet
from wallets.transit.models import RiderClass

KIND = "give_rider_class"
MAY_PROPOSE = "transit.add_riderclass"


def propose_class(
    *, wallet: str, name: str, until: date | None, maker: User, reason: str
) -> ApprovalRequest:
    """Propose a class for the holder of a wallet, until a day or for good; the last one holds.

    Raises:
        Problem: not_found, for no wallet of this bank; permission_denied.
    """
    if not Wallet.objects.filter(pk=wallet).exists():
        raise Problem(ErrorCode.NOT_FOUND, "This bank has no such wallet.")
    return four_eyes.propose(
        kind=KIND,
        subject=wallet,
        payload={"name": name, "until": until.isoformat() if until else None},
        maker=maker,
        reason=reason,
    )


def _give(request: ApprovalRequest) -> None:
    payload: dict[str, Any] = request.payload
    RiderClass.objects.update_or_create(
        wallet=Wallet.objects.get(pk=request.subject),
        defaults={
            "name": payload["name"],
            "until": date.fromisoformat(payload["until"]) if payload["until"] else None,
            "reason": request.reason,
            "given_by": request.asked_by,
            "given_at": now(),
        },
    )


four_eyes.register(
    KIND,
    fields={"name": str, "until": str | None},
    carry_out=_give,
    may_propose=MAY_PROPOSE,
)
