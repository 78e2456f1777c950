"""A peer's answer to a batch: `cbdc.protocol.envelope`."""

from cbdc.protocol.codecs import ProtocolError
from cbdc.protocol.envelope import BatchAnswer, MessageStatus
from tests.protocol import samples


def run(data: bytes) -> bool:
    try:
        answer = BatchAnswer.from_bytes(data)
    except ProtocolError:
        return False
    assert BatchAnswer.from_bytes(answer.to_bytes()) == answer
    return True


def seeds() -> dict[str, bytes]:
    accepted = MessageStatus(samples.ID, "accepted")
    other = samples.PACS_004.original_payment_id
    refused = MessageStatus(other, "rejected", "wallet_closed", "咖啡 is closed.")
    return {
        "accepted": BatchAnswer(samples.ID, (accepted,)).to_bytes(),
        "refused": BatchAnswer(samples.ID, (accepted, refused)).to_bytes(),
    }
