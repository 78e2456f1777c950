"""The wallet's verbs about transit: the credential to show to gates, and journeys."""

import argparse
import itertools
from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Column, Table

from cbdc.client import local
from cbdc.client.screen import plain, show_qr, show_text
from cbdc.client.transit_models import Journey
from cbdc.money import format_yuan

JOURNEYS_LINES = 20


def add_verbs(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """The verbs and their arguments; `verb(name, help)` makes one."""
    made = verb("transit-credential", "show what gates read, as QR code and text")
    made.add_argument("--text", action="store_true", help="the text alone, to hand to a gate")
    made = verb("journeys", "list the latest journeys and how each fare came about")
    made.add_argument("--lines", type=int, default=JOURNEYS_LINES)
    made = verb("correct-journey", "say where the missing end of a journey was")
    made.add_argument("journey", help="journey id, as `journeys` lists it")
    made.add_argument("station", help="station code")


def show_credential(arguments: argparse.Namespace, console: Console) -> int:
    credential = local.client(arguments).transit_credential()
    if arguments.text:
        show_text(credential.credential, console)
        return 0
    show_qr(credential.credential, console)
    show_text(credential.credential, console)
    console.print(f"[dim]good until {credential.expires_at:%Y-%m-%d %H:%M:%S} UTC[/]")
    return 0


def list_journeys(arguments: argparse.Namespace, console: Console) -> int:
    journeys = local.client(arguments).journeys()
    _show(itertools.islice(journeys, arguments.lines), console)
    return 0


def correct_journey(arguments: argparse.Namespace, console: Console) -> int:
    client = local.client(arguments)
    journey = client.correct_journey(None, arguments.journey, station=arguments.station)
    _show([journey], console)
    return 0


def _show(journeys: Iterable[Journey], console: Console) -> None:
    journey = Column("journey", no_wrap=True)  # to be copied
    table = Table("day", journey, "from", "to", "fare", "charged", "status", "paid", "how")
    for row in journeys:
        table.add_row(
            row.day.isoformat(),
            plain(row.journey_id),
            plain(row.origin or "?"),
            plain(row.destination or "?"),
            format_yuan(row.fare),
            format_yuan(row.charged),
            plain(row.status),
            plain(row.charge_status),
            plain(row.why),
        )
    console.print(table)
