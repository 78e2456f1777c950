"""The app of the consoles' templates, static files, translations and figures kept for charts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "cbdc.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from cbdc.console.words import speak_models

        speak_models()
