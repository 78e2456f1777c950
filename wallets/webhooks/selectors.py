"""Endpoints as their owners see them."""

from uuid import UUID

from django.db import connection

from cbdc.console import bounded
from cbdc.errors import ErrorCode, Problem
from wallets.webhooks.models import Endpoint


def endpoints_of(owner_id: UUID) -> list[Endpoint]:
    """What an owner has not removed, newest first; some may be disabled."""
    kept = Endpoint.objects.filter(owner_id=owner_id).exclude(state=Endpoint.State.REMOVED)
    return list(kept.order_by("-id"))


def endpoint_of(owner_id: UUID, endpoint_id: UUID) -> Endpoint:
    """One of them.

    Raises:
        Problem: not_found, for another owner's as for nobody's.
    """
    endpoint = Endpoint.objects.filter(owner_id=owner_id, id=endpoint_id).first()
    if endpoint is None or endpoint.state == Endpoint.State.REMOVED:
        raise Problem(ErrorCode.NOT_FOUND)
    return endpoint


_WAITING = """
SELECT
    (SELECT count(*) FROM (SELECT FROM webhooks_delivery WHERE state = 'due' LIMIT %(most)s) d),
    (SELECT count(*) FROM (SELECT FROM webhooks_delivery WHERE state = 'given_up' LIMIT %(most)s) g)
"""


def waiting_and_dead() -> tuple[int, int]:
    """Events on their way to somebody's server, and those that were given up: bounded counts."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"most": bounded.COUNT_MAX + 1})
        waiting, dead = cursor.fetchone()
    return int(waiting), int(dead)
