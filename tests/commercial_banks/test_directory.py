"""A bank's list of institutions is there as a whole, or not at all."""

from typing import Any

import psycopg
import pytest
from django.db import connection

from commercial_banks.clearing import directory
from commercial_banks.clearing.models import DirectoryEntry
from tests.in_process import DATABASES
from tests.support import NUMBERS, acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

COUNT = "SELECT count(*) FROM bank_clearing_directoryentry"


def test_nobody_sees_half_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    keep_keys = directory._keep_keys

    def look(number: str, jwks: Any) -> None:
        with psycopg.connect(**connection.get_connection_params()) as other:
            seen.append(other.execute(COUNT).fetchone())
        keep_keys(number, jwks)

    monkeypatch.setattr(directory, "_keep_keys", look)
    entries = [
        {"number": number, "code": code, "name": code, "status": "active", "keys": []}
        for code, number in NUMBERS.items()
    ]
    with acting_as("harbor"):
        directory.keep(entries)
        assert DirectoryEntry.objects.count() == len(NUMBERS)
    assert [int(row[0]) for row in seen] == [0] * len(NUMBERS)
