"""A process that carries a bank's request out, and ends itself with SIGKILL at a named point.

`python -m tests.central_bank.killed`: one JSON line in, `{point, kind, body, sender}`; one out
when its child is dead.
"""

import json
import os
import signal
import sys
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402

from cbdc import named_points  # noqa: E402
from cbdc.institution import Role  # noqa: E402
from cbdc.messaging.handlers import handler_of  # noqa: E402
from cbdc.protocol.codecs import decode  # noqa: E402


def act(order: dict[str, Any]) -> None:
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


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            act(json.loads(line))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    print(json.dumps({"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}), flush=True)
