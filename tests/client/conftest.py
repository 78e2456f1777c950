"""A stub bank, and a client of it whose pauses take no time."""

from collections.abc import Iterator

import pytest

from cbdc.client.device import Device
from cbdc.client.transport import Transport
from cbdc.client.wallet_client import WalletClient
from tests.client.stub import Stub, running


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
