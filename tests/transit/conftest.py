"""Harbor's metro, and riders of both banks."""

import pytest

from tests.holders import Holder
from tests.in_process import Network
from tests.transit.support import Metro, Rider


@pytest.fixture
def metro(network: Network) -> Metro:
    return Metro(network)


@pytest.fixture
def ann(metro: Metro, alice: Holder) -> Rider:
    """Of the metro's own bank, with 500.00 yuan."""
    return Rider(alice)


@pytest.fixture
def ben(metro: Metro, bob: Holder) -> Rider:
    """Of the metro's own bank, without money."""
    return Rider(bob)


@pytest.fixture
def cat(metro: Metro, carol: Holder) -> Rider:
    """Of another bank, with 100.00 yuan."""
    carol.top_up(100_00)
    return Rider(carol)
