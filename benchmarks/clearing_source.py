"""One bank's stream of payments to another bank, by its own service, without HTTP in front.

Started by `benchmarks.clearing` in the environment of a bank: `payer payee rate seconds starts_at`.
"""

import os
import sys
import threading
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cbdc.settings.devnet")
AMOUNT = 1
THREADS = 4


def main(payers: list[str], payees: list[str], rate: float, seconds: float, at: float) -> None:
    """Pay at a steady rate from `at` (Unix time) on, whatever becomes of earlier payments."""
    import django

    django.setup()
    from django.db import transaction

    import cbdc.celery_app  # noqa: F401 - the doorbell
    from cbdc.identifiers import institution_number_of, new_id
    from commercial_banks.clearing.directory import ensure_known
    from wallets.accounts.models import Wallet
    from wallets.payments.authorisation import Authorisation
    from wallets.payments.services import pay

    for payee in payees:
        ensure_known(institution_number_of(payee))
    wallets = [Wallet.objects.get(wallet_id=payer) for payer in payers]
    by = Authorisation(device_id=new_id())

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
    given = sys.argv[1:]
    main(given[0].split(","), given[1].split(","), *map(float, given[2:5]))
