"""`manage.py gate`: the reference gate, over HTTP alone."""

import sys
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cbdc.client.gate import cli
from cbdc.client.gate.options import add_arguments


class Command(BaseCommand):
    help = cli.__doc__
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        status = cli.run(Namespace(**options))
        if status:
            sys.exit(status)
