#!/usr/bin/env python
"""Django's command line for one institution: INSTITUTION chooses which."""

import os
import sys


def main() -> None:
    # These are clients: they need no institution, and no secrets of one.
    client = sys.argv[1:2] in (["wallet"], ["gate"])
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE", "cbdc.settings.devnet" if client else "cbdc.settings"
    )
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
