"""The kept inputs of each target: `python -m tests.fuzz.corpus` writes the right ones anew.

    tests/fuzz/corpus/<target>/seed-<name>    right inputs, from the target's `seeds()`
    tests/fuzz/corpus/<target>/<other>        what was found once, or is hard to find

Write the seeds anew after a message, a token or a schema has changed.
"""

import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import tests.fuzz.targets

FOLDER = Path(__file__).parent / "corpus"
TARGETS = sorted(info.name for info in pkgutil.iter_modules(tests.fuzz.targets.__path__))


def target(name: str) -> ModuleType:
    """The module of a target."""
    return importlib.import_module(f"tests.fuzz.targets.{name}")


def inputs(name: str) -> list[bytes]:
    """The kept inputs of a target."""
    return [path.read_bytes() for path in sorted((FOLDER / name).iterdir())]


def write() -> None:
    """Write the seeds of every target."""
    for name in TARGETS:
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed-*"):
            old.unlink()
        for seed, data in target(name).seeds().items():
            (folder / f"seed-{re.sub(r'[^a-z0-9]+', '-', seed.lower())[:60]}").write_bytes(data)


if __name__ == "__main__":
    from tests.fuzz.setting import set_up

    set_up()
    write()
