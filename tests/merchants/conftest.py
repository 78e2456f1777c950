"""The coffee shops of harbor and lotus."""

import pytest

from tests.in_process import Network
from tests.merchants.support import Till


@pytest.fixture
def shop(network: Network) -> Till:
    """At harbor, as Alice and Bob are."""
    return Till("harbor")


@pytest.fixture
def far_shop(network: Network) -> Till:
    """At lotus, another bank than Alice's."""
    return Till("lotus")
