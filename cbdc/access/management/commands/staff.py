"""`staff`: the first people of an institution, who then take on the others in the admin."""

import hmac
import sys
from getpass import getuser
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from cbdc.access.roles import StaffRole
from cbdc.audit import services as audit
from cbdc.audit.console import at_console, typed


class Command(BaseCommand):
    """Takes no second person: it is for the hour in which there are not two yet. It is logged."""

    help = "Make a member of the staff with roles, or add roles to one. Asks for a new password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--role", action="append", required=True, choices=[role.value for role in StaffRole]
        )

    def handle(self, *args: Any, **options: Any) -> None:
        username, names = options["username"], sorted(set(options["role"]))
        with at_console(), transaction.atomic():
            person = User.objects.filter(username=username).first()
            if person is None:
                person = _new(username)
            person.groups.add(*Group.objects.filter(name__in=names))
            audit.record(
                actor=getuser(),
                action="give_roles_at_console",
                subject=username,
                detail={"roles": names},
            )
        self.stdout.write(f"{username} is {', '.join(names)}.")


def _new(username: str) -> User:
    person = User(username=username, is_staff=True)
    password = typed(f"Password of {username}: ")
    if sys.stdin.isatty() and not hmac.compare_digest(typed("Again: "), password):
        raise CommandError("The two are not the same.")
    try:
        person.full_clean(exclude=["password"])
        validate_password(password, person)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    person.set_password(password)
    person.save()
    return person
