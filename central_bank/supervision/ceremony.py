"""People at the console: each proves who it is, and what they do is logged as done there."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass, getuser

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management.base import CommandError

from cbdc.audit.services import acting_from
from cbdc.errors import Problem
from central_bank.supervision import four_eyes
from central_bank.supervision.models import ApprovalRequest


@contextmanager
def at_console() -> Iterator[None]:
    """Log what happens as done at this console."""
    with acting_from(f"console {getuser()}@{socket.gethostname()}"):
        yield


def person(username: str) -> User:
    """The member of the staff, who types the password (one line of input without a terminal).

    Raises:
        CommandError: wrong, or nobody who may decide.
    """
    prompt = f"Password of {username}: "
    password = getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    user = authenticate(username=username, password=password)
    if not isinstance(user, User) or not user.has_perm("supervision.change_approvalrequest"):
        raise CommandError(f"{username}: wrong password, or not one who decides")
    return user


def decide(request: ApprovalRequest, checker: str | None) -> str:
    """Have the checker approve at once, if there is one here; says what became of it.

    Raises:
        CommandError: refused.
    """
    if checker is None:
        return f"Request {request.id} waits for another person's approval in the admin."
    try:
        four_eyes.approve(request_id=request.id, checker=person(checker))
    except Problem as problem:
        raise CommandError(problem.detail) from problem
    return f"Request {request.id} is approved and carried out."
