"""Reads of clearing, as a bank sees it: what waits, and how cycles ended."""

from datetime import datetime

from cbdc.console import bounded
from commercial_banks.clearing.models import Break, InterbankPayment, Settlement, Status


def undecided() -> int:
    """Payments with other banks that are on their way; a bounded count."""
    return bounded.count(InterbankPayment.objects.filter(status=Status.PENDING))


def open_breaks() -> int:
    """Breaks that nobody has explained; a bounded count."""
    return bounded.count(Break.objects.filter(resolved_at__isnull=True))


def settlements_between(begins: datetime, ends: datetime, *, limit: int) -> list[Settlement]:
    """Cycles that settled in a time, the first `limit` of them in their order."""
    rows = Settlement.objects.filter(settled_at__gte=begins, settled_at__lt=ends)
    return list(rows.order_by("settled_at")[:limit])


def breaks_found_between(begins: datetime, ends: datetime, *, limit: int) -> list[Break]:
    """Breaks that were found in a time, explained or not."""
    rows = Break.objects.filter(found_at__gte=begins, found_at__lt=ends)
    return list(rows.order_by("id")[:limit])


def last_settlements(limit: int) -> list[Settlement]:
    """The newest settled cycles, the newest first."""
    return list(Settlement.objects.order_by("-settled_at")[:limit])
