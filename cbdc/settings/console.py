"""The theme of the staff consoles. What differs between institutions is asked at call time."""

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

# Whose menu, dashboard and look-up a process shows, by its role.
CONSOLES = {
    "central_bank": "central_bank.console.CONSOLE",
    "commercial_bank": "wallets.console.CONSOLE",
}
LANGUAGES = [("en", _("English")), ("zh-hans", _("Chinese"))]
FORMAT_MODULE_PATH = "cbdc.console.formats"
LANGUAGE_COOKIE_PATH = "/admin/"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "cbdc.console.branding.name",
    "SITE_HEADER": "cbdc.console.branding.name",
    "SITE_SUBHEADER": "cbdc.console.branding.role",
    "SITE_SYMBOL": "account_balance",
    "SITE_URL": None,
    "ENVIRONMENT": "cbdc.console.branding.environment",
    "COLORS": {"primary": "cbdc.console.branding.primary"},
    "SHOW_LANGUAGES": True,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/icon.svg")}
    ],
    "STYLES": [lambda request: static("console/console.css")],
    "SIDEBAR": {"navigation": "cbdc.console.menu.navigation"},
    "DASHBOARD_CALLBACK": "cbdc.console.dashboards.with_dashboard",
}
