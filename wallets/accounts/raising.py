"""Category 1, without any limit: for who stands at the counter, when two people want it."""

from django.contrib.auth.models import User
from stdnum.cn import ric

from cbdc.api.schema import refuse
from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.clock import now
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.identifiers import parse_uuid
from commercial_banks.customers.models import Customer
from wallets.accounts.models import Upgrade, Wallet
from wallets.accounts.opening import COUNTER
from wallets.accounts.states import require_active
from wallets.accounts.upgrade import customer_of_papers, set_category

KIND = "raise_wallet"


def request_raising(
    *,
    wallet: Wallet,
    full_name: str,
    id_number: str,
    deposit_account: str,
    maker: User,
    reason: str,
) -> ApprovalRequest:
    """Propose it for a person whose papers were seen: they are compared now, and not kept.

    Raises:
        Problem: validation_failed, kyc_mismatch, wallet_frozen, wallet_closed; permission_denied.
    """
    if not ric.is_valid(id_number):
        raise refuse([FieldError("id_number", "invalid", "Not a resident identity number.")])
    _require_lower(wallet)
    customer = customer_of_papers(
        wallet=wallet,
        category=COUNTER,
        full_name=full_name,
        id_number=id_number,
        deposit_account=deposit_account,
    )
    if customer is None:  # their deposit account is here, so they are known
        raise Problem(ErrorCode.KYC_MISMATCH)
    return four_eyes.propose(
        kind=KIND,
        subject=wallet.wallet_id,
        payload={"customer": str(customer.id)},
        maker=maker,
        reason=reason,
    )


def _raise(request: ApprovalRequest) -> None:
    """The second look comes before, so the upgrade is reviewed when it is made."""
    wallet = Wallet.objects.select_for_update().get(pk=request.subject)
    require_active(wallet)
    _require_lower(wallet)
    Upgrade.objects.create(
        wallet=wallet,
        from_category=wallet.category,
        to_category=COUNTER,
        by=request.asked_by,
        outcome=Upgrade.Outcome.CONFIRMED,
        reviewed_by=request.checker.username if request.checker else "",
        reviewed_at=now(),
    )
    customer = Customer.objects.get(id=parse_uuid(request.payload["customer"]))
    set_category(wallet, COUNTER, customer)


def _require_lower(wallet: Wallet) -> None:
    if wallet.category == COUNTER:
        raise Problem(ErrorCode.VALIDATION_FAILED, "The wallet has category 1 already.")


four_eyes.register(
    KIND,
    fields={"customer": str},
    carry_out=_raise,
    may_propose="accounts.change_wallet",
)
