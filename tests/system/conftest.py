"""One network of real processes for all system tests; it ends with them, and survives each."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cbdc.devnet.network import members
from cbdc.devnet.sockets import free_port_block
from tests.system.faulty import FaultyDevnet

SETTLEMENT_PERIOD_S = "3"  # cycles close while payments are under way
STRICT = "jade"  # its staff needs a second factor, as everybody's does outside of a devnet
OWN = {STRICT: {"SECOND_FACTOR_REQUIRED": "true"}}


@pytest.fixture(scope="package")
def devnet() -> Iterator[FaultyDevnet]:
    """Its proxies only pass on, until a test wants faults."""
    with tempfile.TemporaryDirectory(prefix="cbdc-system-") as folder:
        number = len(members(0))
        first = free_port_block(2 * number)
        environment = {"SETTLEMENT_PERIOD_S": SETTLEMENT_PERIOD_S}
        with FaultyDevnet(Path(folder), first, first + number, environment, OWN) as running:
            yield running
