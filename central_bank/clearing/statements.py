"""The statement of a settled cycle for each bank (camt.053), in parts, made by the database.

A few parts are one transaction, which also writes down how far the statement is. Re-run after a
kill, it goes on there; the id of a part's message is derived, so none can go out twice.
"""

from uuid import UUID

from django.db import connection, transaction

from cbdc.identifiers import derived_id
from cbdc.messaging.services import Ready, send_ready
from cbdc.protocol.messages import Camt053
from central_bank.clearing.models import CyclePosition

STATEMENT_ENTRIES_MAX = 1_000  # in one part
PARTS_AT_ONCE = 20  # in one transaction

_NEXT_ENTRIES = """
WITH entries AS (
    SELECT payment_id, amount, CASE WHEN payer_bank = %(bank)s THEN 'out' ELSE 'in' END AS way,
        (row_number() OVER (ORDER BY payment_id) - 1) / %(entries)s AS part
    FROM (
        SELECT payment_id, amount, payer_bank FROM clearing_clearingpayment
        WHERE cycle_id = %(cycle)s AND payment_id > %(after)s
          AND (payer_bank = %(bank)s OR payee_bank = %(bank)s)
        ORDER BY payment_id LIMIT %(entries)s * %(parts)s) next)
SELECT part, json_agg(json_build_object(
        'payment_id', payment_id, 'direction', way, 'amount', amount) ORDER BY payment_id)::text,
    (array_agg(payment_id ORDER BY payment_id DESC))[1]
FROM entries GROUP BY part ORDER BY part
"""
_FIRST = UUID(int=0)


def parts_of(payments: int) -> int:
    """How many parts the statement of so many payments has."""
    return -(-payments // STATEMENT_ENTRIES_MAX)


def send_statements(cycle_id: UUID) -> int:
    """Send what is missing of the statements of a settled cycle; returns how many parts."""
    banks = CyclePosition.objects.filter(cycle_id=cycle_id).order_by("bank")
    sent = 0
    for bank in banks.values_list("bank", flat=True):
        while parts := _send_parts(cycle_id, bank):
            sent += parts
    return sent


@transaction.atomic
def _send_parts(cycle_id: UUID, bank: str) -> int:
    row = CyclePosition.objects.select_for_update().get(cycle_id=cycle_id, bank=bank)
    if row.parts_sent >= row.parts:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _NEXT_ENTRIES,
            {
                "bank": bank,
                "cycle": cycle_id,
                "after": row.stated_to or _FIRST,
                "entries": STATEMENT_ENTRIES_MAX,
                "parts": PARTS_AT_ONCE,
            },
        )
        parts = cursor.fetchall()
    if not parts:
        raise RuntimeError(f"the statement of {bank} for {cycle_id} ends too early")
    send_ready(
        to=bank,
        kind=Camt053.kind,
        messages=[
            Ready(
                derived_id(cycle_id, f"{bank}/{row.parts_sent + number + 1}"),
                _body(row, row.parts_sent + number + 1, entries),
            )
            for number, entries, _ in parts
        ],
    )
    CyclePosition.objects.filter(id=row.id).update(
        parts_sent=row.parts_sent + len(parts), stated_to=parts[-1][2]
    )
    return len(parts)


def _body(row: CyclePosition, part: int, entries: str) -> str:
    """The JSON of a Camt053; `entries` is its list, as the database made it."""
    return (
        f'{{"cycle_id": "{row.cycle_id}", "part": {part}, "parts": {row.parts},'
        f' "entries": {entries}, "gross_in": {row.received}, "gross_out": {row.sent}}}'
    )
