"""Reviewing upgrades after the fact, by somebody who had no part in them."""

from django.db import transaction

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.ledger.services import set_account_limits
from wallets.accounts.models import Upgrade, Wallet


def confirm(*, upgrade: Upgrade, by: str) -> None:
    """The papers bear it out.

    Raises:
        Problem: permission_denied, for who made it; validation_failed, when it was reviewed.
    """
    _reviewed(upgrade, by, Upgrade.Outcome.CONFIRMED)


@transaction.atomic
def take_back(*, upgrade: Upgrade, by: str) -> None:
    """The wallet and its sub-wallets return to the category that they had.

    Raises:
        Problem: as `confirm`; validation_failed too when the category has changed since, and
            wallet_closed.
    """
    _reviewed(upgrade, by, Upgrade.Outcome.TAKEN_BACK)
    wallet = Wallet.objects.select_for_update().get(pk=upgrade.wallet_id)
    if wallet.status == Wallet.Status.CLOSED:
        raise Problem(ErrorCode.WALLET_CLOSED)
    if wallet.category != upgrade.to_category:
        raise Problem(ErrorCode.VALIDATION_FAILED, "The wallet's category has changed since.")
    for member in [wallet, *Wallet.objects.filter(parent=wallet).order_by("wallet_id")]:
        Wallet.objects.filter(pk=member.pk).update(category=upgrade.from_category)
        set_account_limits(account=int(member.wallet_id), category=upgrade.from_category)


@transaction.atomic
def _reviewed(upgrade: Upgrade, by: str, outcome: Upgrade.Outcome) -> None:
    row = Upgrade.objects.select_for_update().get(pk=upgrade.pk)
    if row.reviewed_by:
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{row.reviewed_by} has reviewed it.")
    if row.by == by:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Who made an upgrade does not review it.")
    row.outcome, row.reviewed_by, row.reviewed_at = outcome, by, now()
    row.save(update_fields=["outcome", "reviewed_by", "reviewed_at"])
