"""The name, colour and role of the institution, for every page of its console."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cbdc.console.role import this_console
from cbdc.institution import this_institution

# OKLCH of each shade but for the hue: lightness in percent, chroma.
_SHADES = {
    "50": (97.5, 0.012),
    "100": (94.5, 0.03),
    "200": (89, 0.06),
    "300": (81, 0.1),
    "400": (70, 0.14),
    "500": (60, 0.16),
    "600": (50, 0.16),
    "700": (43, 0.14),
    "800": (37, 0.11),
    "900": (31, 0.09),
    "950": (23, 0.06),
}


def name(request: HttpRequest) -> str:
    """What the institution is called."""
    return this_institution().name


def role(request: HttpRequest) -> str:
    """What it is in the system, with its number."""
    return f"{this_console().title} · {this_institution().number}"


def environment(request: HttpRequest) -> tuple[str, str]:
    """A badge: nobody shall take a development network for the real one, or the other way."""
    if settings.DEVNET:
        return _("Devnet"), "warning"
    return _("Production"), "danger"


def primary(request: HttpRequest) -> dict[str, str]:
    """The institution's colour (CONSOLE_HUE) in the shades that the theme asks for."""
    hue = settings.CONSOLE_HUE
    return {
        shade: f"oklch({lightness}% {chroma} {hue})"
        for shade, (lightness, chroma) in _SHADES.items()
    }
