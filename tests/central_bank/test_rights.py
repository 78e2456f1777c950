"""The application's database role cannot rewrite history (INV-11)."""

from collections.abc import Iterator

import pytest
from django.db import ProgrammingError, connection, transaction

from tests.central_bank.support import Vault

pytestmark = pytest.mark.usefixtures("central_bank")


@pytest.fixture
def _as_application(central_bank: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE cbdc_app")
        yield
        cursor.execute("RESET ROLE")


@pytest.mark.usefixtures("_as_application")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET actor = 'x'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
        "UPDATE issuance_tokentransaction SET kind = 'x'",
        "DELETE FROM issuance_tokentransaction",
        "DELETE FROM issuance_tokenspend",
        "UPDATE issuance_tokenspend SET transaction_id = 1",
        "DELETE FROM issuance_token",
        "UPDATE issuance_token SET value = 1",
        "UPDATE issuance_issuerkey SET public_key = 'x'",
        "DELETE FROM issuance_issuerkey",
        "UPDATE supervision_walletlimit SET balance = 1",
        "DELETE FROM supervision_dailyreport",
    ],
)
def test_history_is_not_rewritten(sql: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.usefixtures("_as_application")
def test_application_works_with_the_rights_it_has() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    assert vault.value(locked=False) == 1_000
