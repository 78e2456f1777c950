"""Paths below /api/v1/."""

from django.urls import path

from wallets.accounts import api

urlpatterns = [
    path("enrolments", api.EnrolmentsView.as_view()),
    path("enrolments/<str:enrolment_id>/confirm", api.ConfirmationView.as_view()),
    path("sessions", api.SessionsView.as_view()),
    path("wallets", api.WalletsView.as_view()),
    path("wallets/<str:wallet_id>", api.WalletView.as_view()),
    path("wallets/<str:wallet_id>/upgrade", api.UpgradeView.as_view()),
    path("devices", api.DevicesView.as_view()),
    path("devices/<str:device_id>", api.DeviceView.as_view()),
]
