"""Pages of the consoles that are not of one model; they stand before the admin's own."""

from django.urls import path
from django.views.i18n import set_language

urlpatterns = [
    path("admin/language/", set_language, name="set_language"),
]
