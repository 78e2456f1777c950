"""Django for a benchmark: a bank, whose database is named later (books.use)."""

import os

import django


def set_up() -> None:
    """Once, before anything is imported that has models."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="cbdc.settings.devnet",
        INSTITUTION="harbor",
        INSTITUTION_NUMBER="0011",
        DATABASE_URL="postgresql:///none",
        BROKER_URL="memory://",
        SECRET_KEY=os.urandom(48).hex(),
        KEY_PASSPHRASE=os.urandom(16).hex(),
    )
    django.setup()
