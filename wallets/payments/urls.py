"""Paths below /api/v1/."""

from django.urls import path

from wallets.payments import api, history_api, requests_api, wallet_api

urlpatterns = [
    path("payments", api.PaymentsView.as_view()),
    path("payments/<str:payment_id>", api.PaymentView.as_view()),
    path("payment-codes", api.PaymentCodesView.as_view()),
    path("payment-requests", requests_api.PaymentRequestsView.as_view()),
    path("payment-requests/<str:request_id>", requests_api.PaymentRequestView.as_view()),
    path("payment-requests/<str:request_id>/accept", requests_api.AcceptView.as_view()),
    path("payment-requests/<str:request_id>/decline", requests_api.DeclineView.as_view()),
    path("payment-requests/<str:request_id>/cancel", requests_api.CancelView.as_view()),
    path("wallets/<str:wallet_id>/top-ups", api.TopUpsView.as_view()),
    path("wallets/<str:wallet_id>/withdrawals", api.WithdrawalsView.as_view()),
    path("wallets/<str:wallet_id>/transactions", history_api.TransactionsView.as_view()),
    path("wallets/<str:wallet_id>/statement", history_api.StatementView.as_view()),
    path("wallets/<str:wallet_id>/qr", wallet_api.WalletQrView.as_view()),
    path("wallets/<str:wallet_id>/auto-top-up", wallet_api.AutoTopUpView.as_view()),
    path("wallets/<str:wallet_id>/close", wallet_api.CloseView.as_view()),
    path("export", history_api.ExportView.as_view()),
]
