"""A bank's first page: its e-CNY, its wallets, its payments and what asks for attention."""

from django.http import HttpRequest

from cbdc.console.shown import Dashboard


def dashboard(request: HttpRequest) -> Dashboard:
    """Stock, wallets, payments, clearing and what waits."""
    return Dashboard()
