"""QR payloads: the vectors, the specification's own sample, and everything that is refused."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbdc.identifiers import wallet_id
from wallets.qr import PERSON, QrCode, QrError, crc, decode, encode, read_objects

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "qr.json").read_text(encoding="utf-8")
)
# EMVCo QRCPS Merchant-Presented Mode 1.1, the sample with a language template; its CRC is A13A.
SAMPLE = next(row["payload"] for row in VECTORS["refused"] if "sample" in row["name"])


def named(section: str) -> Any:
    return pytest.mark.parametrize(
        "row", [pytest.param(row, id=row["name"]) for row in VECTORS[section]]
    )


def code_of(values: dict[str, Any]) -> QrCode:
    order = values["order_id"]
    return QrCode(**{**values, "order_id": UUID(order) if order else None})


@named("valid")
def test_vector_is_written_and_read(row: dict[str, Any]) -> None:
    assert encode(code_of(row["code"])) == row["payload"]
    assert decode(row["payload"]) == code_of(row["code"])


@named("read")
def test_other_spellings_are_read(row: dict[str, Any]) -> None:
    assert decode(row["payload"]).amount == row["amount"]


@named("refused")
def test_payload_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(QrError):
        decode(row["payload"])


def test_sample_of_the_specification_is_read() -> None:
    objects = read_objects(SAMPLE)
    assert SAMPLE.endswith(crc(SAMPLE[:-4]))
    assert (objects["59"], objects["54"], objects["63"]) == ("BEST TRANSPORT", "23.72", "A13A")


def test_a_person_and_a_shop_are_told_apart() -> None:
    assert QrCode(wallet_id="x").is_person
    assert not QrCode(wallet_id="x", category="5814").is_person


@pytest.mark.parametrize(
    "values",
    [
        {"wallet_id": "0011000000000016"},
        {"name": ""},
        {"name": "咖啡"},
        {"name": "x" * 26},
        {"city": "x" * 16},
        {"category": "58"},
        {"amount": 0},
        {"amount": 10**12},
        {"reference": "x" * 26},
        {"terminal": "\x00"},
        {"local_name": "咖" * 26},
        {"local_name": "\n"},
    ],
)
def test_what_a_payload_cannot_carry_is_not_written(values: dict[str, Any]) -> None:
    with pytest.raises(QrError):
        encode(QrCode(**{"wallet_id": wallet_id("0011", 1), **values}))


PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=25)
CODES = st.builds(
    lambda serial, amount, order, **texts: QrCode(
        wallet_id=wallet_id("0012", serial),
        amount=amount if amount is not None or order is None else 1,
        order_id=order,
        **texts,
    ),
    serial=st.integers(0, 10**11 - 1),
    amount=st.none() | st.integers(1, 10**12 - 1),
    order=st.none() | st.uuids(),
    name=PRINTABLE,
    city=PRINTABLE.map(lambda text: text[:15]),
    category=st.sampled_from([PERSON, "5814", "4111"]),
    local_name=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=25),
    reference=PRINTABLE | st.just(""),
    terminal=PRINTABLE | st.just(""),
)


@given(CODES)
def test_what_is_written_is_read(code: QrCode) -> None:
    assert decode(encode(code)) == code


@given(CODES, st.integers(0, 10**6), st.characters(min_codepoint=0x20, max_codepoint=0x7E))
def test_one_changed_character_is_noticed(code: QrCode, at: int, other: str) -> None:
    text = encode(code)
    at %= len(text)
    if text[at] != other and text[at].isascii():  # a burst that the CRC always finds
        with pytest.raises(QrError):
            decode(text[:at] + other + text[at + 1 :])


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(QrError):
        decode(text)
