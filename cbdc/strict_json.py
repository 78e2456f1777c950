"""JSON without its traps: no duplicate keys, NaN, overflow, deep nesting or trailing data."""

import json
import math
import re
from typing import Any, NoReturn

DEPTH_MAX = 32
INTEGER_DIGITS_MAX = 30

# A string that never ends is taken to the end of the text: nothing is looked at twice.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[][{}]', re.S)


class StrictJsonError(ValueError):
    """The bytes are not the JSON that we take; the message says why."""


def loads_object(raw: bytes) -> dict[str, Any]:
    """The JSON object of UTF-8 bytes.

    Raises:
        StrictJsonError: anything else.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StrictJsonError("not UTF-8") from error
    _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except StrictJsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise StrictJsonError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise StrictJsonError("the top level is not an object")
    return value


def _check_depth(text: str) -> None:
    """Count brackets outside strings before the recursive parser sees them."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        character = found[0]
        if character in ("[", "{"):
            depth += 1
            if depth > DEPTH_MAX:
                raise StrictJsonError(f"nested deeper than {DEPTH_MAX}")
        elif character in ("]", "}"):
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise StrictJsonError("a key stands twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise StrictJsonError(f"{name} is no JSON number")


def _integer(text: str) -> int:
    if len(text) > INTEGER_DIGITS_MAX:
        raise StrictJsonError("a number overflows")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise StrictJsonError("a number overflows")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_no_constant,
    parse_int=_integer,
    parse_float=_float,
)
