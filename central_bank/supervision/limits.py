"""The wallet limits that the central bank publishes, as dated versions (DESIGN section 7)."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from cbdc.audit import services as audit
from cbdc.clock import now, parse_rfc3339, rfc3339
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.messaging.services import send
from cbdc.money import is_amount
from cbdc.protocol.messages import CategoryLimits
from cbdc.protocol.messages import LimitTable as LimitTableMessage
from central_bank.supervision import directory
from central_bank.supervision.hooks import at_initialisation
from central_bank.supervision.models import LimitTable, WalletLimit

FIRST_VERSION = 1
FIRST_EFFECTIVE = datetime(2020, 1, 1, tzinfo=UTC)
YUAN = 100  # fen
FIELDS = ("balance", "per_payment", "daily", "annual")
IDENTITY_MAX = 100

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


def check(*, effective_from: str, categories: list[dict[str, Any]]) -> None:
    """Is it a table for later, with the four categories?

    Raises:
        Problem: validation_failed, invalid_amount.
    """
    try:
        moment = parse_rfc3339(effective_from)
    except ValueError as error:
        raise Problem(ErrorCode.VALIDATION_FAILED, "effective_from: RFC 3339") from error
    newest = LimitTable.objects.aggregate(newest=Max("effective_from"))["newest"]
    if moment <= now() or (newest is not None and moment <= newest):
        raise Problem(ErrorCode.VALIDATION_FAILED, "A table begins later than now and the last.")
    names = {"category", "identity", *FIELDS}
    if not all(isinstance(row, dict) and row.keys() == names for row in categories):
        raise Problem(ErrorCode.VALIDATION_FAILED, f"Each category has {', '.join(sorted(names))}.")
    if [row["category"] for row in categories] != sorted(FIRST_TABLE):
        raise Problem(ErrorCode.VALIDATION_FAILED, "The categories are 1 to 4, in order.")
    for row in categories:
        if not isinstance(row["identity"], str) or not 1 <= len(row["identity"]) <= IDENTITY_MAX:
            raise Problem(ErrorCode.VALIDATION_FAILED, "identity: 1 to 100 characters")
        if not all(row[name] is None or is_amount(row[name]) for name in FIELDS):
            raise Problem(ErrorCode.INVALID_AMOUNT)


@transaction.atomic
def publish(*, effective_from: str, categories: list[dict[str, Any]], actor: str) -> None:
    """Publish the next version, and send it to every bank as a signed message.

    Raises:
        Problem: as `check`: by now its time may have come.
    """
    check(effective_from=effective_from, categories=categories)
    version = LimitTable.objects.aggregate(last=Max("version"))["last"] or 0
    moment = parse_rfc3339(effective_from)
    table = LimitTable.objects.create(version=version + 1, effective_from=moment)
    WalletLimit.objects.bulk_create(WalletLimit(table=table, **row) for row in categories)
    rows = [{name: row[name] for name in ("category", *FIELDS)} for row in categories]
    message = LimitTableMessage(
        version=table.version,
        effective_from=moment,
        categories=tuple(CategoryLimits(**row) for row in rows),
    )
    for bank in directory.bank_codes():
        send(to=bank, message=message)
    detail = {"version": table.version, "effective_from": rfc3339(moment)}
    audit.record(actor=actor, action="publish_limits", subject=CENTRAL_BANK_CODE, detail=detail)


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
