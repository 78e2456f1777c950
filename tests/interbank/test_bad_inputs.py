"""The catalogue of bad inputs at the door between institutions: refused by code, without trace.

A batch that is none is refused whole (400). In a batch, each bad message is rejected by itself,
and those beside it are handled: one bad message harms no other.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from cbdc.api.parsing import LARGE_BODY_BYTES_MAX
from cbdc.clock import rfc3339
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.messaging.handlers import handler_of
from cbdc.protocol import fields as kinds
from cbdc.protocol.codecs import encode
from cbdc.protocol.envelope import MESSAGES_MAX, BatchAnswer
from cbdc.protocol.messages import Message, Pacs028
from tests.books import fingerprint
from tests.in_process import DATABASES, Network
from tests.interbank import door
from tests.protocol import samples

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
CATALOGUE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "bad_inputs.json").read_text()
)
ROLES = {CENTRAL_BANK_CODE: Role.CENTRAL_BANK, "harbor": Role.COMMERCIAL_BANK}
RIGHT = door.batch(Pacs028(samples.ID)).to_bytes()
MALFORMED = (400, "malformed_request")
CASES_LEAST = 3_700
NAMES: dict[Any, str] = {
    UUID: "uuid",
    datetime: "time",
    kinds.Amount: "amount",
    kinds.NetAmount: "integer",
    kinds.GrossAmount: "integer",
    kinds.Count: "integer",
    kinds.Ordinal: "integer",
    kinds.Currency: "currency",
    kinds.BankCode: "bank",
    kinds.WalletId: "wallet",
    kinds.PaymentCode: "payment_code",
    kinds.DayText: "day",
    kinds.Memo: "text",
    kinds.Reference: "text",
    kinds.Detail: "text",
    kinds.ReasonCode: "reason",
    kinds.ErrorText: "error",
    kinds.HashText: "hash",
    kinds.SignatureText: "signature",
    kinds.KeyId: "signature",
    kinds.SealedText: "sealed",
    kinds.PaymentStatus: "word",
    kinds.RequestStatus: "word",
    kinds.RecallStatus: "word",
    kinds.Direction: "word",
    kinds.TokenOperation: "word",
    kinds.FreezeAction: "word",
    kinds.FreezeStatus: "word",
}


def told(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"].startswith("application/problem+json"), answer.content[:200]
    return answer.status_code, str(answer.json()["code"])


def bodies() -> Iterator[tuple[str, bytes]]:
    """Every body of the catalogue that is no batch; those about size are of another limit."""
    right = RIGHT.decode()
    for row in CATALOGUE["bodies"]:
        if row["status"] == 413:
            continue
        if "twice" in row:
            text = right[:-1] + ", " + right[1:]
        elif "add" in row:
            text = json.dumps({**json.loads(right), **row["add"]})
        else:
            text = row.get("whole", row.get("before", "") + right + row.get("after", ""))
            if "repeat" in row:
                text = text.replace("REPEAT", row["repeat"][0] * row["repeat"][1])
            text = text[: len(text) - row.get("cut", 0)]
        yield row["class"], text.encode("latin-1" if "add" not in row else "utf-8")


def batches() -> Iterator[tuple[str, bytes]]:
    """What is JSON, and no batch."""
    right = json.loads(RIGHT)
    [message] = right["messages"]
    other = {**message, "message_id": str(new_id())}

    def made(**changes: Any) -> bytes:
        return json.dumps({**right, **changes}).encode()

    yield "no messages", made(messages=[])
    yield "messages that are no list", made(messages={"0": message})
    yield "a message that is no object", made(messages=[message, 5])
    yield "the same id twice", made(messages=[message, message])
    yield "an id of another form", made(batch_id="x")
    yield "no id", json.dumps({"messages": [message]}).encode()
    yield "no list", json.dumps({"batch_id": right["batch_id"]}).encode()
    too_many = [{**message, "message_id": str(new_id())} for _ in range(MESSAGES_MAX + 1)]
    yield "too many messages", made(messages=too_many)
    for name in message:
        rest = {member: value for member, value in other.items() if member != name}
        yield f"a message without {name}", made(messages=[message, rest])
        yield f"a message with null {name}", made(messages=[message, {**other, name: None}])
    yield "a message with another member", made(messages=[message, {**other, "colour": 1}])
    yield "a body that is a list", made(messages=[message, {**other, "body": []}])


def test_batch_that_is_none_is_refused_whole(network: Network) -> None:
    for to in ROLES:
        before, wrong = fingerprint(to), []
        for name, body in [*bodies(), *batches()]:
            said = told(door.post(to, body, door.headers(to, body)))
            if said != MALFORMED:
                wrong.append(f"{to}, {name}: {said}")
        assert not wrong, "\n".join(wrong)
        assert fingerprint(to) == before


def test_what_is_wrong_around_a_batch_is_refused(network: Network) -> None:
    for to in ROLES:
        before = fingerprint(to)
        assert list(refusals_around(to)) == []
        assert told(door.post(to, RIGHT, {}, method="GET")) == (405, "method_not_allowed")
        body = RIGHT + b" " * LARGE_BODY_BYTES_MAX  # before its signature is looked at
        assert told(door.post(to, body, {})) == (413, "payload_too_large")
        assert fingerprint(to) == before


def refusals_around(to: str) -> Iterator[str]:
    """What is refused otherwise than the catalogue says."""
    for row in CATALOGUE["requests"]:
        if not row.keys() & {"content_type", "headers"}:
            continue
        proof = door.headers(to, RIGHT) | row.get("headers", {})
        said = told(door.post(to, RIGHT, proof, kind=row.get("content_type", door.JSON)))
        if said != (row["status"], row["code"]):
            yield f"{row['class']}: {said}"
    for row in CATALOGUE["methods"]:
        if row["method"] != "POST":
            said = told(door.post(to, RIGHT, door.headers(to, RIGHT), method=row["method"]))
            if said != (row["status"], row["code"]):
                yield f"{row['class']}: {said}"


def kinds_at(to: str) -> list[Message]:
    """One message of each kind that this institution handles."""
    by_kind = {message.kind: message for message in samples.MESSAGES}
    return [one for kind, one in by_kind.items() if handler_of(ROLES[to], kind) is not None]


def type_of(hint: Any) -> tuple[str, bool]:
    """(its name in the catalogue, whether null means something); "" for what has no name."""
    if get_origin(hint) in (Union, type(int | None)) and NoneType in get_args(hint):
        [inner] = [item for item in get_args(hint) if item is not NoneType]
        return type_of(inner)[0], True
    if get_origin(hint) is tuple:
        return "amounts" if get_args(hint)[0] == kinds.Amount else "list", False
    return NAMES.get(hint, ""), False


def bad_messages(to: str) -> Iterator[tuple[str, str, str]]:
    """(what is wrong, kind, JSON of the body) of each case."""
    for message in kinds_at(to):
        body = encode(message)
        hints = get_type_hints(type(message), include_extras=True)
        for item in fields(message):  # type: ignore[arg-type]
            name, nullable = type_of(hints[item.name])
            assert name, f"{message.kind}.{item.name} has no name in the catalogue"
            for row in CATALOGUE["members"]:
                if name in row["of"] and not (nullable and row["json"] == "null"):
                    text = json.dumps({**body, item.name: "PLACE"}).replace('"PLACE"', row["json"])
                    yield f"{message.kind}.{item.name}, {row['class']}", message.kind, text
            rest = {member: value for member, value in body.items() if member != item.name}
            yield f"{message.kind} without {item.name}", message.kind, json.dumps(rest)
        extra = json.dumps({**body, "colour": 1})
        yield f"{message.kind} with another member", message.kind, extra


def envelope(kind: str, body: str) -> str:
    """A message of a batch, its body as it stands."""
    head = {"message_id": str(new_id()), "kind": kind, "created_at": rfc3339(samples.AT)}
    return json.dumps({**head, "body": "PLACE"}).replace('"PLACE"', body)


def answers(to: str, cases: Sequence[tuple[str, str, str]]) -> Iterator[tuple[str, Any]]:
    """(what is wrong, status) of each case, sent in batches as large as they may be."""
    for first in range(0, len(cases), MESSAGES_MAX):
        part = cases[first : first + MESSAGES_MAX]
        messages = ", ".join(envelope(kind, body) for _, kind, body in part)
        body = f'{{"batch_id": "{new_id()}", "messages": [{messages}]}}'.encode()
        answer = door.post(to, body, door.headers(to, body))
        assert answer.status_code == 200, answer.content[:300]
        statuses = BatchAnswer.from_bytes(answer.content).statuses
        yield from ((case[0], status) for case, status in zip(part, statuses, strict=True))


def test_bad_message_is_rejected_and_changes_nothing(network: Network) -> None:
    for to in ROLES:
        before = fingerprint(to)
        wrong = [
            f"{to}, {name}: {status}"
            for name, status in answers(to, list(bad_messages(to)))
            if (status.status, status.code) != ("rejected", "validation_failed")
        ]
        assert not wrong, "\n".join(wrong[:40])
        assert fingerprint(to) == before


def test_bad_message_harms_none_beside_it(network: Network) -> None:
    bad = ("bad", "pacs.028", '{"payment_id": 5}')
    good = ("good", "pacs.028", json.dumps({"payment_id": str(new_id())}))
    unknown = ("unknown", "pacs.999", "{}")
    said = dict(answers(CENTRAL_BANK_CODE, [bad, good, unknown]))
    assert (said["bad"].status, said["bad"].code) == ("rejected", "validation_failed")
    assert (said["unknown"].status, said["unknown"].code) == ("rejected", "validation_failed")
    assert said["good"].status == "accepted"


def test_catalogue_is_as_large_as_it_should_be() -> None:
    assert sum(len(list(bad_messages(to))) for to in ROLES) >= CASES_LEAST
