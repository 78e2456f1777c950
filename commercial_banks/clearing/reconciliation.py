"""The statement of a settled cycle against the bank's own books, item by item.

What differs is a break: it moves no money, and waits until somebody of the bank has explained
it. Parts come in any order, and a payment's own pacs.002 may come after its statement.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Sum

from cbdc.clock import now
from cbdc.protocol.messages import Camt053
from commercial_banks.clearing.models import (
    Break,
    GrossSettlement,
    InterbankPayment,
    Settlement,
    Status,
)

logger = logging.getLogger(__name__)
MISSING_AFTER = timedelta(hours=1)  # above the time in which the central bank ends a payment
MISSING_MAX = 1_000  # of one run

_BREAKS = """
INSERT INTO bank_clearing_break (cycle_id, payment_id, kind, detail, found_at)
SELECT %(cycle)s, entry.payment_id, test.kind, test.detail, %(now)s
FROM unnest(%(ids)s::uuid[], %(ways)s::text[], %(amounts)s::bigint[])
    AS entry (payment_id, way, amount)
LEFT JOIN bank_clearing_interbankpayment own ON own.payment_id = entry.payment_id
LEFT JOIN bank_clearing_grosssettlement gross ON gross.payment_id = entry.payment_id
CROSS JOIN LATERAL (VALUES
    ('unknown_payment', own.payment_id IS NULL, 'the statement has it, this bank does not'),
    ('amount', own.amount <> entry.amount,
        format('%%s here, %%s in the statement', own.amount, entry.amount)),
    ('direction', own.direction <> entry.way,
        format('%%s here, %%s in the statement', own.direction, entry.way)),
    ('status', own.status = 'rejected', 'rejected here, settled in the statement'),
    ('settled_twice', own.cycle_id <> %(cycle)s,
        format('already in cycle %%s', own.cycle_id)),
    ('settled_gross', gross.payment_id IS NOT NULL, 'settled gross, and in the statement')
) AS test (kind, broken, detail)
WHERE test.broken
ON CONFLICT DO NOTHING RETURNING kind, payment_id, detail
"""


def reconcile(statement: Camt053) -> None:
    """Match every entry of a part with this bank's own record; the last part ties the totals."""
    ids = [entry.payment_id for entry in statement.entries]
    with connection.cursor() as cursor:
        cursor.execute(
            _BREAKS,
            {
                "cycle": statement.cycle_id,
                "now": now(),
                "ids": ids,
                "ways": [entry.direction for entry in statement.entries],
                "amounts": [entry.amount for entry in statement.entries],
            },
        )
        _log(cursor.fetchall())
    InterbankPayment.objects.filter(payment_id__in=ids, cycle_id__isnull=True).update(
        cycle_id=statement.cycle_id
    )
    _count_part(statement)


def _count_part(statement: Camt053) -> None:
    Settlement.objects.get_or_create(
        cycle_id=statement.cycle_id,
        defaults={"net": 0, "payments": 0, "settled_at": now()},
    )
    row = Settlement.objects.select_for_update().get(cycle_id=statement.cycle_id)
    row.parts, row.parts_received = statement.parts, row.parts_received + 1
    row.gross_in, row.gross_out = statement.gross_in, statement.gross_out
    if row.parts_received == row.parts:
        row.reconciled_at = now()
        _tie_totals(row)
    row.save(update_fields=["parts", "parts_received", "gross_in", "gross_out", "reconciled_at"])


def _tie_totals(row: Settlement) -> None:
    """What the parts held adds up to what the cycle's statement says of itself."""
    sums = dict(
        InterbankPayment.objects.filter(cycle_id=row.cycle_id)
        .values_list("direction")
        .annotate(total=Sum("amount"))
    )
    own = (sums.get("in", 0), sums.get("out", 0))
    said = (row.gross_in, row.gross_out)
    if own != said:
        detail = f"in and out: {own[0]} and {own[1]} here, {said[0]} and {said[1]} in the statement"
        _add([Break(cycle_id=row.cycle_id, kind="total", detail=detail)])


@transaction.atomic
def find_missing() -> int:
    """Payments that no statement has, long after they were completed; returns how many.

    Only those that were decided well before the close of a cycle that is reconciled.
    """
    last = (
        Settlement.objects.filter(reconciled_at__isnull=False, closed_at__isnull=False)
        .order_by("-closed_at")
        .first()
    )
    if last is None or last.closed_at is None:
        return 0
    gross = GrossSettlement.objects.filter(payment_id=OuterRef("payment_id"))
    missing = (
        InterbankPayment.objects.filter(
            ~Exists(gross),
            status=Status.COMPLETED,
            cycle_id__isnull=True,
            decided_at__lt=last.closed_at - MISSING_AFTER,
        )
        .order_by("decided_at")
        .values_list("payment_id", "amount")[:MISSING_MAX]
    )
    return _add(
        [
            Break(payment_id=payment_id, kind="missing", detail=f"{amount} here, in no statement")
            for payment_id, amount in missing
        ]
    )


def resolve(*, breaks: Sequence[int], by: str) -> int:
    """Close breaks that somebody has explained; returns how many were open."""
    return Break.objects.filter(id__in=breaks, resolved_at__isnull=True).update(
        resolved_at=now(), resolved_by=by
    )


def _add(breaks: Sequence[Break]) -> int:
    before = Break.objects.count()
    Break.objects.bulk_create(breaks, ignore_conflicts=True)
    _log([(found.kind, found.payment_id, found.detail) for found in breaks])
    return Break.objects.count() - before


def _log(found: Sequence[tuple[str, UUID | None, str]]) -> None:
    for kind, payment_id, detail in found:
        logger.error("reconciliation: %s of %s: %s", kind, payment_id, detail)
