"""Reads of clearing, as a bank sees it: what waits, and how cycles ended."""

from cbdc.console import bounded
from commercial_banks.clearing.models import Break, InterbankPayment, Settlement, Status


def undecided() -> int:
    """Payments with other banks that are on their way; a bounded count."""
    return bounded.count(InterbankPayment.objects.filter(status=Status.PENDING))


def open_breaks() -> int:
    """Breaks that nobody has explained; a bounded count."""
    return bounded.count(Break.objects.filter(resolved_at__isnull=True))


def last_settlements(limit: int) -> list[Settlement]:
    """The newest settled cycles, the newest first."""
    return list(Settlement.objects.order_by("-settled_at")[:limit])
