"""Payments handed to the central bank's services at a steady rate, until a line comes in.

Started by `benchmarks.settlement`: `rate`. Prints the seconds that each took, as a JSON list.
"""

import json
import sys
import threading
import time

from cbdc.clock import now
from cbdc.identifiers import new_id, wallet_id

WARM_UP = 50


def main(rate: float) -> None:
    """One payment: an order and its answer, in a transaction each, as two batches of one."""
    import django

    django.setup()
    from django.db import transaction

    import cbdc.celery_app  # noqa: F401 - a broker in memory
    from benchmarks.settlement import BANKS
    from cbdc.messaging.handlers import Received
    from cbdc.protocol.messages import Pacs002, Pacs008
    from central_bank.clearing.accepting import accept
    from central_bank.clearing.deciding import statuses

    codes = list(BANKS)

    def pay(number: int) -> float:
        payer, payee = codes[number % 3], codes[(number + 1) % 3]
        order = Pacs008(
            payment_id=new_id(),
            payer_bank=payer,
            payee_bank=payee,
            payer_wallet=wallet_id(BANKS[payer], 1),
            payee_wallet=wallet_id(BANKS[payee], 1),
            amount=1,
            currency="CNY",
            memo="",
            order_reference=None,
            created_at=now(),
        )
        answer = Pacs002(order.payment_id, "ACSC", None, None, None)
        started = time.perf_counter()
        with transaction.atomic():
            accept([Received(order, new_id())], sender=payer)
        with transaction.atomic():
            statuses([Received(answer, new_id())], sender=payee)
        return time.perf_counter() - started

    for number in range(WARM_UP):
        pay(number)
    stopped = threading.Event()

    def listen() -> None:
        sys.stdin.readline()
        stopped.set()

    threading.Thread(target=listen, daemon=True).start()
    print("ready", flush=True)
    took: list[float] = []
    starts = time.monotonic()
    while not stopped.is_set():
        due = starts + len(took) / rate
        time.sleep(max(due - time.monotonic(), 0))
        waited = max(time.monotonic() - due, 0)  # behind the one before: that counts too
        took.append(waited + pay(len(took)))
    json.dump(took, sys.stdout)


if __name__ == "__main__":
    main(float(sys.argv[1]))
