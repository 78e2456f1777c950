"""The values of a fare table that no other body has: times of day, weekdays, tables by name."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from cbdc.api.fields import DateTime, Field, Refused, RefusedParts

MINUTES_OF_DAY = 24 * 60
WEEKDAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
NAME_SHOWN_MAX = 64

_CLOCK = re.compile(r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class ClockTime(Field):
    """`HH:MM` in China Standard Time, as the minute of the day; `24:00` where a window ends."""

    def __init__(
        self, *, until: bool = False, required: bool = True, default: int | None = None
    ) -> None:
        super().__init__(required=required, default=default)
        self.until = until

    def parse(self, value: Any) -> int:
        if type(value) is str:
            if match := _CLOCK.fullmatch(value):
                return int(match["hour"]) * 60 + int(match["minute"])
            if self.until and value == "24:00":
                return MINUTES_OF_DAY
        raise Refused("null" if value is None else "invalid", "Must be a time like 04:30.")

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9]$"}


class Weekday(Field):
    """A day of the week: `mon` to `sun`, or 1 (Monday) to 7 as ISO 8601 counts."""

    def parse(self, value: Any) -> int:
        if type(value) is str and value in WEEKDAYS:
            return WEEKDAYS[value]
        if type(value) is int and value in WEEKDAYS.values():
            return value
        raise Refused("null" if value is None else "invalid_choice", "Must be mon to sun, or 1-7.")

    def openapi(self) -> dict[str, Any]:
        numbers = {"type": "integer", "minimum": 1, "maximum": 7}
        return {"anyOf": [{"type": "string", "enum": [*WEEKDAYS]}, numbers]}


class Effective(Field):
    """RFC 3339, or a date: the beginning of that transit day."""

    def parse(self, value: Any) -> Any:
        if type(value) is str and _DATE.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError as error:
                raise Refused("invalid", "There is no such day.") from error
        return DateTime().parse(value)

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "description": "RFC 3339, or YYYY-MM-DD for that transit day"}


class ByName(Field):
    """An object whose names are data (`{"1": 300, "2": 400}`): each name and each value strict."""

    def __init__(
        self, name: str, item: Field, length_max: int, *, required: bool = True, length_min: int = 0
    ) -> None:
        super().__init__(required=required)
        self.name = re.compile(name, re.ASCII)
        self.item = item
        self.length_min = length_min
        self.length_max = length_max

    def parse(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Refused("null" if value is None else "invalid_type", "Must be an object.")
        if not self.length_min <= len(value) <= self.length_max:
            detail = f"Must have {self.length_min} to {self.length_max} entries."
            raise Refused("invalid_length", detail)
        values, faults = {}, []
        for name, item in value.items():
            shown = name[:NAME_SHOWN_MAX]
            if not self.name.fullmatch(name):
                faults.append(Refused("invalid_name", f"Must match {self.name.pattern}.", shown))
                continue
            try:
                values[name] = self.item.parse(item)
            except Refused as refused:
                faults.append(Refused(refused.code, refused.detail, shown))
            except RefusedParts as refused:
                faults += [_inside(shown, part) for part in refused.parts]
        if faults:
            raise RefusedParts(faults)
        return values

    def openapi(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.item.openapi()}


def _inside(name: str, part: Refused) -> Refused:
    return Refused(part.code, part.detail, f"{name}.{part.field}")


def symmetric(rows: Mapping[str, Mapping[str, int]]) -> dict[tuple[str, str], int]:
    """Both directions of each pair; where only one was given, the other costs the same."""
    given = {(start, end): fare for start, row in rows.items() for end, fare in row.items()}
    return {(end, start): fare for (start, end), fare in given.items()} | given
