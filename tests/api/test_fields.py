"""Each kind of field takes its own form and refuses every other."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from cbdc import identifiers
from cbdc.api.fields import Field, Refused, Text
from cbdc.api.schema import (
    Amount,
    Boolean,
    Choice,
    Currency,
    DateTime,
    DepositAccount,
    Digits,
    Integer,
    KeyBase64,
    Memo,
    Phone,
    Uuid,
    WalletId,
)
from cbdc.crypto.encoding import b64url

WALLET = identifiers.wallet_id("0011", 1)
ACCOUNT = identifiers.deposit_account("0011", 1)
ID = uuid.UUID("01890000-0000-7000-8000-000000000001")
KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"  # RFC 8037, appendix A.2


def wrong_digit(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


@pytest.mark.parametrize(
    ("field", "value", "parsed"),
    [
        (Amount(), 1, 1),
        (Amount(), 10**15, 10**15),
        (Integer(1, 3), 3, 3),
        (Boolean(), False, False),
        (Currency(), "CNY", "CNY"),
        (Uuid(), str(ID), ID),
        (WalletId(), WALLET, WALLET),
        (DepositAccount(), ACCOUNT, ACCOUNT),
        (Choice((2, 3)), 2, 2),
        (Choice(("a", "b")), "b", "b"),
        (Digits(6), "000123", "000123"),
        (Phone(), "+8613800000001", "+8613800000001"),
        (KeyBase64(), KEY, KEY),
        (Memo(), "", ""),
        (Memo(), "早餐 & <b> =1+1\nline 🍜", "早餐 & <b> =1+1\nline 🍜"),
        (Text(3), "e\u0301e\u0301e\u0301", "\u00e9\u00e9\u00e9"),
        (Memo(), "字" * 140, "字" * 140),
        (DateTime(), "2026-01-31T17:30:00+08:00", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        (DateTime(), "2026-01-31T09:30:00.5Z", datetime(2026, 1, 31, 9, 30, 0, 500000, tzinfo=UTC)),
    ],
)
def test_right_value_is_taken(field: Field, value: Any, parsed: Any) -> None:
    assert field.parse(value) == parsed


@pytest.mark.parametrize(
    ("field", "code", "values"),
    [
        (
            Amount(),
            "invalid_amount",
            [0, -1, 10**15 + 1, 10**29, 1.0, 1.5, "5", True, None, [], {}],
        ),
        (Integer(1, 3), "invalid_type", ["2", 2.0, True, [2]]),
        (Integer(1, 3), "out_of_range", [0, 4, -(10**20)]),
        (Boolean(), "invalid_type", [0, 1, "true"]),
        (Currency(), "currency_mismatch", ["USD", "cny", "", "CNY "]),
        (Currency(), "invalid_type", [156]),
        (
            Uuid(),
            "invalid",
            [str(ID).upper().replace("0", "A"), ID.hex, f"{{{ID}}}", "", f"{ID}\n"],
        ),
        (Uuid(), "invalid_type", [5, ["a"]]),
        (
            WalletId(),
            "invalid_wallet_id",
            [wrong_digit(WALLET), WALLET[:-1], WALLET + "0", "", "１" * 16, WALLET + "\n"],
        ),
        (WalletId(), "invalid_type", [int(WALLET), True]),
        (DepositAccount(), "invalid", [wrong_digit(ACCOUNT), WALLET, ""]),
        (Choice((2, 3)), "invalid_choice", [1, 4]),
        (Choice((2, 3)), "invalid_type", ["2", 2.0, True]),
        (Digits(6), "invalid", ["12345", "1234567", "12345a", "１２３４５６"]),
        (Digits(6), "invalid_type", [123456]),
        (
            Phone(),
            "invalid",
            [
                "13800000001",
                "+86 138 0000 0001",
                "+86",
                "+0123456789",
                "+861380000",
                "+99912345678",
            ],
        ),
        (
            KeyBase64(),
            "invalid",
            [KEY + "=", KEY[:-1], b64url(b"x" * 31), b64url(b"x" * 33), KEY[:-1] + "!", ""],
        ),
        (Memo(), "too_long", ["字" * 141, "a" * 1000]),
        (Text(5), "too_short", ["", "   "]),
        (Text(5), "invalid_type", [5, True, ["a"], {"a": 1}]),
        (Text(9, pattern=r"[a-z]+"), "invalid", ["a b", "A"]),
        (DateTime(), "invalid", ["2026-01-31", "2026-01-31T09:30:00", "20260131T093000Z", "x"]),
    ],
)
def test_wrong_value_is_refused_with_its_code(field: Field, code: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(Refused) as refused:
            field.parse(value)
        assert refused.value.code == code, value


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\x1b",
        "\x7f",
        "\ud800",
        "\u200b",
        "\u200c",
        "\u200d",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\u200e",
        "\u200f",
        "\u061c",
        "\u202a",
        "\u202e",
        "\u2066",
        "\u2069",
        "\u2028",
        "\u3164",
        "\U000e0041",
    ],
)
def test_invisible_character_is_refused_in_memos(character: str) -> None:
    with pytest.raises(Refused) as refused:
        Memo().parse(f"a{character}b")
    assert refused.value.code == "invalid_character"


def test_a_name_is_one_line() -> None:
    with pytest.raises(Refused):
        Text(20).parse("two\nlines")


@pytest.mark.parametrize(
    "field", [Text(5), Uuid(), WalletId(), Integer(), Boolean(), Choice(("a",)), Phone()]
)
def test_null_is_refused(field: Field) -> None:
    with pytest.raises(Refused) as refused:
        field.parse(None)
    assert refused.value.code == "null"


SMALL_ORDER = [
    (0).to_bytes(32, "little"),
    (1).to_bytes(32, "little"),
    (1 | 1 << 255).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]


@pytest.mark.parametrize("raw", SMALL_ORDER)
def test_key_of_small_order_is_refused(raw: bytes) -> None:
    """The points that libsodium blocks too (ed25519_ref10.c, `ge25519_has_small_order`)."""
    with pytest.raises(Refused):
        KeyBase64().parse(b64url(raw))
