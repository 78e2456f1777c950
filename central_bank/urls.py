"""Every path of the central bank."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from central_bank.clearing.api import SettlementCyclesView, SettlementCycleView
from central_bank.issuance.api import IssuerKeysView, SupplyView, TokenView
from central_bank.supervision.api import InstitutionsView, WalletLimitsView

urlpatterns = [
    path("", include("cbdc.messaging.urls")),
    path("admin/second-factor/", include("cbdc.access.urls")),
    path("", include("cbdc.console.urls")),
    path("admin/", admin.site.urls),
    path("", include("cbdc.api.urls")),
    path("api/v1/institutions", InstitutionsView.as_view()),
    path("api/v1/wallet-limits", WalletLimitsView.as_view()),
    path("api/v1/supply", SupplyView.as_view()),
    path("api/v1/issuer-keys", IssuerKeysView.as_view()),
    path("api/v1/tokens/<str:token_id>", TokenView.as_view()),
    path("api/v1/settlement-cycles", SettlementCyclesView.as_view()),
    path("api/v1/settlement-cycles/<str:cycle_id>", SettlementCycleView.as_view()),
]
if settings.DEVNET:
    urlpatterns.append(path("devnet/", include("cbdc.devnet.urls")))
