"""The first page of the console, for whoever may see the institution's figures."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cbdc.console.role import this_console


def with_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's hook: the context of the index page, with the role's dashboard in it."""
    return {**context, "title": _("Dashboard"), "dashboard": this_console().dashboard(request)}
