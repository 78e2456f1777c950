"""The reference gate: `manage.py gate`, or `python -m cbdc.client.gate` without Django.

Reads credentials, one a line (a scanner of QR codes is a keyboard), and answers each with a
line: `open TAP_ID`, with `again` for a tap that was read twice, `refused REASON`, or `fault`
when the tap cannot be kept and the gate must stay shut. Exit status: 0, 1 when `--credential`
was not let through, 2 when the gate cannot work.
"""

import argparse
import json
import logging
import sqlite3
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, TextIO

from cbdc.client.gate import taps
from cbdc.client.gate.chores import log
from cbdc.client.gate.decisions import Decision, Opened
from cbdc.client.gate.gate import Gate, NoKeys
from cbdc.client.gate.options import GateError, add_arguments, links_of, place_of
from cbdc.client.gate.place import Place
from cbdc.client.gate.status import status
from cbdc.client.gate.store import Store, StoreError
from cbdc.client.gate.worker import Worker
from cbdc.clock import now

LINE_BYTES_MAX = 1024
START_WAIT_S = 3.0  # for the first answers, where nobody stands in front of the gate
KEYS_WAIT_S = 30.0  # for the first keys of all: without them it does not open
FINISH_WAIT_S = 30.0  # for the last taps, if the bank is there; they are on the disk anyhow
POLL_S = 0.1
DONE, NOT_OPENED, CANNOT_WORK = 0, 1, 2


def run(arguments: Namespace, scanner: BinaryIO | None = None, out: TextIO | None = None) -> int:
    """Do what was asked; returns the exit status."""
    out = out or sys.stdout
    try:
        return _run(arguments, scanner or sys.stdin.buffer, out)
    except (GateError, StoreError) as error:
        print(error, file=sys.stderr)
    except NoKeys:
        print(
            "no institution's keys are here, so no credential can be checked: run once with a "
            "network and the right --central-bank",
            file=sys.stderr,
        )
    except KeyboardInterrupt:
        return DONE  # every tap is on the disk
    return CANNOT_WORK


def parse(options: Sequence[str] | None = None) -> Namespace:
    """The options of `python -m cbdc.client.gate`."""
    parser = argparse.ArgumentParser(prog="python -m cbdc.client.gate", description=__doc__)
    add_arguments(parser)
    return parser.parse_args(options)


def main() -> int:
    """`python -m cbdc.client.gate`; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return run(parse())


def readings(scanner: BinaryIO) -> Iterator[str]:
    """The lines of a scanner; of an endless one the beginning, which is no credential."""
    while piece := scanner.readline(LINE_BYTES_MAX):
        rest = piece
        while rest and not rest.endswith(b"\n"):
            rest = scanner.readline(LINE_BYTES_MAX)
        if text := piece.decode("utf-8", "replace").strip():
            yield text


def _run(arguments: Namespace, scanner: BinaryIO, out: TextIO) -> int:
    folder: Path = arguments.state
    if arguments.status or arguments.resend:
        with closing(Store.open(folder, create=False)) as store:
            if arguments.resend:
                print(f"{taps.resend(store)} taps will be sent again", file=sys.stderr)
            if arguments.status:
                print(json.dumps(status(store, now()), indent=1), file=out)
        return DONE
    place, links = place_of(arguments), links_of(arguments)
    with closing(Store.open(folder)) as store:
        worker = Worker(
            folder,
            links,
            keep_days=arguments.keep_days,
            keep_refused_days=arguments.keep_refused_days,
        )
        worker.start()
        try:
            if arguments.credential is not None:
                worker.wait(START_WAIT_S)  # one question, which the newest deny list answers
            gate = _open(store, place, worker, offline=links is None)
            log.info("gate %s at %s, %s: ready", place.gate_id, place.station, place.direction)
            one: str | None = arguments.credential
            for text in readings(scanner) if one is None else [one]:
                opened = _show(gate, text, out)
        except BaseException:
            worker.finish(0)
            raise
        worker.finish(FINISH_WAIT_S)
    return DONE if one is None or opened else NOT_OPENED


def _open(store: Store, place: Place, worker: Worker, *, offline: bool) -> Gate:
    """The gate: at once with the keys on the disk, else as soon as some have come.

    Raises:
        NoKeys: there are none, and none came.
    """
    try:
        return Gate(store, place)
    except NoKeys:
        if offline:
            raise
    began = time.monotonic()
    worker.wait(START_WAIT_S)  # the deny list comes along
    while True:
        try:
            return Gate(store, place)
        except NoKeys:
            waited_s = time.monotonic() - began
            if waited_s > KEYS_WAIT_S or (waited_s > START_WAIT_S and worker.wait(0)):
                raise
        time.sleep(POLL_S)


def _show(gate: Gate, text: str, out: TextIO) -> bool:
    """Answer one reading; True if the gate opened."""
    try:
        decision = gate.show(text)
    except sqlite3.Error as error:
        log.error("the tap cannot be kept, so the gate stays shut: %s", error)
        print("fault", file=out, flush=True)
        return False
    print(_line(decision), file=out, flush=True)
    return isinstance(decision, Opened)


def _line(decision: Decision) -> str:
    if not isinstance(decision, Opened):
        return f"refused {decision.reason}"
    return f"open {decision.tap_id} again" if decision.again else f"open {decision.tap_id}"
