"""What a wallet has paid today and this year, China Standard Time."""

from typing import Any

from django.db import connection

from cbdc.clock import CHINA_STANDARD_TIME, now
from cbdc.ledger.types import TransferCode

_COUNTED = [int(TransferCode.PAYMENT), int(TransferCode.INTERBANK_OUT), int(TransferCode.FARE)]
# Reservations count as paid until they are voided.
_USED = """
SELECT coalesce(sum(amount) FILTER (WHERE occurred_at >= %(day)s), 0), coalesce(sum(amount), 0)
FROM ledger_transfer t
WHERE debit_account = %(account)s AND code = ANY(%(codes)s) AND (flags & 12) = 0
    AND occurred_at >= %(year)s
    AND NOT EXISTS (SELECT FROM ledger_pending p WHERE p.id = t.id AND p.state = 3)
"""


def used(account: int) -> dict[str, int]:
    """`{daily, annual}` in fen."""
    day = now().astimezone(CHINA_STANDARD_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    values: dict[str, Any] = {
        "account": account,
        "codes": _COUNTED,
        "day": day,
        "year": day.replace(month=1, day=1),
    }
    with connection.cursor() as cursor:
        cursor.execute(_USED, values)
        row = cursor.fetchone()
    daily, annual = row if row is not None else (0, 0)
    return {"daily": int(daily), "annual": int(annual)}
