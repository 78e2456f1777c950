"""Results: a table on the screen, and a section of docs/benchmarks.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.server import described

HEAD = """# Benchmarks

Made by `make bench`; each section is replaced when its benchmark runs, text outside the marks
stays. Ratios compare with what stands next to them in the same round, and medians of the rounds
are shown, since one machine's rates differ by the hour.
"""
HEADINGS = ("work", "per", "measured", "ratio", "of", "floor", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a figure, and what it is compared with.

    A `floor` is of the ratio; of the value itself (which must then be under it) if there is no
    ratio.
    """

    work: str
    value: float
    unit: str = "/s"
    ratio: float | None = None
    of: str = ""
    floor: float | None = None

    @property
    def reached(self) -> bool | None:
        """None where nothing is asked."""
        if self.floor is None:
            return None
        return self.value <= self.floor if self.ratio is None else self.ratio >= self.floor

    def cells(self) -> tuple[str, ...]:
        floor = ""
        if self.floor is not None:
            floor = f"{self.floor:g} ×" if self.ratio is not None else f"< {self.floor:g}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} ×"
        mark = {None: "", True: "reached", False: "missed"}[self.reached]
        return (self.work, self.unit, _figure(self.value), ratio, self.of, floor, mark)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def show(title: str, rows: Sequence[Row]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if number in (0, 1, 4, 6) else "right")
    for row in rows:
        style = "red" if row.reached is False else None
        table.add_row(*row.cells(), style=style)
    Console(width=110).print(table)


def markdown(rows: Sequence[Row]) -> str:
    """The same table, for a document."""
    lines = [HEADINGS, ("---", "---", "---:", "---:", "---", "---:", "---")]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [*lines, *map(Row.cells, rows)])


def write(document: Path, name: str, title: str, how: str, table: str) -> None:
    """Put a benchmark's section into the document, in place of its last one."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    facts = "\n".join(described())
    section = f"{begin}\n## {title}\n\n{how}\n\n{table}\n\n{when}. {facts}\n{end}"
    text = document.read_text() if document.exists() else HEAD
    found = re.search(f"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
    if found:
        text = text[: found.start()] + section + text[found.end() :]
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    document.parent.mkdir(parents=True, exist_ok=True)
    document.write_text(text)
