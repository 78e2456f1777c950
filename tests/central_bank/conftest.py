"""Every test here starts with a central bank that has admitted three banks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from tests.central_bank.support import seed


@pytest.fixture(autouse=True)
def _static_files(tmp_path: Path) -> Iterator[None]:
    """WhiteNoise warns about a folder of static files that is not there."""
    with override_settings(STATIC_ROOT=str(tmp_path)):
        yield


@pytest.fixture
def central_bank(transactional_db: None) -> None:
    """A seeded central bank, whose commits are real."""
    seed()
