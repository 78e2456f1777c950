"""Paths below /api/v1/."""

from django.urls import path

from wallets.transit.operators import api as operators
from wallets.transit.riders import api as riders

urlpatterns = [
    path("wallets/<str:wallet_id>/transit-credentials", riders.CredentialsView.as_view()),
    path("wallets/<str:wallet_id>/journeys", riders.JourneysView.as_view()),
    path(
        "wallets/<str:wallet_id>/journeys/<str:journey_id>/correction",
        riders.CorrectionView.as_view(),
    ),
    path("transit/taps", operators.TapsView.as_view()),
    path("transit/deny-list", operators.DenyListView.as_view()),
    path("transit/fares", operators.FaresView.as_view()),
    path("transit/fares/<str:version>", operators.FareVersionView.as_view()),
    path("transit/journeys", operators.OperatorJourneysView.as_view()),
    path("transit/statements/<str:day>", operators.TransitStatementView.as_view()),
]
