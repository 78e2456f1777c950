"""Adding up what the generator's processes wrote (loadtests/recording.py)."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadtests.recording import ACKNOWLEDGED, OK, REFUSALS, SAMPLES, latency_of


@dataclass(slots=True)
class Sum:
    """Answers by code and latencies by bucket, of one name, one second, or all."""

    codes: Counter[str] = field(default_factory=Counter)
    buckets: Counter[int] = field(default_factory=Counter)

    def add(self, row: dict[str, Any]) -> None:
        """Add a line of a file."""
        self.codes.update(row["codes"])
        self.buckets.update({int(bucket): count for bucket, count in row["buckets"].items()})

    @property
    def requests(self) -> int:
        return self.codes.total()

    @property
    def refusals(self) -> int:
        """Right answers that are no: see REFUSALS."""
        return sum(count for code, count in self.codes.items() if code in REFUSALS)

    @property
    def errors(self) -> int:
        """What no bank should answer to a right request, and no answer at all."""
        return self.requests - self.refusals - self.codes[OK]

    def percentile(self, share: float) -> float:
        """Milliseconds that `share` of the answers did not exceed, to 5 %; NaN without any."""
        wanted, seen = math.ceil(share * self.buckets.total()), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= max(wanted, 1):
                return latency_of(bucket)
        return math.nan


@dataclass(slots=True)
class Measured:
    """A whole run."""

    total: Sum = field(default_factory=Sum)
    by_name: dict[str, Sum] = field(default_factory=dict)
    by_second: dict[int, Sum] = field(default_factory=dict)

    def add(self, row: dict[str, Any]) -> None:
        """Add a line of a file."""
        self.total.add(row)
        self.by_name.setdefault(row["name"], Sum()).add(row)
        self.by_second.setdefault(row["at"], Sum()).add(row)

    @property
    def seconds(self) -> int:
        """From the first answer's second to the last one's."""
        return max(self.by_second) - min(self.by_second) + 1 if self.by_second else 0


class Reader:
    """Reads the files of a folder while they grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}
        self.measured = Measured()

    def read(self) -> Measured:
        """All that was written so far."""
        for file in sorted(self._folder.glob(f"{SAMPLES}-*.jsonl")):
            with file.open("rb") as content:
                content.seek(self._read.get(file, 0))
                for line in content:
                    if not line.endswith(b"\n"):
                        break
                    self.measured.add(json.loads(line))
                    self._read[file] = self._read.get(file, 0) + len(line)
        return self.measured


def acknowledged(folder: Path) -> list[Path]:
    """The files of what the banks acknowledged."""
    return sorted(folder.glob(f"{ACKNOWLEDGED}-*.jsonl"))


def acknowledgements(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The payments that were acknowledged, and the charges that were paid."""
    for file in files:
        with file.open() as lines:
            for row in map(json.loads, lines):
                paid = row["kind"] == "order" and row["status"] == "paid"
                if paid or row["kind"] == "payment":
                    yield row
