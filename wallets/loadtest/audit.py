"""What a load test's generator was told, looked for in this bank's books.

Lines of JSON, as loadtests/recording.py writes them:
`{"kind": "payment", "payment_id", "payer_wallet", "payee_wallet", "amount", "status"}`,
`{"kind": "order", "order_id", "status", "payment_id", "payee_wallet", "amount"}` and
`{"kind": "taps", "number", "tap_ids"}`. Lines about other banks are passed over.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from cbdc.identifiers import derived_id, institution_number_of
from cbdc.institution import this_institution
from commercial_banks.clearing.models import InterbankPayment
from wallets.loadtest.undecided import UNDECIDED
from wallets.merchants.models import Order
from wallets.payments.models import Payment, Status
from wallets.transit.models import Tap

CHUNK = 5_000
FINDINGS_MAX = 20
_TRANSFERS = "SELECT id FROM ledger_transfer WHERE id = ANY(%s)"
Row = Mapping[str, Any]


def undecided() -> tuple[int, int]:
    """How many payments wait for their end, and how many messages for their delivery."""
    with connection.cursor() as cursor:
        cursor.execute(UNDECIDED)
        payments, messages = cursor.fetchone()
    return payments, messages


@dataclass(slots=True)
class Audited:
    """What came of it.

    A payment that its payer's bank holds for rejected may be missing at its payee's: whoever has
    the word of both banks compares `rejected` of the one with `not_received` of the other.
    """

    looked_for: int = 0
    findings: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    not_received: list[str] = field(default_factory=list)


def audit(lines: Iterable[str]) -> Audited:
    """Look for what concerns this bank in its books."""
    number = this_institution().number
    done = Audited()
    rows = (json.loads(line) for line in lines if line.strip())
    mine = (row for row in rows if number in _banks(row))
    while chunk := list(islice(mine, CHUNK)):
        done.looked_for += len(chunk)
        _payments([row for row in chunk if row["kind"] == "payment"], done)
        done.findings += _orders([row for row in chunk if row["kind"] == "order"])
        done.findings += _taps([row for row in chunk if row["kind"] == "taps"])
    payments, messages = undecided()
    if payments:
        done.findings.append(f"{payments} payments are not decided")
    if messages:
        done.findings.append(f"{messages} messages are not delivered")
    if len(done.findings) > FINDINGS_MAX:
        left_out = len(done.findings) - FINDINGS_MAX
        done.findings = [*done.findings[:FINDINGS_MAX], f"and {left_out} more"]
    return done


def _banks(row: Row) -> set[str]:
    """The numbers of the banks whose books must have it."""
    if row["kind"] == "taps":
        return {row["number"]}
    wallets = [row["payee_wallet"], row.get("payer_wallet") or row["payee_wallet"]]
    return {institution_number_of(wallet) for wallet in wallets}


def _payments(rows: list[Row], done: Audited) -> None:
    """Each stands there as it was said, has an end, and the money moved."""
    known = Payment.objects.in_bulk([UUID(row["payment_id"]) for row in rows])
    inside = [payment for payment in known.values() if _inside(payment)]
    moved = _moved([derived_id(payment.id, "pay") for payment in inside])
    between = InterbankPayment.objects.in_bulk(
        [payment.id for payment in known.values() if not _inside(payment)]
    )
    for row in rows:
        payment = known.get(UUID(row["payment_id"]))
        if payment is not None:
            other = between.get(payment.id)
            done.findings += _compare(row, payment, other, derived_id(payment.id, "pay") in moved)
            if payment.status == Status.REJECTED:
                done.rejected.append(str(payment.id))
        elif _incoming(row) and row["status"] != Status.COMPLETED:
            done.not_received.append(row["payment_id"])
        else:
            done.findings.append(
                f"payment {row['payment_id']} was acknowledged and is not in the books"
            )


def _compare(
    row: Row, payment: Payment, other: InterbankPayment | None, moved: bool
) -> Iterator[str]:
    said = (row["payer_wallet"], row["payee_wallet"], row["amount"])
    if (payment.payer_wallet, payment.payee_wallet, payment.amount) != said:
        yield f"payment {payment.id} is another one than was acknowledged"
    if row["status"] != Status.PENDING and payment.status != row["status"]:
        yield f"payment {payment.id} was {row['status']} and is {payment.status}"
    if _inside(payment):
        if not moved:
            yield f"payment {payment.id} is in the books, and no money moved"
    elif other is None or other.status != payment.status:
        yield f"payment {payment.id} is not what clearing knows of it"


def _incoming(row: Row) -> bool:
    return institution_number_of(row["payer_wallet"]) != this_institution().number


def _inside(payment: Payment) -> bool:
    payer, payee = payment.payer_wallet, payment.payee_wallet
    return institution_number_of(payer) == institution_number_of(payee)


def _moved(transfers: list[UUID]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_TRANSFERS, [transfers])
        return {row[0] for row in cursor.fetchall()}


def _orders(rows: list[Row]) -> Iterator[str]:
    """A charge that was acknowledged as paid is paid, by that payment, and stays it."""
    known = Order.objects.in_bulk([UUID(row["order_id"]) for row in rows])
    for row in rows:
        order = known.get(UUID(row["order_id"]))
        if order is None:
            yield f"order {row['order_id']} was acknowledged and is not in the books"
        elif row["status"] == "paid" and (
            order.status != "paid" or str(order.payment_id) != row["payment_id"]
        ):
            yield f"order {order.id} was paid and is {order.status}"
        elif order.status == "paying":
            yield f"order {order.id} is still being paid"


def _taps(rows: list[Row]) -> Iterator[str]:
    """Every tap that was taken is kept."""
    wanted = {UUID(tap_id) for row in rows for tap_id in row["tap_ids"]}
    kept = set(Tap.objects.filter(tap_id__in=wanted).values_list("tap_id", flat=True))
    for tap_id in wanted - kept:
        yield f"tap {tap_id} was taken and is not there"
