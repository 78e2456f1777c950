"""Paths below /api/v1/."""

from django.urls import path

from wallets.payments import api
from wallets.payments.models import DepositMovement

_withdraw = api.MovementsView.as_view(kind=DepositMovement.Kind.WITHDRAWAL)

urlpatterns = [
    path("payments", api.PaymentsView.as_view()),
    path("payments/<str:payment_id>", api.PaymentView.as_view()),
    path("wallets/<str:wallet_id>/top-ups", api.MovementsView.as_view()),
    path("wallets/<str:wallet_id>/withdrawals", _withdraw),
    path("wallets/<str:wallet_id>/transactions", api.TransactionsView.as_view()),
]
