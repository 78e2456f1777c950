"""What two members of the staff decide about a merchant: one proposes, another one approves."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from stdnum.cn import uscc

from cbdc.api.schema import refuse
from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.identifiers import new_id, parse_uuid, wallet_id
from cbdc.institution import this_institution
from cbdc.ledger.services import make_hot
from commercial_banks.chart import open_chart
from wallets.accounts.counter import open_for_firm
from wallets.merchants.models import Merchant, Papers, Shop
from wallets.qr import QrCode, QrError, encode

TAKE_ON = "take_merchant_on"
FEES = "set_merchant_fees"
SUSPEND, REINSTATE = "suspend_merchant", "reinstate_merchant"
KIND_OF = {Merchant.Status.SUSPENDED: SUSPEND, Merchant.Status.ACTIVE: REINSTATE}
MAY_PROPOSE = "merchants.add_merchant"
COUNTER = 1  # a firm's category: it has no cap, so that its wallet can be hot
FIRST_SHOP = "Main"
FEE_FIELDS: Mapping[str, Any] = {
    "fee_basis_points": int,
    "fee_floor": int,
    "fee_cap": int | None,
}
CARD: Mapping[str, Any] = {
    **dict.fromkeys(("name", "qr_name", "city", "category"), str),
    **dict.fromkeys(("transit", "hot"), bool),
    **FEE_FIELDS,
}
TAKING_ON: Mapping[str, Any] = {"firm_name": str, "credit_code": str, "papers": str, **CARD}


@transaction.atomic
def propose_merchant(
    *, card: Mapping[str, Any], phone: str, maker: User, reason: str
) -> ApprovalRequest:
    """Ask for a firm to be taken on: `firm_name`, `credit_code`, and those of CARD.

    `phone` is its operator's: personal, so it is sealed in Papers and not in the request.

    Raises:
        Problem: validation_failed; permission_denied.
    """
    papers = new_id()
    request = four_eyes.propose(
        kind=TAKE_ON,
        subject=card["name"],
        payload={**card, "papers": str(papers)},
        maker=maker,
        reason=reason,
    )
    seal_papers(papers, phone)
    return request


def propose_fees(
    *, merchant: Merchant, fees: Mapping[str, Any], maker: User, reason: str
) -> ApprovalRequest:
    """Ask for other fees: those of FEE_FIELDS.

    Raises:
        Problem: validation_failed; permission_denied.
    """
    _require_fees(fees, hot=merchant.hot)
    return four_eyes.propose(
        kind=FEES, subject=str(merchant.id), payload=dict(fees), maker=maker, reason=reason
    )


def propose_status(
    *, merchant: Merchant, status: Merchant.Status, maker: User, reason: str
) -> ApprovalRequest:
    """Ask for a merchant to be suspended, or to be active again.

    Raises:
        Problem: validation_failed, when it is so already; permission_denied.
    """
    if merchant.status == status:
        raise Problem(ErrorCode.VALIDATION_FAILED, f"The merchant is {status.value} already.")
    return four_eyes.propose(
        kind=KIND_OF[status], subject=str(merchant.id), payload={}, maker=maker, reason=reason
    )


def seal_papers(papers: UUID, phone: str) -> None:
    """Keep the phone until the request is decided; its id is sealed with it, so that what was
    sealed for one request opens for no other."""
    content = json.dumps({"papers": str(papers), "phone": phone})
    Papers.objects.create(id=papers, content=content)


def _open_papers(request: ApprovalRequest) -> str:
    papers = request.payload["papers"]
    content = json.loads(Papers.objects.get(id=parse_uuid(papers)).content)
    if content["papers"] != papers:
        raise Problem(ErrorCode.PERMISSION_DENIED, "The papers are those of another request.")
    phone: str = content["phone"]
    return phone


def _forget_papers(request: ApprovalRequest) -> None:
    Papers.objects.filter(id=parse_uuid(request.payload["papers"])).delete()


def _take_on(request: ApprovalRequest) -> None:
    """The merchant's id is the request's: one request takes one merchant on."""
    open_chart()  # with the account of fees
    payload = request.payload
    wallet, _ = open_for_firm(
        firm_name=payload["firm_name"],
        credit_code=payload["credit_code"],
        phone=_open_papers(request),
        category=COUNTER,
    )
    if payload["hot"]:
        make_hot(account=int(wallet.wallet_id))
    assert wallet.customer_id is not None  # noqa: S101 - a firm's wallet has one
    merchant = Merchant.objects.create(
        id=request.id,
        wallet_id=wallet.wallet_id,
        customer_id=wallet.customer_id,
        **{name: payload[name] for name in CARD},
    )
    Shop.objects.create(merchant=merchant, name=FIRST_SHOP)
    _forget_papers(request)


def _change(request: ApprovalRequest, **values: Any) -> None:
    Merchant.objects.filter(id=parse_uuid(request.subject)).update(**values)


def _check(payload: dict[str, Any]) -> None:
    if not uscc.is_valid(payload["credit_code"]):
        raise refuse([FieldError("credit_code", "invalid", "Not a unified social credit code.")])
    _require_card(payload)
    _require_fees(payload, hot=payload["hot"])


def _require_card(payload: Mapping[str, Any]) -> None:
    any_wallet = wallet_id(this_institution().number, 0)
    texts = {name: payload[name] for name in ("city", "category")}
    try:
        encode(QrCode(any_wallet, name=payload["qr_name"], **texts))
    except QrError as error:
        raise refuse(
            [FieldError("qr_name", "invalid", f"No QR code carries this: {error}.")]
        ) from error


def _require_fees(payload: Mapping[str, Any], *, hot: bool) -> None:
    points, floor, cap = (payload[name] for name in FEE_FIELDS)
    if not 0 <= points <= 10_000 or floor < 0 or (cap is not None and cap < floor):
        raise refuse([FieldError("fee_cap", "invalid", "Fees are 0 to 100 %, floor to cap.")])
    if hot and (points or floor):
        raise refuse([FieldError("hot", "conflict", "A hot wallet pays no fee.")])


four_eyes.register(
    TAKE_ON,
    fields=TAKING_ON,
    carry_out=_take_on,
    turn_down=_forget_papers,
    check=_check,
    may_propose=MAY_PROPOSE,
)
four_eyes.register(
    FEES,
    fields=FEE_FIELDS,
    carry_out=lambda request: _change(request, **request.payload),
    may_propose=MAY_PROPOSE,
)
for _status, _kind in KIND_OF.items():
    four_eyes.register(
        _kind,
        fields={},
        carry_out=lambda request, status=_status: _change(request, status=status),  # type: ignore[misc]
        may_propose=MAY_PROPOSE,
    )
