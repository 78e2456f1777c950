"""The types of message fields: what a value must be, next to its Python type."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from cbdc.crypto.canonical import SAFE_INTEGER_MAX
from cbdc.crypto.tokens import SignedToken
from cbdc.money import AMOUNT_MAX

MEMO_MAX = 140
DETAIL_MAX = 2000
ITEMS_MAX = 10_000  # of any list in one message
COUNT_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Rule:
    """A test that a value of the right type must pass; `says` completes "must be …"."""

    test: Callable[[Any], bool]
    says: str


def _between(lowest: int, highest: int) -> Rule:
    return Rule(lambda value: lowest <= value <= highest, f"{lowest} to {highest}")


def _like(pattern: str, says: str) -> Rule:
    compiled = re.compile(pattern, re.A)
    return Rule(lambda value: compiled.fullmatch(value) is not None, says)


def _among(*words: str) -> Rule:
    return Rule(lambda value: value in words, f"one of {', '.join(words)}")


def _at_most(length: int) -> Rule:
    return Rule(lambda value: len(value) <= length, f"at most {length} characters")


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_signed_token(value: dict[str, Any]) -> bool:
    try:
        SignedToken.from_wire(value)
    except ValueError:
        return False
    return True


# Fen of one movement, of a net position, and of a sum of movements.
Amount = Annotated[int, _between(1, AMOUNT_MAX)]
NetAmount = Annotated[int, _between(-SAFE_INTEGER_MAX, SAFE_INTEGER_MAX)]
GrossAmount = Annotated[int, _between(0, SAFE_INTEGER_MAX)]
Count = Annotated[int, _between(0, COUNT_MAX)]
Ordinal = Annotated[int, _between(1, COUNT_MAX)]

Currency = Annotated[str, _like(r"[A-Z]{3}", "three capital letters")]
BankCode = Annotated[str, _like(r"[a-z][a-z0-9-]{0,31}", "an institution code")]
WalletId = Annotated[str, _like(r"[0-9]{16}", "16 digits")]
PaymentCode = Annotated[str, _like(r"[0-9]{20}", "20 digits")]
DayText = Annotated[str, Rule(_is_day, "a day like 2026-01-31")]
Memo = Annotated[str, _at_most(MEMO_MAX)]
Reference = Annotated[str, _at_most(128)]
MessageKind = Annotated[str, _like(r"[a-z0-9.]{1,32}", "a message kind")]
ReasonCode = Annotated[str, _like(r"[A-Z]{2}[A-Z0-9]{2}", "an ISO 20022 reason code")]
ErrorText = Annotated[str, _like(r"[a-z_]{1,64}", "a code of the error registry")]
Detail = Annotated[str, _at_most(DETAIL_MAX)]
HashText = Annotated[str, _like(r"[0-9a-f]{64}", "64 lower-case hex digits")]
SignatureText = Annotated[str, _like(r"[A-Za-z0-9_-]{86}", "an Ed25519 signature in base64url")]
KeyId = Annotated[str, _like(r"[A-Za-z0-9_-]{43}", "an RFC 7638 thumbprint in base64url")]
SealedText = Annotated[str, _like(r"[A-Za-z0-9_-]{1,65536}", "base64url")]
TokenWire = Annotated[dict[str, Any], Rule(_is_signed_token, "a signed token")]

# Plain `str` for the type checker: the words also come out of rows and enums.
PaymentStatus = Annotated[str, _among("ACSC", "RJCT", "PDNG")]
RequestStatus = Annotated[str, _among("ACSP", "RJCT", "CANC")]
RecallStatus = Annotated[str, _among("CNCL", "RJCR", "PDCR")]
Direction = Annotated[str, _among("in", "out")]
TokenOperation = Annotated[str, _among("issue", "redeem", "lock", "unlock", "merge", "split")]
FreezeAction = Annotated[str, _among("freeze", "unfreeze")]
FreezeStatus = Annotated[str, _among("done", "refused")]
DeliveryStatus = Annotated[str, _among("accepted", "duplicate", "rejected", "failed")]
