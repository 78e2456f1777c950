"""Bring one institution's database up to date and seed it, in one process.

Run as `python -m cbdc.devnet.prepare` in the institution's environment as the database's owner.
"""

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    call_command("seed_devnet")


if __name__ == "__main__":
    main()
