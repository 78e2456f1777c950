"""Every path of a commercial bank."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("cbdc.api.urls")),
    path("", include("cbdc.messaging.urls")),
]
