"""One network of real processes for all system tests: it must survive every one of them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cbdc.devnet.network import members
from cbdc.devnet.sockets import free_port_block
from cbdc.devnet.stack import Devnet

SETTLEMENT_PERIOD_S = "3"  # cycles close while payments are under way


@pytest.fixture(scope="session")
def devnet() -> Iterator[Devnet]:
    with tempfile.TemporaryDirectory(prefix="cbdc-system-") as folder:
        base_port = free_port_block(len(members(0)))
        environment = {"SETTLEMENT_PERIOD_S": SETTLEMENT_PERIOD_S}
        with Devnet(Path(folder), base_port, environment=environment) as running:
            yield running
