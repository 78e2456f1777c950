"""Several institutions in one test process: switch `default` and the identity between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings

from cbdc.crypto import keys
from cbdc.institution import CENTRAL_BANK_CODE

NUMBERS = {CENTRAL_BANK_CODE: "0001", "harbor": "0011", "lotus": "0012"}
NAMES = {CENTRAL_BANK_CODE: "Central Bank", "harbor": "Harbor Bank", "lotus": "Lotus Bank"}
BANKS = ("harbor", "lotus")


def key_file(name: str) -> Path:
    """The key file of an institution (or `issuer`) of this test run; made when missing."""
    path = Path(settings.STATE_DIR) / f"{name}.pem"
    if not path.exists():
        keys.save_private_key(path, keys.generate(), settings.KEY_PASSPHRASE)
    return path


def public_key(code: str) -> str:
    """An institution's public key in the test run, base64url of the raw 32 bytes."""
    private = keys.load_private_key(key_file(code), settings.KEY_PASSPHRASE)
    return keys.raw_b64url(private.public_key())


@contextmanager
def acting_as(code: str) -> Iterator[None]:
    """Be that institution while the block runs: its database, name, key and URLs."""
    own = connections["default"]
    target = "default" if code == CENTRAL_BANK_CODE else code
    central_bank = _central_bank_connection()
    other = central_bank if target == "default" else connections[target]
    identity = override_settings(
        INSTITUTION=code,
        INSTITUTION_NUMBER=NUMBERS[code],
        INSTITUTION_NAME=NAMES[code],
        INSTITUTION_KEY_FILE=str(key_file(code)),
        CENTRAL_BANK_PUBLIC_KEY=public_key(CENTRAL_BANK_CODE),
        PUBLIC_BASE_URL=f"http://{code}.test",
        CENTRAL_BANK_URL=f"http://{CENTRAL_BANK_CODE}.test",
        ROOT_URLCONF="central_bank.urls" if code == CENTRAL_BANK_CODE else "wallets.urls",
    )
    with identity:
        connections["default"] = other
        try:
            yield
        finally:
            connections["default"] = own


def _central_bank_connection() -> BaseDatabaseWrapper:
    """The central bank's connection of this thread, also while `default` is a bank's."""
    current = connections["default"]
    if str(current.settings_dict["NAME"]).startswith("test_central_bank"):
        connections["central_bank_kept"] = current
    return connections["central_bank_kept"]
