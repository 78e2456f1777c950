"""What every test has: keys of the institutions, and the central bank as the default."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.test import override_settings

from cbdc.institution import CENTRAL_BANK_CODE
from commercial_banks.clearing import directory
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
        yield


def _forget_months_and_limits(*, using: str, **_: Any) -> None:
    """Django empties the tables of models after a test, and then says `post_migrate`.

    The ledger's own tables it does not know: months that a test closed and limits that it
    published would hold for every later test.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            "ALTER TABLE ledger_transfer_default"
            " DROP CONSTRAINT IF EXISTS inv_4_closed_months_stay_closed"
        )
        cursor.execute(
            "TRUNCATE ledger_closed_month, ledger_brought_forward, ledger_counted_forward"
        )
        cursor.execute("DELETE FROM ledger_limit WHERE effective_from > '2025-01-01'")
        if cursor.rowcount:
            cursor.execute("SELECT ledger_refresh_ceilings()")


def pytest_configure() -> None:
    from django.apps import apps

    post_migrate.connect(
        _forget_months_and_limits, sender=apps.get_app_config("ledger"), dispatch_uid="forget"
    )


def pytest_sessionfinish() -> None:
    import shutil

    shutil.rmtree(settings.STATE_DIR, ignore_errors=True)
