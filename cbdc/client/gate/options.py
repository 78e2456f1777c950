"""The gate's options on the command line, and what they mean."""

import argparse
import os
from argparse import Namespace
from pathlib import Path

from cbdc.client.gate.chores import Trouble
from cbdc.client.gate.place import Direction, Place
from cbdc.client.gate.worker import KEEP_DAYS, KEEP_REFUSED_DAYS, Links
from cbdc.client.transport import Transport

STATE_DIR = Path(__file__).resolve().parents[3] / "var" / "gate"
KEY_VARIABLE = "GATE_KEY"
KEY_BYTES_MAX = 1024
KEEP_DAYS_MAX = 3650


class GateError(Trouble):
    """What whoever set the gate up must change; the message says it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options. There is none for the secret key: what is in argv, everyone sees."""
    add = parser.add_argument
    add("--station", metavar="CODE", help="station code, as in the fare table")
    add("--gate-id", metavar="ID", help="this gate's own code")
    add("--direction", choices=[one.value for one in Direction])
    add("--bank", metavar="URL", help="the operator's bank")
    add("--central-bank", metavar="URL", help="where the institutions' public keys are")
    add(
        "--key-file",
        type=Path,
        metavar="FILE",
        help=f"file with the operator's secret key; without it the environment's {KEY_VARIABLE}",
    )
    add(
        "--state",
        type=Path,
        default=STATE_DIR,
        metavar="DIR",
        help="folder of keys, deny list and taps; the gates of a station may share one",
    )
    add("--credential", metavar="TEXT", help="decide about this one, and end")
    add("--offline", action="store_true", help="use no network: what is in --state is enough")
    add(
        "--keep-days",
        type=_days,
        default=KEEP_DAYS,
        metavar="N",
        help=f"how long to remember taps that the bank has ({KEEP_DAYS})",
    )
    add(
        "--keep-refused-days",
        type=_days,
        default=KEEP_REFUSED_DAYS,
        metavar="N",
        help=f"how long to remember taps that the bank did not take ({KEEP_REFUSED_DAYS})",
    )
    add("--status", action="store_true", help="show what is in --state as JSON, and end")
    add(
        "--resend",
        action="store_true",
        help="send taps again that the bank did not take, at the next run, and end",
    )


def place_of(arguments: Namespace) -> Place:
    """Where the gate stands.

    Raises:
        GateError: a missing or wrong option.
    """
    _require(arguments, "station", "gate_id", "direction")
    try:
        return Place(arguments.station, arguments.gate_id, Direction(arguments.direction))
    except ValueError as error:
        raise GateError(str(error)) from error


def links_of(arguments: Namespace) -> Links | None:
    """Where the network is; None for a gate that is to use none.

    Raises:
        GateError: a missing or wrong option, or no key.
    """
    if arguments.offline:
        return None
    _require(arguments, "bank", "central_bank")
    key_file: Path | None = arguments.key_file
    try:
        for url in (arguments.bank, arguments.central_bank):
            Transport(url)
        read_key(key_file)
    except (OSError, ValueError) as error:
        raise GateError(str(error)) from error
    return Links(arguments.bank, arguments.central_bank, lambda: read_key(key_file))


def read_key(key_file: Path | None) -> str:
    """The operator's secret key, of the file or the environment.

    Raises:
        GateError: there is none, or it cannot be one.
        OSError: the file cannot be read.
    """
    if key_file is None:
        text = os.environ.get(KEY_VARIABLE, "")
    else:
        with key_file.open("rb") as file:
            text = file.read(KEY_BYTES_MAX).decode("ascii", "replace")
    key = text.strip()
    if not key.startswith("sk_") or not key.isascii() or not key.isprintable() or " " in key:
        raise GateError(f"no secret key (sk_…) in {key_file or KEY_VARIABLE}")
    return key


def _days(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= KEEP_DAYS_MAX:
        raise argparse.ArgumentTypeError(f"1 to {KEEP_DAYS_MAX} days")
    return int(text)


def _require(arguments: Namespace, *names: str) -> None:
    missing = [f"--{name.replace('_', '-')}" for name in names if not getattr(arguments, name)]
    if missing:
        raise GateError(f"missing: {', '.join(missing)}")
