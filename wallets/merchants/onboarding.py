"""What two members of the staff decide about a merchant: one proposes, another one approves."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from stdnum.cn import uscc

from cbdc.api.schema import refuse
from cbdc.clock import now
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.identifiers import wallet_id
from cbdc.institution import this_institution
from cbdc.ledger.services import make_hot
from commercial_banks.chart import open_chart
from wallets.accounts.counter import open_for_firm
from wallets.merchants.models import Application, Merchant, Shop
from wallets.qr import QrCode, QrError, encode

Kind, State = Application.Kind, Application.State
COUNTER = 1  # a firm's category: it has no cap, so that its wallet can be hot
FIRST_SHOP = "Main"
FEES = ("fee_basis_points", "fee_floor", "fee_cap")
CARD = ("name", "qr_name", "city", "category", "transit", "hot", *FEES)


def propose_merchant(*, payload: Mapping[str, Any], maker: str) -> Application:
    """Ask for a firm to be taken on: `firm_name`, `credit_code`, `phone`, and those of CARD.

    Raises:
        Problem: validation_failed.
    """
    if not uscc.is_valid(payload["credit_code"]):
        raise refuse([FieldError("credit_code", "invalid", "Not a unified social credit code.")])
    _require_card(payload)
    _require_fees(payload, hot=payload["hot"])
    return _propose(Kind.ONBOARD, payload["name"], payload, None, maker)


def propose_terms(*, merchant: Merchant, payload: Mapping[str, Any], maker: str) -> Application:
    """Ask for other fees: those of FEES.

    Raises:
        Problem: validation_failed.
    """
    _require_fees(payload, hot=merchant.hot)
    return _propose(Kind.TERMS, merchant.name, payload, merchant, maker)


def propose_status(*, merchant: Merchant, status: Merchant.Status, maker: str) -> Application:
    """Ask for a merchant to be suspended, or to be active again."""
    return _propose(Kind.STATUS, merchant.name, {"status": status.value}, merchant, maker)


@transaction.atomic
def approve(*, application_id: UUID, checker: str) -> Application:
    """Carry a proposal out. Two at once do it once.

    Raises:
        Problem: not_found, order_not_open when it was decided, permission_denied for its maker.
    """
    application = _open_for(application_id, checker)
    payload = json.loads(application.payload)
    if application.kind == Kind.ONBOARD:
        application.merchant = _take_on(payload)
    else:
        assert application.merchant is not None  # noqa: S101 - of all but the first kind
        Merchant.objects.filter(id=application.merchant.id).update(**payload)
    return _decide(application, State.APPROVED, checker, "")


@transaction.atomic
def turn_down(*, application_id: UUID, checker: str, reason: str) -> Application:
    """Refuse a proposal, with the reason.

    Raises:
        Problem: as `approve`.
    """
    return _decide(_open_for(application_id, checker), State.REFUSED, checker, reason)


def _take_on(payload: dict[str, Any]) -> Merchant:
    open_chart()  # with the account of fees
    wallet, _ = open_for_firm(
        firm_name=payload["firm_name"],
        credit_code=payload["credit_code"],
        phone=payload["phone"],
        category=COUNTER,
    )
    if payload["hot"]:
        make_hot(account=int(wallet.wallet_id))
    assert wallet.customer_id is not None  # noqa: S101 - a firm's wallet has one
    merchant = Merchant.objects.create(
        wallet_id=wallet.wallet_id,
        customer_id=wallet.customer_id,
        **{name: payload[name] for name in CARD},
    )
    Shop.objects.create(merchant=merchant, name=FIRST_SHOP)
    return merchant


def _propose(
    kind: Application.Kind,
    subject: str,
    payload: Mapping[str, Any],
    merchant: Merchant | None,
    maker: str,
) -> Application:
    return Application.objects.create(
        kind=kind,
        subject=subject,
        payload=json.dumps(dict(payload)),
        merchant=merchant,
        maker=maker,
    )


def _open_for(application_id: UUID, checker: str) -> Application:
    application = (
        Application.objects.select_for_update(of=("self",)).filter(id=application_id).first()
    )
    if application is None:
        raise Problem(ErrorCode.NOT_FOUND)
    if application.state != State.PROPOSED:
        raise Problem(ErrorCode.ORDER_NOT_OPEN, "It was decided before.")
    if application.maker == checker:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Another person must decide what you proposed.")
    return application


def _decide(
    application: Application, state: Application.State, checker: str, reason: str
) -> Application:
    application.state, application.checker, application.reason = state, checker, reason
    application.decided_at = now()
    application.save()
    return application


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
    points, floor, cap = (payload[name] for name in FEES)
    if not 0 <= points <= 10_000 or floor < 0 or (cap is not None and cap < floor):
        raise refuse([FieldError("fee_cap", "invalid", "Fees are 0 to 100 %, floor to cap.")])
    if hot and (points or floor):
        raise refuse([FieldError("hot", "conflict", "A hot wallet pays no fee.")])
