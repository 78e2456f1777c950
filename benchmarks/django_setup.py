"""Django for a benchmark: a bank, whose database is named later (books.use)."""

import base64
import os

import django


def set_up(institution: str = "harbor", number: str = "0011") -> None:
    """Before anything is imported that has models. The first call says which institution it is."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="cbdc.settings.devnet",
        INSTITUTION=institution,
        INSTITUTION_NUMBER=number,
        DATABASE_URL="postgresql:///none",
        BROKER_URL="memory://",
        SECRET_KEY=os.urandom(48).hex(),
        KEY_PASSPHRASE=os.urandom(16).hex(),
        PII_KEY=base64.b64encode(os.urandom(32)).decode(),
    )
    django.setup()
