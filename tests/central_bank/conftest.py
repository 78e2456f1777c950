"""Every test here starts with a central bank that has admitted three banks."""

import pytest

from tests.central_bank.support import seed


@pytest.fixture
def central_bank(transactional_db: None) -> None:
    """A seeded central bank, whose commits are real."""
    seed()
