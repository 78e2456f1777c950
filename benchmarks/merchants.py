"""Orders paid at one hot merchant, against the same payments spread over 1,000 merchants.

    python -m benchmarks.merchants [--rounds 5] [--seconds 6] [--wallets 10000]

Each payment is what a bank does for one: the service `pay` in a transaction of its own, which
moves the money, writes the payment with its evidence and the notification, has the order paid
and its merchant's endpoints told. Callers are processes; the payers are chosen at random.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from typing import Any

from benchmarks import scratch
from benchmarks.figures import table

CALLERS = 8
SPREAD = 1_000
RATE_MAX = 2_500  # payments a second that no run reaches: so many orders wait for it
PURSE = 1_000_00
AMOUNT = 1
FIRST_PHONE = 8615000000000
BATCH = 5_000
HEAD = ["", "payments/s", "ratio", "floor"]
FLOOR = 0.9


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when the books did not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.merchants")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--wallets", type=int, default=10_000)
    options = parser.parse_args(arguments)
    with scratch.bank("merchants") as (server, _):
        from benchmarks import books

        payers, shops = prepare(options.wallets)
        rates: dict[str, list[float]] = {"hot": [], "spread": []}
        for number in range(options.rounds):
            for name in ("hot", "spread") if number % 2 else ("spread", "hot"):
                chosen = shops[:1] if name == "hot" else shops[1:]
                books.use(server, "merchants")
                rates[name].append(measure(payers, chosen, options.seconds))
        books.audited(server, "merchants")
    ratio = median(hot / spread for hot, spread in zip(rates["hot"], rates["spread"], strict=True))
    mark = "reached" if ratio >= FLOOR else "missed"
    rows = [
        [f"spread over {SPREAD:,} merchants", f"{median(rates['spread']):,.0f}", "1", ""],
        [
            f"one hot merchant, {options.wallets:,} wallets",
            f"{median(rates['hot']):,.0f}",
            f"{ratio:.2f}",
            f"{FLOOR} ({mark})",
        ],
    ]
    print(table(HEAD, rows))
    return 0


def prepare(wallets: int) -> tuple[list[Any], list[Any]]:
    """Payers with money, and merchants, of which the first is hot."""
    from django.core.management import call_command

    from cbdc.identifiers import new_id, wallet_id
    from cbdc.ledger.services import make_hot
    from commercial_banks.chart import open_chart
    from wallets.accounts.models import Wallet
    from wallets.merchants.models import Merchant

    call_command("migrate", verbosity=0)
    open_chart()
    count = wallets + SPREAD + 1
    ids = [wallet_id("0011", number) for number in range(count)]
    rows = [
        Wallet(
            wallet_id=ids[number],
            kind=Wallet.Kind.PERSONAL if number < wallets else Wallet.Kind.CORPORATE,
            category=2 if number < wallets else 1,
            phone_sealed="-",
            phone_hash=str(FIRST_PHONE + number),
        )
        for number in range(count)
    ]
    scratch.open_wallets(rows)
    scratch.fill(rows[:wallets], PURSE)
    shops = [
        Merchant(
            name=f"Shop {number}",
            qr_name="SHOP",
            category="5814",
            wallet_id=row.wallet_id,
            customer_id=new_id(),
            hot=number == 0,
        )
        for number, row in enumerate(rows[wallets:])
    ]
    Merchant.objects.bulk_create(shops)
    make_hot(account=int(shops[0].wallet_id))
    return rows[:wallets], shops


def measure(payers: Sequence[Any], shops: Sequence[Any], seconds: int) -> float:
    """Payments a second, of orders that were placed before the clock starts."""
    from benchmarks import callers
    from cbdc.clock import now
    from cbdc.identifiers import new_id
    from wallets.merchants.models import Order

    moment = now()
    orders = [
        Order(
            merchant=random.choice(shops),  # noqa: S311 - spreads work, guards nothing
            out_trade_no=str(number),
            payee_wallet="",
            amount=AMOUNT,
            description="coffee",
            created_at=moment,
            expires_at=moment + timedelta(hours=1),
        )
        for number in range(RATE_MAX * seconds)
    ]
    for order in orders:
        order.payee_wallet = order.merchant.wallet_id
        order.out_trade_no = str(order.id)
    Order.objects.bulk_create(orders, batch_size=BATCH)
    work = [(random.choice(payers), order.payee_wallet, str(order.id)) for order in orders]  # noqa: S311
    device = new_id()
    pieces = [[(*piece, device) for piece in work[first::CALLERS]] for first in range(CALLERS)]
    return callers.rate(pieces, _pay, seconds=seconds, fold=True)


def _pay(piece: tuple[Any, str, str, Any]) -> int:
    from django.db import transaction

    from wallets.payments.authorisation import Authorisation
    from wallets.payments.services import pay

    payer, payee, order_id, device = piece
    with transaction.atomic():
        pay(
            payer=payer,
            payee_wallet=payee,
            amount=AMOUNT,
            memo="coffee",
            reference=order_id,
            by=Authorisation(device_id=device, signature_base="-" * 300, signature=b"-" * 64),
        )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
