"""Canonical JSON (RFC 8785) of the values that we sign: no floats."""

import json
from typing import Any

SAFE_INTEGER_MAX = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """The one byte form of a str, int, bool, None, list or dict with str keys.

    Raises:
        ValueError: a float, an integer beyond 2^53-1, a lone surrogate, or another type.
    """
    _check(value)
    text = json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        # RFC 8785 sorts by UTF-16 code units.
        return {k: _sorted(value[k]) for k in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def _check(value: Any) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > SAFE_INTEGER_MAX:
            raise ValueError("an integer beyond 2^53-1")
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError("a key that is not text")
            _check(item)
    else:
        raise ValueError(f"no canonical form: {type(value).__name__}")
