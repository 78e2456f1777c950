"""Two lanes to each peer, so that a payment never waits behind a long statement."""

from enum import IntEnum

from cbdc.protocol.messages import Camt053


class Lane(IntEnum):
    """Each lane has its own queue, its own batches and its own back-off."""

    EXPRESS = 0
    BULK = 1


BULK_KINDS = frozenset({Camt053.kind})


def lane_of(kind: str) -> Lane:
    """The lane that messages of that kind take."""
    return Lane.BULK if kind in BULK_KINDS else Lane.EXPRESS
