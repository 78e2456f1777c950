"""Rows of payments, many at a time: each function is one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from central_bank.clearing.domain import PaymentState

_INSERT = """
INSERT INTO clearing_clearingpayment (payment_id, payer_bank, payee_bank, payer_wallet,
    payee_wallet, amount, content_hash, state, code, detail, received_at, decided_at, chase_at,
    chases, gross, original_id, returned)
SELECT payment_id, payer_bank, payee_bank, payer_wallet, payee_wallet, amount, content_hash,
    state, code, detail, %s, CASE WHEN state = 'rejected' THEN %s END,
    CASE WHEN state <> 'rejected' THEN %s::timestamptz END, 0, gross, original_id, 0
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::boolean[], %s::uuid[])
    AS batch (payment_id, payer_bank, payee_bank, payer_wallet, payee_wallet, amount,
        content_hash, state, code, detail, gross, original_id)
ON CONFLICT (payment_id) DO NOTHING RETURNING payment_id
"""
_SET_STATES = """
UPDATE clearing_clearingpayment p SET state = batch.state, code = batch.code,
    detail = batch.detail, gross = batch.gross, decided_at = batch.decided_at,
    chase_at = batch.chase_at, cycle_id = batch.cycle_id, transaction_id = batch.transaction_id
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[],
    %s::timestamptz[], %s::uuid[], %s::text[])
    AS batch (payment_id, state, code, detail, gross, decided_at, chase_at, cycle_id,
        transaction_id)
WHERE p.payment_id = batch.payment_id
"""
_FIELDS = (
    "payment_id",
    "payer_bank",
    "payee_bank",
    "payer_wallet",
    "payee_wallet",
    "amount",
    "content_hash",
    "state",
    "code",
    "detail",
    "gross",
    "original_id",
    "decided_at",
    "chase_at",
    "cycle_id",
    "transaction_id",
)
_LOCK = f"""
SELECT {", ".join(_FIELDS)} FROM clearing_clearingpayment WHERE payment_id = ANY(%s)
ORDER BY payment_id FOR UPDATE
"""  # noqa: S608 - our own names


@dataclass(slots=True)
class Payment:
    """A payment's row in memory; `save` writes what has changed."""

    payment_id: UUID
    payer_bank: str
    payee_bank: str
    payer_wallet: str
    payee_wallet: str
    amount: int
    content_hash: str
    state: str
    code: str = ""
    detail: str = ""
    gross: bool = False
    original_id: UUID | None = None
    decided_at: datetime | None = None
    chase_at: datetime | None = None
    cycle_id: UUID | None = None
    transaction_id: str | None = None

    @property
    def rejected(self) -> bool:
        return self.state == PaymentState.REJECTED


def insert(payments: Sequence[Payment], *, moment: datetime, chase_at: datetime) -> set[UUID]:
    """Add those whose id is new, and say which that were.

    One that another transaction adds right now is waited for. In the order of the ids, so that
    two batches never wait for one another.
    """
    if not payments:
        return set()
    rows = sorted(payments, key=lambda payment: payment.payment_id)
    names = (*_FIELDS[:11], "original_id")
    columns: list[list[Any]] = [[getattr(row, name) for row in rows] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [moment, moment, chase_at, *columns])
        return {row[0] for row in cursor.fetchall()}


def lock(payment_ids: Iterable[UUID]) -> dict[UUID, Payment]:
    """The payments of those ids that exist, locked in the order of the ids."""
    wanted = list(payment_ids)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [wanted])
        return {row[0]: Payment(*row) for row in cursor.fetchall()}


def save(payments: Sequence[Payment]) -> None:
    """Write the states of locked payments."""
    if not payments:
        return
    names = (
        *("payment_id", "state", "code", "detail", "gross", "decided_at", "chase_at"),
        *("cycle_id", "transaction_id"),
    )
    columns: list[list[Any]] = [[getattr(row, name) for row in payments] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(_SET_STATES, columns)
