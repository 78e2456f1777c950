"""Every message survives the wire; everything that is not exactly a message is refused."""

import json
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbdc.protocol import messages
from cbdc.protocol.codecs import KINDS, ProtocolError, decode, encode
from cbdc.protocol.fields import ITEMS_MAX
from cbdc.protocol.messages import MESSAGES, Camt053, Message, Pacs002, Pacs008, TokenAdvice
from tests.protocol import samples

ADVICE = next(item for item in samples.MESSAGES if isinstance(item, TokenAdvice))
STATEMENT = next(item for item in samples.MESSAGES if isinstance(item, Camt053))


def wire(**changes: Any) -> dict[str, Any]:
    """A pacs.008 as JSON values, with some of them replaced."""
    return encode(samples.PACS_008) | changes


def refused(kind: str, body: Any) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        decode(kind, body)
    return caught.value


@pytest.mark.parametrize("message", samples.MESSAGES, ids=lambda message: message.kind)
def test_message_survives_the_wire(message: Message) -> None:
    body = json.loads(json.dumps(encode(message)))
    decoded = decode(message.kind, body)
    assert decoded == message
    assert type(decoded) is type(message)
    assert encode(decoded) == body


def test_every_kind_has_a_sample_and_one_class() -> None:
    assert {message.kind for message in samples.MESSAGES} == KINDS.keys()
    assert len(KINDS) == len(MESSAGES)
    defined = {value for value in vars(messages).values() if hasattr(value, "kind")}
    assert set(MESSAGES) == defined


def test_wire_form_of_a_credit_transfer() -> None:
    assert wire() == {
        "payment_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "payer_bank": "harbor",
        "payee_bank": "lotus",
        "payer_wallet": "0011000000000017",
        "payee_wallet": "0012000000000016",
        "amount": 1250,
        "currency": "CNY",
        "memo": "咖啡 ☕",
        "order_reference": "order-1",
        "created_at": "2026-01-31T09:30:00.250000Z",
    }


@pytest.mark.parametrize("message", samples.MESSAGES, ids=lambda message: message.kind)
def test_no_field_may_be_missing_null_or_unknown(message: Message) -> None:
    body = encode(message)
    for name in body:
        assert refused(message.kind, {k: v for k, v in body.items() if k != name}).field == name
        refused(message.kind, body | {name: {"unexpected": 1}})
    assert "unknown field" in refused(message.kind, body | {"extra": 1}).detail


def test_null_is_only_taken_where_it_has_a_meaning() -> None:
    assert decode("pacs.008", wire(order_reference=None))
    for name in wire().keys() - {"order_reference"}:
        assert refused("pacs.008", wire(**{name: None})).field == name


@pytest.mark.parametrize("kind", ["", "pacs.009x", "PACS.008", "Message"])
def test_unknown_kind_is_refused(kind: str) -> None:
    assert refused(kind, wire()).field == "kind"


@pytest.mark.parametrize("body", [None, [], "text", 5, ()])
def test_body_must_be_an_object(body: Any) -> None:
    assert refused("pacs.008", body).field == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 0),
        ("amount", -1),
        ("amount", 10**15 + 1),
        ("amount", 10**40),
        ("amount", 1250.0),
        ("amount", True),
        ("amount", "1250"),
        ("payment_id", "01890A5D-AC96-774B-BCCE-B302099A8057"),
        ("payment_id", "01890a5dac96774bbcceb302099a8057"),
        ("payment_id", "{01890a5d-ac96-774b-bcce-b302099a8057}"),
        ("payment_id", 5),
        ("created_at", "2026-01-31T09:30:00"),
        ("created_at", "2026-01-31T09:30:00+08:00"),
        ("created_at", "2026-01-31T09:30:00+00:00"),
        ("created_at", "2026-01-31 09:30:00Z"),
        ("created_at", "20260131T093000Z"),
        ("created_at", "2026-02-31T09:30:00Z"),
        ("created_at", "2026-01-31T09:30:00.1234567Z"),
        ("created_at", 1769851800),
        ("payer_bank", "Harbor"),
        ("payer_bank", ""),
        ("payer_bank", "har bor"),
        ("payer_wallet", "001100000000001"),
        ("payer_wallet", "٠٠١١٠٠٠٠٠٠٠٠٠٠١٧"),
        ("payer_wallet", 11000000000017),
        ("currency", "cny"),
        ("memo", "x" * 141),
        ("memo", "NUL\x00"),
        ("memo", "\ud800"),
        ("memo", 5),
        ("order_reference", "x" * 129),
        ("order_reference", "\udfff"),
    ],
)
def test_value_of_another_type_or_range_is_refused(field: str, value: Any) -> None:
    assert refused("pacs.008", wire(**{field: value})).field == field


@pytest.mark.parametrize("text", ["2026-01-31T09:30:00Z", "2026-01-31T09:30:00.5Z"])
def test_time_in_utc_may_have_fewer_digits(text: str) -> None:
    assert isinstance(decode("pacs.008", wire(created_at=text)), Pacs008)


@pytest.mark.parametrize("status", ["", "acsc", "ACCC", "ACSC "])
def test_status_is_one_of_three_words(status: str) -> None:
    body = encode(Pacs002(samples.ID, "PDNG", None, None, None))
    assert refused("pacs.002", body | {"status": status}).field == "status"


def test_fault_in_a_list_is_named_with_its_place() -> None:
    body = encode(STATEMENT)
    body["entries"][1]["direction"] = "sideways"
    assert refused("camt.053", body).field == "entries[1].direction"
    body["entries"][1] = {"payment_id": str(samples.ID), "direction": "in"}
    assert refused("camt.053", body).field == "entries[1].amount"


def test_list_has_a_limit() -> None:
    full = replace(ADVICE, consumed=(samples.HASH,) * ITEMS_MAX)
    body = encode(full)
    decode("token.advice", body)
    body["consumed"].append(samples.HASH)
    assert refused("token.advice", body).field == "consumed"


@pytest.mark.parametrize("value", ["text", {"0": samples.HASH}, [samples.HASH.upper()], [5], [[]]])
def test_consumed_is_a_list_of_token_ids(value: Any) -> None:
    assert refused("token.advice", encode(ADVICE) | {"consumed": value}).field.startswith(
        "consumed"
    )


def test_created_must_be_signed_tokens() -> None:
    token = samples.TOKEN | {"token": samples.TOKEN["token"] | {"value": -5}}
    assert refused("token.advice", encode(ADVICE) | {"created": [token]}).field == "created[0]"


def test_name_of_an_unknown_field_is_quoted_safely() -> None:
    detail = refused("pacs.008", wire() | {"\ud800" * 500: 1}).detail
    assert detail.isascii()
    assert len(detail) < 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 0),
        ("amount", 10**15 + 1),
        ("memo", "x" * 141),
        ("created_at", datetime(2026, 1, 31)),  # noqa: DTZ001 - the case under test
        ("payer_bank", None),
    ],
)
def test_sender_cannot_encode_what_would_be_refused(field: str, value: Any) -> None:
    with pytest.raises(ProtocolError):
        encode(replace(samples.PACS_008, **{field: value}))


def test_time_with_another_offset_is_sent_in_utc() -> None:
    china = samples.AT.astimezone(timezone(timedelta(hours=8)))
    assert encode(replace(samples.PACS_008, created_at=china)) == wire()


def test_word_of_an_enum_is_sent_as_plain_text() -> None:
    class Status(str, Enum):  # noqa: UP042 - as Django's TextChoices
        DONE = "ACSC"

    body = encode(Pacs002(samples.ID, Status.DONE, None, None, None))
    assert type(body["status"]) is str


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    field=st.integers(0, 20),
    value=JSON_VALUES,
)
def test_no_value_does_anything_but_decode_or_be_refused(kind: str, field: int, value: Any) -> None:
    sample = next(message for message in samples.MESSAGES if message.kind == kind)
    names = [item.name for item in fields(sample)]  # type: ignore[arg-type]
    body = encode(sample) | {names[field % len(names)]: value}
    try:
        decoded = decode(kind, body)
    except ProtocolError:
        return
    decode(kind, encode(decoded))
