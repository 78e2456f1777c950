"""An exported registry, which anyone may hand to `python -m cbdc.verify`."""

import io
import os
import tempfile
from functools import cache
from pathlib import Path

import msgspec

from benchmarks.verify import Maker
from cbdc.verify import form
from cbdc.verify.__main__ import verify


@cache
def _file() -> Path:
    return Path(tempfile.gettempdir()) / f"cbdc-fuzz-export-{os.getpid()}"


def run(data: bytes) -> bool:
    for raw in data.split(b"\n"):
        _line(raw)
    file = _file()
    try:
        file.write_bytes(data)
        return not verify(file, processes=1)[1]
    finally:
        file.unlink()


def _line(raw: bytes) -> None:
    try:
        line = form.read(raw)
    except ValueError:
        return
    assert form.canonical(msgspec.to_builtins(line)) == raw


def seeds() -> dict[str, bytes]:
    out = io.BytesIO()
    Maker(out).make(3)
    whole = out.getvalue()
    lines = whole.splitlines(keepends=True)
    # The owner's name in the authorisation, which no type guards.
    odd = [
        line.replace(b'"harbor"', b"[]", 1) if b'"authorisation":{' in line else line
        for line in lines
    ]
    return {"whole": whole, "cut": b"".join(lines[:-1]), "odd": b"".join(odd)}
