"""Log-ins of the staff: wrong passwords are counted, by name and address, and by address."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from cbdc.api.rate_limits import caller_key, rate_limit, take_back
from cbdc.errors import Problem

WRONG_OF_A_NAME_MAX = 20
WRONG_OF_AN_ADDRESS_MAX = 200
WINDOW_S = 3600
_SCOPE, _SCOPE_ADDRESS = "log-ins of a name", "log-ins"


class LogInLimit:
    """Stands before the backend that looks at passwords, and lets nobody in itself.

    So it has no `get_user`: no session is ever of this backend. It counts by name and address
    together: a stranger elsewhere cannot lock anyone out by their name.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, **_: Any
    ) -> None:
        """Raises: PermissionDenied, after which no other backend is asked."""
        if request is None:  # a command on the institution's own machine
            return
        try:
            name = caller_key(request, username or "")
            rate_limit(_SCOPE, name, WRONG_OF_A_NAME_MAX, WINDOW_S)
            rate_limit(_SCOPE_ADDRESS, caller_key(request), WRONG_OF_AN_ADDRESS_MAX, WINDOW_S)
        except Problem as problem:
            raise PermissionDenied("too many log-ins") from problem


def forgive(sender: Any, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """A right password was none of the wrong ones."""
    if request is not None:
        take_back(_SCOPE, caller_key(request, user.get_username()), WINDOW_S)
        take_back(_SCOPE_ADDRESS, caller_key(request), WINDOW_S)


user_logged_in.connect(forgive, dispatch_uid="cbdc.api.log_ins")
