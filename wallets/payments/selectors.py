"""Payments and transactions as their holders see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from cbdc.clock import rfc3339
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import this_institution
from cbdc.ledger.selectors import Entry, history
from cbdc.ledger.types import TransferCode
from wallets.payments.models import DepositMovement, Payment, Status

PAGE = 500
KINDS = {
    "top_up": [TransferCode.TOP_UP],
    "withdrawal": [TransferCode.WITHDRAWAL],
    "payment": [TransferCode.PAYMENT, TransferCode.INTERBANK_OUT, TransferCode.INTERBANK_IN],
    "refund": [TransferCode.REFUND],
}
_KIND_OF = {code: kind for kind, codes in KINDS.items() for code in codes}
_STATUS = {"posted": "completed", "pending": "pending", "voided": "rejected"}


def payment_body(payment: Payment) -> dict[str, Any]:
    """The payment object of API.md."""
    rejected = payment.status == Status.REJECTED
    return {
        "payment_id": str(payment.id),
        "status": payment.status,
        "payer_wallet": payment.payer_wallet,
        "payee_wallet": payment.payee_wallet,
        "amount": payment.amount,
        "currency": payment.currency,
        "memo": payment.memo,
        "reference": payment.reference or None,
        "rejection": {"code": payment.code, "detail": payment.detail} if rejected else None,
        "created_at": rfc3339(payment.created_at),
        "completed_at": rfc3339(payment.completed_at) if payment.completed_at else None,
    }


def visible_payment(payment_id: UUID, wallets: set[str]) -> Payment:
    """A payment that one of these wallets made or got.

    Raises:
        Problem: not_found.
    """
    payment = Payment.objects.filter(id=payment_id).first()
    if payment is None or not {payment.payer_wallet, payment.payee_wallet} & wallets:
        raise Problem(ErrorCode.NOT_FOUND)
    return payment


@dataclass(frozen=True, slots=True)
class Line:
    """A transaction of a wallet: the ledger's entry, and the payment or movement that it is of."""

    wallet_id: str
    entry: Entry
    payment: Payment | None
    movement: DepositMovement | None

    @property
    def kind(self) -> str:
        """In the words of API.md; what it does not name, in the ledger's."""
        return _KIND_OF.get(self.entry.code, self.entry.code.name.lower())

    @property
    def status(self) -> str:
        """As a payment's: completed, pending or rejected."""
        return _STATUS[self.entry.status]

    @property
    def counterparty(self) -> str:
        """The other wallet, or deposit account; for what is the bank's own, its ledger account."""
        if self.payment is not None:
            out = self.payment.payer_wallet == self.wallet_id
            return self.payment.payee_wallet if out else self.payment.payer_wallet
        if self.movement is not None:
            return self.movement.deposit_account
        return str(self.entry.counterparty)


def lines(
    wallet_id: str,
    *,
    before: int | None = None,
    limit: int,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Line]:
    """Transactions of a wallet, newest first; `before` is the cursor of the last one seen."""
    entries = history(
        int(wallet_id),
        before=before,
        limit=limit,
        codes=KINDS[kind] if kind else None,
        since=since,
        until=until,
    )
    references = [entry.reference for entry in entries]
    payments = Payment.objects.in_bulk(references)
    movements = DepositMovement.objects.in_bulk(references)
    return [
        Line(wallet_id, entry, payments.get(entry.reference), movements.get(entry.reference))
        for entry in entries
    ]


def transactions(
    wallet_id: str,
    *,
    before: int | None,
    limit: int,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
) -> list[tuple[int, dict[str, Any]]]:
    """`(cursor, transaction)` of a wallet, newest first, with the words of its payments."""
    found = lines(wallet_id, before=before, limit=limit, kind=kind, since=since, until=until)
    return [(line.entry.cursor, _transaction(line)) for line in found]


def all_transactions(
    wallet_id: str, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """Every transaction of a period, newest first, read page by page."""
    before = None
    while True:
        page = transactions(
            wallet_id, before=before, limit=PAGE, kind=None, since=since, until=until
        )
        for _, row in page:
            yield row
        if len(page) < PAGE:
            return
        before = page[-1][0]


def _transaction(line: Line) -> dict[str, Any]:
    entry = line.entry
    return {
        "transaction_id": str(entry.reference),
        "kind": line.kind,
        "direction": entry.direction,
        "amount": entry.amount,
        "balance_after": entry.balance_after,
        "counterparty": line.counterparty,
        "memo": line.payment.memo if line.payment is not None else "",
        "status": line.status,
        "occurred_at": rfc3339(entry.occurred_at),
    }


@dataclass(frozen=True, slots=True)
class Flow:
    """Payments of a time: their number, and their sum in fen."""

    payments: int
    amount: int


def flows_between(first: UUID, last: UUID) -> dict[str, Flow]:
    """What was paid `inside` the bank, `out` to others and `in` from others, and not refused.

    Of payments with an id from `first` on and below `last`: UUIDv7, so of that time.
    """
    own = this_institution().number
    rows = Payment.objects.filter(id__gte=first, id__lt=last).exclude(status=Status.REJECTED)
    ways = {
        "inside": Q(payer_wallet__startswith=own, payee_wallet__startswith=own),
        "out": ~Q(payee_wallet__startswith=own),
        "in": ~Q(payer_wallet__startswith=own),
    }
    sums: dict[str, Any] = {}
    for way, which in ways.items():
        sums[f"{way}_payments"] = Count("id", filter=which)
        sums[f"{way}_amount"] = Sum("amount", filter=which)
    found = rows.aggregate(**sums)
    return {way: Flow(found[f"{way}_payments"], int(found[f"{way}_amount"] or 0)) for way in ways}
