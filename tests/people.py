"""Holders of the in-process network: Alice and Bob at harbor, Carol at lotus."""

import pytest

from tests.holders import Holder
from tests.in_process import Network

PURSE = 500_00


@pytest.fixture
def alice(network: Network) -> Holder:
    """With 500.00 yuan."""
    holder = Holder(network, "harbor", 0)
    holder.top_up(PURSE)
    return holder


@pytest.fixture
def bob(network: Network) -> Holder:
    """With nothing."""
    return Holder(network, "harbor", 1)


@pytest.fixture
def carol(network: Network) -> Holder:
    """With nothing, at another bank."""
    return Holder(network, "lotus", 0)
