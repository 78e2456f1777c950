"""The central bank's first page: the state of the money at a glance."""

from django.http import HttpRequest

from cbdc.console.shown import Dashboard


def dashboard(request: HttpRequest) -> Dashboard:
    """Supply, reserves, clearing and what asks for attention."""
    return Dashboard()
