"""docs/flows/fares.md as data: its fare tables, and its worked tables."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "flows" / "fares.md"

_FARES = re.compile(r"<!-- fares: (?P<name>[^>]+) -->\n```json\n(?P<json>.*?)```", re.DOTALL)
_TABLE = re.compile(
    r"<!-- begin: (?P<name>[^>]+?) by (?P<fares>[^>]+) -->\n(?P<rows>.*?)<!-- end: (?P=name) -->",
    re.DOTALL,
)


@dataclass(frozen=True)
class Case:
    """One case of a table: `given` are its first line's cells, `lines` all of its lines."""

    table: str
    fares: str
    given: dict[str, str]
    lines: list[dict[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.table}: {self.given['case']}"


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def fare_tables() -> dict[str, dict[str, Any]]:
    """The bodies of PUT /transit/fares that the page shows, by name."""
    return {found["name"]: json.loads(found["json"]) for found in _FARES.finditer(text())}


def tables() -> dict[str, tuple[str, list[dict[str, str]]]]:
    """Each worked table by name: which fares it goes by, and its lines by column."""
    found: dict[str, tuple[str, list[dict[str, str]]]] = {}
    for match in _TABLE.finditer(text()):
        head, _, *rows = [_cells(line) for line in match["rows"].strip().splitlines()]
        lines = [dict(zip(head, row, strict=True)) for row in rows]
        found[match["name"]] = (match["fares"], lines)
    return found


def cases() -> Iterator[Case]:
    """Every case of the tables of journeys."""
    for name, (fares, lines) in tables().items():
        if "case" not in lines[0]:
            continue
        case: Case | None = None
        for line in lines:
            if line["case"]:
                if case is not None:
                    yield case
                case = Case(name, fares, line)
            assert case is not None, f"{name} begins without a case"
            case.lines.append(line)
        assert case is not None
        yield case


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
