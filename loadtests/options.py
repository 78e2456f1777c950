"""What a run may be told, on Locust's command line, in its web page, or by the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from configargparse import ArgumentParser
from locust import events

ROOT = Path(__file__).resolve().parents[1]
KEYS = ROOT / "var" / "load" / "keys"


@dataclass(frozen=True, slots=True)
class Options:
    """`cross_bank` is a share from 0 to 1; `pace`: how often a second a user does something."""

    keys: Path
    out: Path
    cross_bank: float
    pace: float

    @classmethod
    def of(cls, parsed: Mapping[str, str]) -> "Options":
        """The options of Locust's own.

        Raises:
            ValueError: a number that makes no sense.
        """
        options = cls(
            Path(parsed["keys"]),
            Path(parsed["out"]),
            float(parsed["cross_bank"]),
            float(parsed["pace"]),
        )
        if not 0 <= options.cross_bank <= 1:
            raise ValueError("cross_bank is a share from 0 to 1")
        if options.pace <= 0:
            raise ValueError("pace is above 0")
        return options


def _add(parser: ArgumentParser, **_: object) -> None:
    parser.add_argument(
        "--cross-bank",
        env_var="CROSS_BANK",
        default="0.2",
        help="share of payments to another bank's wallets, 0 to 1",
    )
    parser.add_argument(
        "--pace",
        env_var="PACE",
        default="1",
        help="how often a second each user does something",
    )
    parser.add_argument(
        "--keys",
        env_var="LOAD_KEYS",
        default=str(KEYS),
        include_in_web_ui=False,
        help="folder of the files that seed_load wrote, one for each bank",
    )
    parser.add_argument(
        "--out",
        env_var="LOAD_OUT",
        default=str(ROOT / "var" / "load" / "last"),
        include_in_web_ui=False,
        help="folder for what each process measured and what the banks acknowledged",
    )


events.init_command_line_parser.add_listener(_add)  # type: ignore[no-untyped-call]
