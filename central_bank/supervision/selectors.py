"""Reads of supervision: what waits for its people."""

from dataclasses import dataclass

from cbdc.approvals.selectors import open_requests
from cbdc.messaging.models import Peer, PeerStatus
from central_bank.supervision.models import FreezeOrder


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers of requests to decide, of freeze orders without an answer, of suspended banks."""

    requests: int
    freeze_orders: int
    suspended: int


def waiting() -> Waiting:
    """As of now; requests whose time is over wait no more."""
    requests = open_requests().count()
    orders = FreezeOrder.objects.filter(state=FreezeOrder.State.SENT).count()
    return Waiting(requests, orders, Peer.objects.filter(status=PeerStatus.SUSPENDED).count())
