"""One bank's stream of payments to another bank, by its own service, without HTTP in front.

Started by `benchmarks.clearing` in the environment of a bank: `rate seconds`. Opens wallets, so
many that two payments seldom meet at one, and prints their ids; reads the ids to pay; says
"ready"; reads the Unix time at which to begin.
"""

import json
import os
import sys
import threading
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cbdc.settings.devnet")
AMOUNT = 1
THREADS = 4
WALLETS = 400
PURSE = 1_00
FIRST_PHONE = 8617000000000


def main(rate: float, seconds: float) -> None:
    """Pay at a steady rate, whatever becomes of earlier payments."""
    import django

    django.setup()
    from django.db import transaction

    import cbdc.celery_app  # noqa: F401 - the doorbell
    from cbdc.clock import now
    from cbdc.identifiers import institution_number_of, new_id
    from cbdc.ledger.services import create_transfers
    from cbdc.ledger.types import Ledger, Transfer, TransferCode
    from commercial_banks.chart import STOCK
    from commercial_banks.clearing.directory import ensure_known
    from wallets.accounts.opening import open_wallet
    from wallets.payments.authorisation import Authorisation
    from wallets.payments.services import pay

    with transaction.atomic():
        wallets = [open_wallet(phone=f"+{FIRST_PHONE + number}") for number in range(WALLETS)]
        results = create_transfers(
            [
                Transfer(
                    id=new_id(),
                    debit_account=STOCK,
                    credit_account=int(wallet.wallet_id),
                    amount=PURSE,
                    ledger=Ledger.DIGITAL_CURRENCY,
                    code=TransferCode.TOP_UP,
                    reference=new_id(),
                    occurred_at=now(),
                )
                for wallet in wallets
            ]
        )
    if not all(result.recorded for result in results):
        raise RuntimeError(f"the wallets were not filled: {set(results)}")
    print(json.dumps([wallet.wallet_id for wallet in wallets]), flush=True)
    payees: list[str] = json.loads(sys.stdin.readline())
    ensure_known(institution_number_of(payees[0]))
    by = Authorisation(device_id=new_id())
    print("ready", flush=True)
    at = float(sys.stdin.readline())

    def run(first: int) -> None:
        for number in range(first, int(rate * seconds), THREADS):
            time.sleep(max(at + number / rate - time.time(), 0))
            with transaction.atomic():
                pay(
                    payer=wallets[number % len(wallets)],
                    payee_wallet=payees[number % len(payees)],
                    amount=AMOUNT,
                    memo="",
                    by=by,
                )

    threads = [threading.Thread(target=run, args=(first,)) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
