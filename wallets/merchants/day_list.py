"""A shop's day at a glance: its orders, newest first, and what they add up to."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Q, Sum

from cbdc.clock import china_midnight, china_today
from wallets.merchants.authentication import Caller
from wallets.merchants.machine import PAID
from wallets.merchants.models import Order
from wallets.merchants.selectors import orders_of

PAGE = 50


@dataclass(frozen=True, slots=True)
class DayList:
    """`taken` and `refunded` are fen, of all orders of the day; `orders` is one page of them."""

    day: date
    orders: list[Order]
    next_before: UUID | None
    paid: int
    taken: int
    refunded: int


def today(caller: Caller, *, before: UUID | None = None) -> DayList:
    """The day in China that is now, of the caller's merchant, and shop."""
    day = china_today()
    begins = china_midnight(day)
    ends = begins + timedelta(days=1)
    rows = orders_of(caller).filter(created_at__gte=begins, created_at__lt=ends)
    sums = rows.aggregate(
        paid=Count("id", filter=Q(status=PAID)),
        taken=Sum("amount", filter=Q(status=PAID), default=0),
        refunded=Sum("refunded", default=0),
    )
    page = rows.filter(id__lt=before) if before is not None else rows
    orders = list(page.order_by("-id")[: PAGE + 1])
    more = len(orders) > PAGE
    return DayList(day, orders[:PAGE], orders[PAGE - 1].id if more else None, **sums)
