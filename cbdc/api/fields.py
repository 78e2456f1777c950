"""The kinds of values that a request may carry, each refusing every other form (API.md)."""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import Any

import phonenumbers

from cbdc import identifiers
from cbdc.clock import parse_rfc3339
from cbdc.crypto.encoding import b64url_decode
from cbdc.errors import ErrorCode
from cbdc.money import AMOUNT_MAX, CURRENCY, is_amount

INTEGER_MAX = 2**53 - 1
MEMO_LENGTH_MAX = 140
ED25519_KEY_BYTES = 32

# y coordinates of the points of order 1, 2, 4 and 8: anyone can sign for these "keys".
_P = 2**255 - 19
_Y_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})

# Letters and marks that show nothing, although Unicode does not call them format characters.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Refused(Exception):  # noqa: N818 - a refusal of one value
    """Why a value is not taken: `code` goes into the entry of `errors`."""

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.field = field  # where inside the value, for lists and objects


class RefusedParts(Exception):  # noqa: N818 - refusals of several values
    """Several refusals inside one list or object."""

    def __init__(self, parts: Iterable[Refused]) -> None:
        self.parts = tuple(parts)


class Field(ABC):
    """One value of a request; absent and optional is `default`, null is always refused."""

    def __init__(self, *, required: bool = True, default: Any = None) -> None:
        self.required = required
        self.default = default

    @abstractmethod
    def parse(self, value: Any) -> Any:
        """The value in the form of the domain.

        Raises:
            Refused, RefusedParts: not such a value.
        """

    @abstractmethod
    def openapi(self) -> dict[str, Any]:
        """The JSON Schema of the value."""


def _string(value: Any) -> str:
    if value is None:
        raise Refused("null", "Must not be null.")
    if type(value) is not str:
        raise Refused("invalid_type", "Must be a string.")
    return value


class Text(Field):
    """A name or memo, in NFC; `max_length` counts characters after NFC."""

    def __init__(
        self,
        max_length: int,
        *,
        min_length: int = 1,
        pattern: str | None = None,
        multiline: bool = False,
        required: bool = True,
        default: Any = None,
    ) -> None:
        super().__init__(required=required, default=default)
        self.max_length = max_length
        self.min_length = min_length
        self.pattern = re.compile(pattern, re.ASCII) if pattern else None
        self.allowed_controls = frozenset("\n\t") if multiline else frozenset()

    def parse(self, value: Any) -> str:
        text = _string(value)
        plain = text.isascii() and text.isprintable()  # most texts: in NFC, and all to be seen
        if not plain:
            text = unicodedata.normalize("NFC", text)
        if len(text) > self.max_length:
            raise Refused("too_long", f"Must have at most {self.max_length} characters.")
        if not plain and any(self._is_refused(character) for character in text):
            raise Refused("invalid_character", "Must not contain control or invisible characters.")
        if len(text) < self.min_length or (self.min_length and not text.strip()):
            raise Refused("too_short", f"Must have at least {self.min_length} characters.")
        if self.pattern is not None and not self.pattern.fullmatch(text):
            raise Refused("invalid", f"Must match {self.pattern.pattern}.")
        return text

    def _is_refused(self, character: str) -> bool:
        if character in self.allowed_controls:
            return False
        return character in _BLANK_LETTERS or unicodedata.category(character) in _REFUSED_CATEGORIES

    def openapi(self) -> dict[str, Any]:
        schema = {"type": "string", "minLength": self.min_length, "maxLength": self.max_length}
        return schema | ({"pattern": f"^{self.pattern.pattern}$"} if self.pattern else {})


class Digits(Field):
    """A code of exactly `length` ASCII digits: a one-time password, a payment code."""

    def __init__(self, length: int, *, required: bool = True) -> None:
        super().__init__(required=required)
        self.length = length

    def parse(self, value: Any) -> str:
        text = _string(value)
        if len(text) != self.length or not (text.isascii() and text.isdigit()):
            raise Refused("invalid", f"Must be {self.length} digits.")
        return text

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^[0-9]{{{self.length}}}$"}


class Integer(Field):
    """A JSON integer: not a bool, not 1.0, not a string of digits."""

    def __init__(
        self,
        minimum: int = 0,
        maximum: int = INTEGER_MAX,
        *,
        required: bool = True,
        default: Any = None,
    ) -> None:
        super().__init__(required=required, default=default)
        self.minimum = minimum
        self.maximum = maximum

    def parse(self, value: Any) -> int:
        if value is None:
            raise Refused("null", "Must not be null.")
        if type(value) is not int:
            raise Refused("invalid_type", "Must be an integer.")
        if not self.minimum <= value <= self.maximum:
            raise Refused("out_of_range", f"Must be {self.minimum} to {self.maximum}.")
        return value

    def openapi(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


class Boolean(Field):
    """`true` or `false`."""

    def parse(self, value: Any) -> bool:
        if type(value) is not bool:
            raise Refused("null" if value is None else "invalid_type", "Must be true or false.")
        return value

    def openapi(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Amount(Field):
    """Fen; every wrong kind of value, null too, is `invalid_amount`."""

    def parse(self, value: Any) -> int:
        if type(value) is not int or not is_amount(value):
            raise Refused(
                ErrorCode.INVALID_AMOUNT.code, f"Must be an integer of fen, 1 to {AMOUNT_MAX}."
            )
        return value

    def openapi(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": AMOUNT_MAX, "description": "fen"}


class Currency(Field):
    """The one currency of this system; absent means that one."""

    def __init__(self) -> None:
        super().__init__(required=False, default=CURRENCY)

    def parse(self, value: Any) -> str:
        text = _string(value)
        if text != CURRENCY:
            raise Refused(ErrorCode.CURRENCY_MISMATCH.code, f"Only {CURRENCY} is handled here.")
        return text

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "enum": [CURRENCY], "default": CURRENCY}


class Uuid(Field):
    """A lower-case hyphenated UUID."""

    def parse(self, value: Any) -> Any:
        try:
            return identifiers.parse_uuid(_string(value))
        except ValueError as error:
            raise Refused("invalid", "Must be a lower-case hyphenated UUID.") from error

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


class WalletId(Field):
    """16 digits with a right Luhn digit."""

    def parse(self, value: Any) -> str:
        text = _string(value)
        if not identifiers.is_wallet_id(text):
            raise Refused(
                ErrorCode.INVALID_WALLET_ID.code, "Must be 16 digits with a right check digit."
            )
        return text

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]{16}$"}


class DepositAccount(Field):
    """18 digits with a right Luhn digit."""

    def parse(self, value: Any) -> str:
        text = _string(value)
        if not identifiers.is_deposit_account(text):
            raise Refused("invalid", "Must be 18 digits with a right check digit.")
        return text

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^62[0-9]{16}$"}


class Choice(Field):
    """One of a few strings or integers, of exactly that JSON type."""

    def __init__(
        self,
        choices: Collection[str] | Collection[int],
        *,
        required: bool = True,
        default: Any = None,
    ) -> None:
        super().__init__(required=required, default=default)
        self.choices = tuple(choices)

    def parse(self, value: Any) -> Any:
        if value is None:
            raise Refused("null", "Must not be null.")
        if type(value) not in {int, str} or not any(
            isinstance(c, type(value)) for c in self.choices
        ):
            raise Refused("invalid_type", f"Must be one of {self._names()}.")
        if value not in self.choices:
            raise Refused("invalid_choice", f"Must be one of {self._names()}.")
        return value

    def _names(self) -> str:
        return ", ".join(str(choice) for choice in self.choices)

    def openapi(self) -> dict[str, Any]:
        return {"enum": [c if type(c) is int else str(c) for c in self.choices]}


class Phone(Field):
    """An E.164 number: `+`, country code, a length that mobile numbers have there."""

    def parse(self, value: Any) -> str:
        text = _string(value)
        refused = Refused("invalid", "Must be an E.164 phone number such as +8613800000000.")
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", text, re.ASCII):
            raise refused
        try:
            number = phonenumbers.parse(text, None)
        except phonenumbers.NumberParseException as error:
            raise refused from error
        canonical = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        mobile = phonenumbers.PhoneNumberType.MOBILE
        if canonical != text or not phonenumbers.is_possible_number_for_type(number, mobile):
            raise refused
        return text

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$"}


def _has_small_order(raw: bytes) -> bool:
    """True for every encoding, also not canonical, of a point of small order (RFC 8032, 5.1.2)."""
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    return y % _P in _SMALL_ORDER_Y


class KeyBase64(Field):
    """A raw 32-byte Ed25519 public key in base64url; points of small order are refused."""

    def parse(self, value: Any) -> str:
        text = _string(value)
        try:
            raw = b64url_decode(text, length=ED25519_KEY_BYTES)
        except ValueError as error:
            raise Refused("invalid", "Must be 32 bytes in base64url without padding.") from error
        if _has_small_order(raw):
            raise Refused("invalid", "This point is no public key.")
        return text

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}


class DateTime(Field):
    """RFC 3339 with an offset; the answer is aware, in UTC."""

    def parse(self, value: Any) -> Any:
        text = _string(value)
        try:
            if not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d", text, re.ASCII):
                raise ValueError(text)
            return parse_rfc3339(text.upper())
        except (ValueError, OverflowError) as error:
            raise Refused("invalid", "Must be RFC 3339 with an offset.") from error

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}
