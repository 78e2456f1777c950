"""Bodies of requests and messages: `cbdc.strict_json`."""

import json

from cbdc.strict_json import StrictJsonError, loads_object


def run(data: bytes) -> bool:
    try:
        value = loads_object(data)
    except StrictJsonError:
        return False
    assert loads_object(json.dumps(value).encode()) == value
    return True


def seeds() -> dict[str, bytes]:
    deep = b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"
    return {
        "payment": b'{"payer_wallet": "0011000000000017", "amount": 1250, "memo": "\\u5496"}',
        "numbers": b'{"a": -0, "b": 1.5e300, "c": 999999999999999999999999999999, "d": [-1E-7]}',
        "texts": '{"": "\\ud800", "\\"": "咖啡 ☕\\n", "x": [null, true, false, {}]}'.encode(),
        "deep": deep,
        "duplicate": b'{"a": 1, "\\u0061": 2}',
        "constant": b'{"a": NaN}',
    }
