"""Batches and their answers, as bytes."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from cbdc.protocol.codecs import ProtocolError, encode
from cbdc.protocol.envelope import MESSAGES_MAX, Batch, BatchAnswer, Envelope, MessageStatus
from tests.protocol import samples

ENVELOPE = Envelope(samples.ID, "pacs.008", samples.AT, encode(samples.PACS_008))
BATCH = Batch(samples.ID, (ENVELOPE,))
ANSWER = BatchAnswer(
    samples.ID,
    (
        MessageStatus(UUID(int=1), "accepted"),
        MessageStatus(UUID(int=2), "duplicate"),
        MessageStatus(UUID(int=3), "rejected", "validation_failed", "amount: must be an integer"),
        MessageStatus(UUID(int=4), "failed"),
    ),
)


def batch_of(count: int) -> Batch:
    return Batch(samples.ID, tuple(replace(ENVELOPE, message_id=uuid4()) for _ in range(count)))


def test_batch_survives_the_wire() -> None:
    assert Batch.from_bytes(BATCH.to_bytes()) == BATCH


def test_answer_survives_the_wire() -> None:
    assert BatchAnswer.from_bytes(ANSWER.to_bytes()) == ANSWER


def test_largest_batch_is_taken_and_a_larger_one_is_not() -> None:
    assert MESSAGES_MAX == 1000
    largest = batch_of(MESSAGES_MAX)
    assert Batch.from_bytes(largest.to_bytes()) == largest
    values = msgspec.json.decode(largest.to_bytes())
    values["messages"].append(values["messages"][0] | {"message_id": str(uuid4())})
    with pytest.raises(ProtocolError, match="1 to 1000"):
        Batch.from_bytes(msgspec.json.encode(values))
    with pytest.raises(ProtocolError, match="1 to 1000"):
        batch_of(MESSAGES_MAX + 1).to_bytes()


def test_empty_batch_is_refused() -> None:
    raw = f'{{"batch_id":"{samples.ID}","messages":[]}}'.encode()
    with pytest.raises(ProtocolError, match="1 to 1000"):
        Batch.from_bytes(raw)
    with pytest.raises(ProtocolError):
        Batch(samples.ID, ()).to_bytes()


def test_message_id_stands_once() -> None:
    twice = Batch(samples.ID, (ENVELOPE, ENVELOPE))
    with pytest.raises(ProtocolError, match="twice"):
        twice.to_bytes()
    values = msgspec.json.decode(BATCH.to_bytes())
    values["messages"] *= 2
    with pytest.raises(ProtocolError, match="twice"):
        Batch.from_bytes(msgspec.json.encode(values))
    with pytest.raises(ProtocolError, match="twice"):
        BatchAnswer(samples.ID, (ANSWER.statuses[0],) * 2).to_bytes()


GOOD = BATCH.to_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        GOOD + b"{}",
        GOOD[:-1],
        GOOD.replace(b"{", b'{"batch_id":"x",', 1),
        GOOD.replace(b'"amount":1250', b'"amount":1250,"amount":1'),
        GOOD.replace(b'"amount":1250', b'"amount":NaN'),
        GOOD.replace(b'"amount":1250', b'"amount":Infinity'),
        GOOD.replace(b'"amount":1250', b'"amount":1e999'),
        GOOD.replace(b'"amount":1250', b'"amount":' + b"9" * 5000),
        GOOD.replace(b'"amount":1250', b'"amount":' + b"[" * 2000 + b"]" * 2000),
        GOOD.replace("咖".encode(), b"\xff"),
        GOOD.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + GOOD,
    ],
)
def test_json_that_is_not_strict_is_refused(raw: bytes) -> None:
    assert raw != GOOD
    with pytest.raises(ProtocolError):
        Batch.from_bytes(raw)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"extra": 1}, ""),
        ({"batch_id": 5}, "batch_id"),
        ({"messages": {}}, "messages"),
        ({"messages": [5]}, "messages[0]"),
    ],
)
def test_batch_of_another_shape_is_refused(change: dict[str, Any], field: str) -> None:
    values = msgspec.json.decode(GOOD) | change
    with pytest.raises(ProtocolError) as caught:
        Batch.from_bytes(msgspec.json.encode(values))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "pacs 008"},
        {"kind": "a\x00"},
        {"kind": "x" * 33},
        {"body": []},
        {"body": None},
        {"created_at": "today"},
        {"message_id": "1"},
        {"extra": 1},
    ],
)
def test_envelope_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    values = msgspec.json.decode(GOOD)
    values["messages"][0] |= change
    with pytest.raises(ProtocolError, match=r"messages\[0\]"):
        Batch.from_bytes(msgspec.json.encode(values))


def test_status_of_an_unknown_word_is_refused() -> None:
    raw = ANSWER.to_bytes().replace(b'"failed"', b'"lost"')
    with pytest.raises(ProtocolError) as caught:
        BatchAnswer.from_bytes(raw)
    assert caught.value.field == "statuses[3].status"


def test_answer_is_no_batch_and_a_batch_is_no_answer() -> None:
    with pytest.raises(ProtocolError):
        Batch.from_bytes(ANSWER.to_bytes())
    with pytest.raises(ProtocolError):
        BatchAnswer.from_bytes(GOOD)


def test_body_of_a_message_is_not_decoded_with_its_batch() -> None:
    """One bad message is rejected alone: the others of its batch go on."""
    batch = Batch(samples.ID, (replace(ENVELOPE, kind="unknown.1", body={"any": [1.5, None]}),))
    assert Batch.from_bytes(batch.to_bytes()) == batch
