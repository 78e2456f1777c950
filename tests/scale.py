"""How long the long tests run: a reduced size in `make test`, the full size under `make soak`."""

import os

SOAKING = os.environ.get("SOAK") == "1"


def scaled(*, ci: int, soak: int) -> int:
    """The number of operations, seeds or contests to run here."""
    return soak if SOAKING else ci
