"""A victim that runs `manage.py charge_fares`, killed right before a statement to the database.

An order is `{statement, batch}`: the number of the statement, from 1, and how many rows a batch
has, so that there is much between two batches to be killed at.
"""

import os
import signal
from io import StringIO
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from tests.victims import Order, serve  # noqa: E402
from wallets.transit.operators import billing, charging, rating  # noqa: E402


def act(order: Order) -> None:
    """In the child: comes back only if the batch has fewer statements."""
    rating.BATCH = billing.BATCH = charging.BATCH = order["batch"]
    sent = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal sent
        sent += 1
        if sent == order["statement"]:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)

    with connection.execute_wrapper(count):
        call_command("charge_fares", stdout=StringIO())


serve(act)
