"""Paths below /api/v1/."""

from django.urls import path

from wallets.merchants import api, refunds_api, statement_api, webhooks_api

urlpatterns = [
    path("merchant/orders", api.OrdersView.as_view()),
    path("merchant/orders/<str:order_id>", api.OrderView.as_view()),
    path("merchant/orders/<str:order_id>/close", api.CloseView.as_view()),
    path("merchant/orders/<str:order_id>/refunds", refunds_api.RefundsView.as_view()),
    path("merchant/refunds/<str:refund_id>", refunds_api.RefundView.as_view()),
    path("merchant/charges", api.ChargesView.as_view()),
    path("merchant/statements/<str:day>", statement_api.StatementView.as_view()),
    path("merchant/webhook-endpoints", webhooks_api.EndpointsView.as_view()),
    path("merchant/webhook-endpoints/<str:endpoint_id>", webhooks_api.EndpointView.as_view()),
    path(
        "merchant/webhook-endpoints/<str:endpoint_id>/redeliver",
        webhooks_api.RedeliverView.as_view(),
    ),
    path(
        "merchant/webhook-endpoints/<str:endpoint_id>/rotate-secret",
        webhooks_api.RotateView.as_view(),
    ),
    path("merchant/static-qr", api.StaticQrView.as_view()),
]
