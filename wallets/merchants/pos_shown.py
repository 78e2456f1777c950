"""Orders and refunds as the cashier page shows them: yuan, China Standard Time, both languages."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from cbdc.api.answers import problem_body
from cbdc.clock import CHINA_STANDARD_TIME, now
from cbdc.errors import Problem
from cbdc.money import format_yuan
from wallets.merchants.machine import CLOSED, PAID
from wallets.merchants.models import Order, Refund
from wallets.merchants.pos_reasons import (
    REFUND_STATES,
    REFUSED,
    STATES,
    reason_of,
    reason_of_code,
)
from wallets.merchants.selectors import status_of


def shown_order(order: Order) -> dict[str, Any]:
    """What a template and a script need of an order; all of it fits into JSON."""
    status = status_of(order)
    refused = status == CLOSED and bool(order.code)
    return {
        "order_id": str(order.id),
        "number": order.out_trade_no,
        "amount": format_yuan(order.amount),
        "description": order.description,
        "status": "refused" if refused else status,
        "said": asdict(REFUSED if refused else STATES[status]),
        "reason": asdict(reason_of_code(order.code, order.detail)) if refused else None,
        "placed": local_time(order.created_at),
        "paid": local_time(order.paid_at) if order.paid_at else None,
        "seconds_left": max(0, int((order.expires_at - now()).total_seconds())),
    }


def shown_row(order: Order) -> dict[str, Any]:
    """As `shown_order`, with what was given back: a line of the day's list."""
    left = order.amount - order.refunded - order.refunding
    return {
        **shown_order(order),
        "refunded": format_yuan(order.refunded) if order.refunded else None,
        "refunding": format_yuan(order.refunding) if order.refunding else None,
        "refundable": format_yuan(left) if order.status == PAID and left else None,
    }


def shown_refund(refund: Refund) -> dict[str, Any]:
    """What a script needs of a refund."""
    status = Refund.Status(refund.status)
    rejected = status == Refund.Status.REJECTED
    return {
        "refund_id": str(refund.id),
        "amount": format_yuan(refund.amount),
        "status": status.value,
        "said": asdict(REFUND_STATES[status]),
        "reason": asdict(reason_of_code(refund.code, refund.detail)) if rejected else None,
    }


def shown_refusal(problem: Problem) -> dict[str, Any]:
    """A problem, with why in words."""
    return {**problem_body(problem), "reason": asdict(reason_of(problem))}


def local_time(moment: datetime) -> str:
    """Hours and minutes in China."""
    return moment.astimezone(CHINA_STANDARD_TIME).strftime("%H:%M")
