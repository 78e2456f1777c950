"""What a generator's process measured, second by second, and what the banks acknowledged.

Lines of JSON in two files of this process. Other processes have their own, on this machine or on
others, and the report adds them up. Latencies are counted in buckets that are 5 % wide: a
percentile of many processes needs no single measurement.
"""

import json
import math
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from cbdc.errors import ErrorCode

BUCKET = math.log(1.05)
SAMPLES = "samples"
ACKNOWLEDGED = "acknowledged"
OK = "ok"
# What a bank may answer to a right request: the holder cannot pay that, not that, or not now; or
# must log in again, as everybody must every 15 minutes.
REFUSALS = frozenset(
    error.code
    for error in (
        ErrorCode.INSUFFICIENT_FUNDS,
        ErrorCode.BALANCE_LIMIT_EXCEEDED,
        ErrorCode.PAYMENT_LIMIT_EXCEEDED,
        ErrorCode.DAILY_LIMIT_EXCEEDED,
        ErrorCode.ANNUAL_LIMIT_EXCEEDED,
        ErrorCode.ORDER_NOT_OPEN,
        ErrorCode.CODE_EXPIRED,
        ErrorCode.TOKEN_EXPIRED,
    )
)


def bucket_of(milliseconds: float) -> int:
    """The bucket of a latency; the first holds all up to 0.1 ms."""
    return max(math.ceil(math.log(max(milliseconds, 0.1) / 0.1) / BUCKET), 0)


def latency_of(bucket: int) -> float:
    """The longest latency of a bucket, in milliseconds."""
    return float(0.1 * math.exp(bucket * BUCKET))


@dataclass(slots=True)
class Cell:
    """What one name did in one second: answers by code, latencies by bucket."""

    codes: Counter[str] = field(default_factory=Counter)
    buckets: Counter[int] = field(default_factory=Counter)


class Recorder:
    """Writes the files of this process into `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{os.uname().nodename}-{os.getpid()}.jsonl"
        self._samples = _appending(folder / f"{SAMPLES}-{name}")
        self._acknowledged = _appending(folder / f"{ACKNOWLEDGED}-{name}")
        self._cells: dict[tuple[int, str], Cell] = {}

    def answered(self, name: str, code: str, milliseconds: float) -> None:
        """An answer has come. `code` is "ok", a code of the registry, or why there was none."""
        cell = self._cells.setdefault((int(time.time()), name), Cell())
        cell.codes[code] += 1
        cell.buckets[bucket_of(milliseconds)] += 1

    def acknowledged(self, kind: str, **fields: Any) -> None:
        """A bank has said that something is in its books: the audit looks for it there."""
        self._acknowledged.write(json.dumps({"kind": kind, "at": time.time(), **fields}) + "\n")

    def flush(self) -> None:
        """Write the seconds that are over."""
        self._write(before=int(time.time()))

    def close(self) -> None:
        """Write everything; nothing can be noted any more."""
        self._write(before=None)
        self._samples.close()
        self._acknowledged.close()

    def _write(self, *, before: int | None) -> None:
        done = sorted(key for key in self._cells if before is None or key[0] < before)
        for second, name in done:
            cell = self._cells.pop((second, name))
            row = {"at": second, "name": name, "codes": cell.codes, "buckets": cell.buckets}
            self._samples.write(json.dumps(row) + "\n")
        self._samples.flush()
        self._acknowledged.flush()


def _appending(path: Path) -> IO[str]:
    """The ids of payments and wallets are nobody else's business."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a")
