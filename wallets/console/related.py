"""What a payment was for: an order, a refund, a fare, somebody's request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet

from cbdc.console.lookup import labelled, page_of
from cbdc.console.role import Found
from wallets.merchants.models import Order, Refund, Return
from wallets.payments.models import PaymentRequest
from wallets.transit.models import AskedFare, Charge, FareRefund

_KINDS: tuple[type[models.Model], ...] = (
    Order,
    Refund,
    Return,
    PaymentRequest,
    Charge,
    AskedFare,
    FareRefund,
)
FOUND_MAX = 20


@dataclass(frozen=True, slots=True)
class Related:
    """Rows that name the payment; and the order that it paid, or gave back, if there is one."""

    found: Sequence[Found]
    order: Order | None


def related_to(payment_id: UUID) -> Related:
    """By their indexes of payments; two queries."""
    queries = [_rows(model, payment_id) for model in _KINDS]
    rows = list(queries[0].union(*queries[1:], all=True)[:FOUND_MAX])
    by_label = {model._meta.label_lower: model for model in _KINDS}
    found = [page_of(by_label[label], key) for label, key in rows]
    named = Q(payment_id=payment_id) | Q(refunds__payment_id=payment_id)
    order = Order.objects.filter(named).first() if rows else None
    return Related(found, order)


def _rows(model: type[models.Model], payment_id: UUID) -> QuerySet[Any, Any]:
    named = Q(payment_id=payment_id)
    if model is Return:  # its id is the payment that brought the money
        named |= Q(id=payment_id)
    return labelled(model._default_manager.filter(named))
