"""A victim that carries a bank's request out, and ends itself with SIGKILL at a named point.

An order is `{point, kind, body, sender, message_id}`.
"""

import os
import signal

import django

django.setup()

from django.db import transaction  # noqa: E402

from cbdc import named_points  # noqa: E402
from cbdc.institution import Role  # noqa: E402
from cbdc.messaging.handlers import handler_of  # noqa: E402
from cbdc.protocol.codecs import decode  # noqa: E402
from tests.victims import Order, serve  # noqa: E402


def act(order: Order) -> None:
    """In the child: never comes back, if the point is reached."""

    def reached(name: str) -> None:
        if name == order["point"]:
            os.kill(os.getpid(), signal.SIGKILL)

    named_points.install(reached)
    handler = handler_of(Role.CENTRAL_BANK, order["kind"])
    assert handler is not None
    with transaction.atomic():
        handler(
            decode(order["kind"], order["body"]),
            sender=order["sender"],
            message_id=order["message_id"],
        )
    reached("committed")


serve(act)
