"""Paths below /api/v1/."""

from django.urls import path

from wallets.accounts import api, wallet_api

urlpatterns = [
    path("enrolments", api.EnrolmentsView.as_view()),
    path("enrolments/<str:enrolment_id>/confirm", api.ConfirmationView.as_view()),
    path("sessions", api.SessionsView.as_view()),
    path("devices", api.DevicesView.as_view()),
    path("devices/<str:device_id>", api.DeviceView.as_view()),
    path("wallets", wallet_api.WalletsView.as_view()),
    path("wallets/<str:wallet_id>", wallet_api.WalletView.as_view()),
    path("wallets/<str:wallet_id>/upgrade", wallet_api.UpgradeView.as_view()),
    path("wallets/<str:wallet_id>/sub-wallets", wallet_api.SubWalletsView.as_view()),
    path("wallets/<str:wallet_id>/freeze", wallet_api.FreezeView.as_view()),
    path("wallets/<str:wallet_id>/unfreeze", wallet_api.UnfreezeView.as_view()),
]
