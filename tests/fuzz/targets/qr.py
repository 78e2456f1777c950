"""QR payloads of anyone's: `wallets.qr`. Each input is tried as it is, and with a right CRC."""

import json
from pathlib import Path

from wallets.qr import QrError, crc, decode, encode

VECTORS = Path(__file__).parents[2] / "vectors" / "qr.json"


def run(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    return _run(text) | _run(text[:-4] + crc(text[:-4]))


def _run(text: str) -> bool:
    try:
        code = decode(text)
    except QrError:
        return False
    assert decode(encode(code)) == code
    return True


def seeds() -> dict[str, bytes]:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    rows = [*vectors["valid"], *vectors["read"], *vectors["refused"]]
    return {row["name"]: row["payload"].encode() for row in rows}
