"""Pages of the consoles that are not of one model; they stand before the admin's own."""

from django.conf import settings
from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from cbdc.console import lookup, reports

page = admin.site.admin_view

ICON = f"{settings.STATIC_URL}console/icon.svg"

urlpatterns = [
    # What a browser asks for by itself, on pages that name no icon.
    path("favicon.ico", RedirectView.as_view(url=ICON)),
    path("admin/language/", set_language, name="set_language"),
    path("admin/look-up/", page(lookup.look_up), name="console-look-up"),
    path("admin/day-end/", page(reports.day_end), name="console-day-end"),
    path("admin/payment/<uuid:payment_id>/", page(reports.payment), name="console-payment"),
]
