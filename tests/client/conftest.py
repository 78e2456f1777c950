"""A stub bank, and a client of it whose pauses take no time; and a gate of a stub bank."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.device import Device
from cbdc.client.gate import Direction, Gate, Place, Store
from cbdc.client.gate.refreshing import refresh_keys
from cbdc.client.transport import Transport
from cbdc.client.wallet_client import WalletClient
from tests.client.gate_bank import GateBank
from tests.client.stub import Stub, running
from tests.client.transit_riders import Issuer


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as institution:
        yield institution


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def transport(stub: Stub, pauses: list[float]) -> Transport:
    return Transport(stub.url, attempts_max=4, sleep=pauses.append)


@pytest.fixture
def device() -> Device:
    return Device("+8613800000001", device_id="device-1", wallet_id="0011000000000017")


@pytest.fixture
def client(stub: Stub, device: Device, transport: Transport) -> WalletClient:
    return WalletClient(stub.url, device, transport=transport)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def bank(stub: Stub, issuer: Issuer) -> GateBank:
    return GateBank(stub, issuer)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path / "gate")) as opened:
        yield opened


@pytest.fixture
def gate(store: Store, bank: GateBank) -> Gate:
    """An entry at harbour, which has fetched its keys."""
    refresh_keys(store, CentralBankClient(bank.url))
    return Gate(store, Place("harbour", "G1", Direction.ENTRY))
