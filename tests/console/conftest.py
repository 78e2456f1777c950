"""What several tests of the consoles look at."""

import pytest

from central_bank.clearing.settlement import settle_cycle
from tests.central_bank.support import close
from tests.holders import Holder
from tests.in_process import Network


@pytest.fixture
def payment_id(network: Network, alice: Holder, carol: Holder) -> str:
    """Alice at harbor has paid carol at lotus, and it is settled."""
    paid = alice.pay(carol.wallet_id, 20_00).json()["payment_id"]
    network.drain()
    settle_cycle(close())
    network.drain()
    return str(paid)
