"""What every test has: keys of the institutions, and the central bank as the default."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import translation

from cbdc.institution import CENTRAL_BANK_CODE
from commercial_banks.clearing import directory
from tests import emptied
from tests.in_process import network as network
from tests.people import alice as alice
from tests.people import bob as bob
from tests.people import carol as carol
from tests.support import key_file


@pytest.fixture(autouse=True)
def _keys_of_the_central_bank() -> Iterator[None]:
    with override_settings(
        INSTITUTION_KEY_FILE=str(key_file(CENTRAL_BANK_CODE)),
        ISSUER_KEY_FILE=str(key_file("issuer")),
    ):
        directory.forget()
        translation.activate(settings.LANGUAGE_CODE)  # a page leaves its own behind in the thread
        yield


def pytest_configure() -> None:
    emptied.install()


def pytest_sessionfinish() -> None:
    import shutil

    shutil.rmtree(settings.STATE_DIR, ignore_errors=True)
