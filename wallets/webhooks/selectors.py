"""Endpoints as their owners see them."""

from uuid import UUID

from cbdc.console import bounded
from cbdc.errors import ErrorCode, Problem
from wallets.webhooks.models import Delivery, Endpoint


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


def waiting_and_dead() -> tuple[int, int]:
    """Events on their way to somebody's server, and those that were given up: bounded counts."""
    states = (Delivery.State.DUE, Delivery.State.GIVEN_UP)
    waiting, dead = bounded.counts(*(Delivery.objects.filter(state=state) for state in states))
    return waiting, dead
