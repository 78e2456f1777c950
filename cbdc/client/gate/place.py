"""Where a gate stands, and which way it leads."""

import re
from dataclasses import dataclass
from enum import StrEnum

CODE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}"  # as the bank takes it in a tap
_CODE = re.compile(CODE, re.ASCII)


class Direction(StrEnum):
    ENTRY = "entry"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Place:
    """One gate.

    Raises:
        ValueError: a station or a gate that no bank would take in a tap: better now than in
            every tap of the day.
    """

    station: str
    gate_id: str
    direction: Direction

    def __post_init__(self) -> None:
        for code in (self.station, self.gate_id):
            if not _CODE.fullmatch(code):
                raise ValueError(f"{code!r} is no code of a station or gate")
