"""Django for a process that is not pytest: the tests' settings, and no database."""

import os


def set_up() -> None:
    """Configure Django; whoever asks for the database meets a closed port."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "cbdc.settings.test"
    os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    import django

    django.setup()
