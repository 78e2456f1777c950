"""Django application: Supervision."""

from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "central_bank.supervision"
    label = "supervision"
    verbose_name = "Supervision"

    def ready(self) -> None:
        from central_bank import roles  # noqa: F401 - they register
        from central_bank.supervision import freezing, limits, requests  # noqa: F401
