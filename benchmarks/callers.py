"""Callers of the service: processes that begin together, with everything made before."""

import gc
import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from django.db import connection

from cbdc.ledger.services import create_transfers, fold_hot_accounts
from cbdc.ledger.types import Transfer

FOLD_EVERY_S = 1.0
_FORK = multiprocessing.get_context("fork")  # children read the work that is made already

Call = Callable[[Any], int]  # does one piece of work; returns how much was done


def rate(
    pieces: Sequence[Sequence[Any]], call: Call, *, seconds: float, fold: bool = False
) -> float:
    """What callers reach per second; each has a connection and its own pieces of work.

    They begin together and stop at the same time, or when nothing is left. With `fold`, hot
    accounts are folded once a second meanwhile.
    """
    connection.close()
    start = _FORK.Barrier(len(pieces) + 1)
    gc.collect()
    gc.freeze()
    children, ends = [], []
    for own in pieces:
        receiving, sending = _FORK.Pipe(duplex=False)
        child = _FORK.Process(target=_run, args=(own, call, seconds, start, sending))
        child.start()
        sending.close()
        children.append(child)
        ends.append(receiving)
    start.wait()
    while fold and any(child.is_alive() for child in children):
        time.sleep(FOLD_EVERY_S)
        fold_hot_accounts()
    answers: list[tuple[int, float]] = [end.recv() for end in ends]
    for child in children:
        child.join()
    gc.unfreeze()
    connection.close()
    return sum(done / elapsed for done, elapsed in answers)


def _run(own: Sequence[Any], call: Call, seconds: float, start: Any, sending: Connection) -> None:
    connection.ensure_connection()
    done = 0
    start.wait()
    began = time.monotonic()
    for piece in own:
        done += call(piece)
        if time.monotonic() - began >= seconds:
            break
    sending.send((done, time.monotonic() - began))
    connection.close()


def pay(batch: Sequence[Transfer]) -> int:
    """Let the engine decide a batch; declines count as decided."""
    return len(create_transfers(batch))
