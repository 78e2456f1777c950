"""Every path of a commercial bank."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from wallets.accounts.devnet import last_sms

# Django tries one after the other: what is asked for most stands first.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("wallets.payments.urls")),
    path("api/v1/", include("wallets.accounts.urls")),
    path("api/v1/", include("wallets.merchants.urls")),
    path("api/v1/", include("wallets.transit.urls")),
    path("", include("cbdc.messaging.urls")),
    path("admin/second-factor/", include("cbdc.access.urls")),
    path("", include("cbdc.console.urls")),
    path("admin/", admin.site.urls),
    path("", include("cbdc.api.urls")),
    path("pos", RedirectView.as_view(pattern_name="pos-till")),
    path("pos/", include("wallets.merchants.pos_urls")),
]

if settings.DEVNET:
    urlpatterns += [path("devnet/sms/<str:phone>", last_sms)]
