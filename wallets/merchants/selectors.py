"""Merchants' orders and refunds as they see them."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from cbdc.clock import now, rfc3339
from cbdc.errors import ErrorCode, Problem
from wallets.accounts.models import Wallet
from wallets.merchants.authentication import Caller
from wallets.merchants.machine import EXPIRED, OPEN, PAYING
from wallets.merchants.models import Merchant, Order, Refund, Terminal


def wallet_of(merchant_id: str) -> str | None:
    """The wallet that a merchant of this bank is paid into, or None."""
    try:
        merchant = Merchant.objects.filter(id=merchant_id).first()
    except ValidationError:
        return None
    return merchant.wallet_id if merchant is not None else None


def orders_of(caller: Caller) -> models.QuerySet[Order]:
    """Every order of the caller's merchant, and shop."""
    rows = Order.objects.filter(merchant=caller.merchant)
    return rows.filter(shop_id=caller.shop_id) if caller.shop_id is not None else rows


def own_order(caller: Caller, order_id: UUID) -> Order:
    """An order of the caller's merchant, and shop.

    Raises:
        Problem: not_found.
    """
    order = orders_of(caller).filter(id=order_id).first()
    if order is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return order


def own_order_by_number(caller: Caller, out_trade_no: str) -> Order:
    """`own_order` by the merchant's number."""
    order = orders_of(caller).filter(out_trade_no=out_trade_no).first()
    if order is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return order


def own_orders(
    caller: Caller, *, status: str | None, before: int | str | None, limit: int
) -> list[Order]:
    """Orders of the caller's merchant, and shop, newest first."""
    rows = orders_of(caller)
    if status is not None:
        rows = rows.filter(status=status)
    if before is not None:
        rows = rows.filter(id__lt=str(before))
    return list(rows.order_by("-id")[:limit])


def own_refund(caller: Caller, refund_id: UUID) -> Refund:
    """A refund of the caller's merchant, and shop.

    Raises:
        Problem: not_found.
    """
    refund = Refund.objects.filter(id=refund_id, merchant=caller.merchant).first()
    if refund is None or caller.shop_id not in (None, refund.order.shop_id):
        raise Problem(ErrorCode.NOT_FOUND)
    return refund


def own_wallets(caller: Caller) -> set[str]:
    """The wallets of the caller's firm that are open, its merchant's wallet among them."""
    firm = Wallet.objects.filter(
        customer_id=caller.merchant.customer_id, kind=Wallet.Kind.CORPORATE
    ).exclude(status=Wallet.Status.CLOSED)
    return set(firm.values_list("wallet_id", flat=True)) | {caller.merchant.wallet_id}


def own_terminal(caller: Caller, label: str) -> Terminal | None:
    """An open till of the caller's merchant, and shop, by its label."""
    terminals = Terminal.objects.filter(
        label=label, shop__merchant=caller.merchant, closed_at__isnull=True
    )
    if caller.shop_id is not None:
        terminals = terminals.filter(shop_id=caller.shop_id)
    return terminals.order_by("id").first()


def status_of(order: Order) -> str:
    """Its status; one whose time is over is expired before the sweep says so."""
    over = order.status in (OPEN, PAYING) and order.expires_at <= now()
    return EXPIRED if over else order.status


def order_body(order: Order) -> dict[str, Any]:
    """The order object of API.md, with what this bank adds."""
    return {
        "order_id": str(order.id),
        "out_trade_no": order.out_trade_no,
        "status": status_of(order),
        "amount": order.amount,
        "currency": order.currency,
        "refunded": order.refunded,
        "refunding": order.refunding,
        "fee": order.fee,
        "description": order.description,
        "qr": order.qr or None,
        "shop_id": str(order.shop_id) if order.shop_id else None,
        "terminal": order.terminal or None,
        "payment_id": str(order.payment_id) if order.payment_id else None,
        "rejection": {"code": order.code, "detail": order.detail} if order.code else None,
        "created_at": rfc3339(order.created_at),
        "paid_at": rfc3339(order.paid_at) if order.paid_at else None,
        "closed_at": rfc3339(order.closed_at) if order.closed_at else None,
        "expires_at": rfc3339(order.expires_at),
    }


def refund_body(refund: Refund) -> dict[str, Any]:
    """The refund object of API.md, with what this bank adds."""
    rejected = refund.status == Refund.Status.REJECTED
    return {
        "refund_id": str(refund.id),
        "order_id": str(refund.order_id),
        "out_refund_no": refund.out_refund_no,
        "amount": refund.amount,
        "status": refund.status,
        "reason": refund.reason,
        "rejection": {"code": refund.code, "detail": refund.detail} if rejected else None,
        "created_at": rfc3339(refund.created_at),
        "completed_at": rfc3339(refund.completed_at) if refund.completed_at else None,
    }
