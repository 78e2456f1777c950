"""The wallet limits that the central bank publishes, as dated versions (DESIGN section 7)."""

from datetime import UTC, datetime
from typing import Any

from cbdc.clock import now, rfc3339
from central_bank.supervision.hooks import at_initialisation
from central_bank.supervision.models import LimitTable, WalletLimit

FIRST_VERSION = 1
FIRST_EFFECTIVE = datetime(2020, 1, 1, tzinfo=UTC)
YUAN = 100  # fen

# category: (identity, balance, per payment, day, year), in fen
FIRST_TABLE: dict[int, tuple[str, int | None, int | None, int | None, int | None]] = {
    1: ("in person: id, bank account", None, None, None, None),
    2: ("remote: id, bank account", 500_000 * YUAN, 50_000 * YUAN, 100_000 * YUAN, None),
    3: ("remote: phone, id", 20_000 * YUAN, 5_000 * YUAN, 10_000 * YUAN, None),
    4: ("phone only, anonymous", 10_000 * YUAN, 2_000 * YUAN, 5_000 * YUAN, 50_000 * YUAN),
}


@at_initialisation
def publish_first_table() -> None:
    """Publish version 1; a second call changes nothing."""
    table, created = LimitTable.objects.get_or_create(
        version=FIRST_VERSION, defaults={"effective_from": FIRST_EFFECTIVE}
    )
    if not created:
        return
    WalletLimit.objects.bulk_create(
        WalletLimit(
            table=table,
            category=category,
            identity=identity,
            balance=balance,
            per_payment=per_payment,
            daily=daily,
            annual=annual,
        )
        for category, (identity, balance, per_payment, daily, annual) in FIRST_TABLE.items()
    )


def tables_in_force_and_scheduled() -> list[dict[str, Any]]:
    """The table in force first, then those scheduled, as the API shows them."""
    tables = list(LimitTable.objects.order_by("effective_from").prefetch_related("limits"))
    moment = now()
    past = [table for table in tables if table.effective_from <= moment]
    scheduled = [table for table in tables if table.effective_from > moment]
    return [_as_json(table, in_force=table in past) for table in [*past[-1:], *scheduled]]


def _as_json(table: LimitTable, *, in_force: bool) -> dict[str, Any]:
    return {
        "version": table.version,
        "effective_from": rfc3339(table.effective_from),
        "in_force": in_force,
        "currency": "CNY",
        "categories": [
            {
                "category": row.category,
                "identity": row.identity,
                "balance": row.balance,
                "per_payment": row.per_payment,
                "daily": row.daily,
                "annual": row.annual,
            }
            for row in table.limits.all()
        ],
    }
