"""Paths below /api/v1/."""

from django.urls import path

from wallets.payments import api

urlpatterns = [
    path("payments", api.PaymentsView.as_view()),
    path("payment-codes", api.PaymentCodesView.as_view()),
    path("payments/<str:payment_id>", api.PaymentView.as_view()),
    path("wallets/<str:wallet_id>/top-ups", api.TopUpsView.as_view()),
    path("wallets/<str:wallet_id>/withdrawals", api.WithdrawalsView.as_view()),
    path("wallets/<str:wallet_id>/transactions", api.TransactionsView.as_view()),
    path("wallets/<str:wallet_id>/statement", api.StatementView.as_view()),
]
