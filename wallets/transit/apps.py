"""Django application: Transit."""

from django.apps import AppConfig


class TransitConfig(AppConfig):
    name = "wallets.transit"
    label = "transit"
    verbose_name = "Transit"

    def ready(self) -> None:
        from wallets.transit import audit  # noqa: F401 - they register
        from wallets.transit.operators import corrections, denials, money, staff_requests  # noqa: F401
        from wallets.transit.riders import classes, journeys, requests, revoking  # noqa: F401
