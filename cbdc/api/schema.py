"""What a body may hold: known fields, each strict, and one refusal that names every fault.

PAYMENT = Schema({"payee_wallet": WalletId(), "amount": Amount(), "memo": Memo()})
PAYMENT.parse(json_object(request)) == {"payee_wallet": "0011…", "amount": 1, "memo": ""}
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cbdc.api.fields import (
    MEMO_LENGTH_MAX,
    Amount,
    Boolean,
    Choice,
    Currency,
    DateTime,
    DepositAccount,
    Digits,
    Field,
    Integer,
    KeyBase64,
    Phone,
    Refused,
    RefusedParts,
    Text,
    Uuid,
    WalletId,
)
from cbdc.errors import ErrorCode, FieldError, Problem

ERRORS_MAX = 100
FIELD_NAME_SHOWN_MAX = 64
# Faults that give the whole refusal their code when there is no fault of another kind.
OWN_CODES = {
    error.code: error
    for error in (
        ErrorCode.INVALID_AMOUNT,
        ErrorCode.INVALID_WALLET_ID,
        ErrorCode.CURRENCY_MISMATCH,
    )
}

__all__ = [
    "Amount",
    "Boolean",
    "Choice",
    "Currency",
    "DateTime",
    "DepositAccount",
    "Digits",
    "Field",
    "Integer",
    "KeyBase64",
    "List",
    "Memo",
    "Object",
    "Phone",
    "Schema",
    "Text",
    "Uuid",
    "WalletId",
    "refuse",
]


class Memo(Text):
    """An optional memo of at most 140 characters; absent is the empty text."""

    def __init__(self) -> None:
        super().__init__(MEMO_LENGTH_MAX, min_length=0, multiline=True, required=False, default="")


class Schema:
    """Fields by name. `read_only` names exist in answers only, and are refused as such.

    `check` sees the parsed values when each is right by itself, and yields faults of
    combinations ("either qr or payee_wallet").
    """

    def __init__(
        self,
        fields: Mapping[str, Field],
        *,
        read_only: Sequence[str] = (),
        check: Callable[[dict[str, Any]], Iterator[FieldError]] | None = None,
    ) -> None:
        self.fields = dict(fields)
        self.read_only = frozenset(read_only)
        self.check = check

    def parse(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """Every field of the schema with its value or default.

        Raises:
            Problem: validation_failed; or invalid_amount, invalid_wallet_id or
                currency_mismatch when that is the only kind of fault.
        """
        try:
            return self.parts(obj)
        except RefusedParts as refused:
            raise refuse(
                [FieldError(part.field, part.code, part.detail) for part in refused.parts]
            ) from refused

    def parts(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """As `parse`, for the inside of lists and objects.

        Raises:
            RefusedParts: with every fault.
        """
        faults = [self._unexpected(name) for name in obj if name not in self.fields]
        values: dict[str, Any] = {}
        for name, field in self.fields.items():
            if name not in obj:
                values[name] = field.default
                if field.required:
                    faults.append(Refused("required", "This field is required.", name))
                continue
            try:
                values[name] = field.parse(obj[name])
            except Refused as refused:
                faults.append(Refused(refused.code, refused.detail, name))
            except RefusedParts as refused:
                faults += [_inside(name, part) for part in refused.parts]
        if not faults and self.check is not None:
            faults = [Refused(f.code, f.detail, f.field) for f in self.check(values)]
        if faults:
            raise RefusedParts(faults)
        return values

    def _unexpected(self, name: str) -> Refused:
        shown = name[:FIELD_NAME_SHOWN_MAX]
        if name in self.read_only:
            return Refused("read_only", "This field cannot be set.", shown)
        return Refused("unknown_field", "There is no such field.", shown)

    def openapi(self) -> dict[str, Any]:
        """The JSON Schema of the object."""
        return {
            "type": "object",
            "properties": {name: field.openapi() for name, field in self.fields.items()},
            "required": [name for name, field in self.fields.items() if field.required],
            "additionalProperties": False,
        }


class Object(Field):
    """An object inside the body."""

    def __init__(self, schema: Schema, *, required: bool = True) -> None:
        super().__init__(required=required)
        self.schema = schema

    def parse(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Refused("null" if value is None else "invalid_type", "Must be an object.")
        return self.schema.parts(value)

    def openapi(self) -> dict[str, Any]:
        return self.schema.openapi()


class List(Field):
    """A list of at most `max_length` values of one kind."""

    def __init__(
        self, item: Field, max_length: int, *, min_length: int = 0, required: bool = True
    ) -> None:
        super().__init__(required=required)
        self.item = item
        self.min_length = min_length
        self.max_length = max_length

    def parse(self, value: Any) -> list[Any]:
        if type(value) is not list:
            raise Refused("null" if value is None else "invalid_type", "Must be a list.")
        if not self.min_length <= len(value) <= self.max_length:
            raise Refused(
                "invalid_length", f"Must have {self.min_length} to {self.max_length} items."
            )
        items: list[Any] = []
        faults: list[Refused] = []
        for index, item in enumerate(value):
            try:
                items.append(self.item.parse(item))
            except Refused as refused:
                faults.append(Refused(refused.code, refused.detail, f"[{index}]"))
            except RefusedParts as refused:
                faults += [_inside(f"[{index}]", part) for part in refused.parts]
            if len(faults) >= ERRORS_MAX:
                break
        if faults:
            raise RefusedParts(faults)
        return items

    def openapi(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": self.item.openapi(),
            "minItems": self.min_length,
            "maxItems": self.max_length,
        }


def refuse(errors: Sequence[FieldError]) -> Problem:
    """The refusal of a body with these faults: their own code when they are all of one kind."""
    codes = {error.code for error in errors}
    own = OWN_CODES.get(next(iter(codes))) if len(codes) == 1 else None
    return Problem(own or ErrorCode.VALIDATION_FAILED, errors=errors[:ERRORS_MAX])


def _inside(name: str, part: Refused) -> Refused:
    joint = "" if part.field.startswith("[") else "."
    return Refused(part.code, part.detail, f"{name}{joint}{part.field}")
