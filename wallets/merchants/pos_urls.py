"""Paths below /pos/: the cashier page."""

from django.urls import path

from wallets.merchants import pos, pos_calls

urlpatterns = [
    path("", pos.TillView.as_view(), name="pos-till"),
    path("login", pos.LoginView.as_view(), name="pos-login"),
    path("logout", pos.LogoutView.as_view(), name="pos-logout"),
    path("orders", pos.DayView.as_view(), name="pos-day"),
    path("orders/<str:order_id>", pos.OrderView.as_view(), name="pos-order"),
    path("calls/orders", pos_calls.OrdersCall.as_view()),
    path("calls/charges", pos_calls.ChargesCall.as_view()),
    path("calls/orders/<str:order_id>", pos_calls.OrderCall.as_view()),
    path("calls/orders/<str:order_id>/qr.svg", pos_calls.QrCall.as_view(), name="pos-qr"),
    path("calls/orders/<str:order_id>/close", pos_calls.CloseCall.as_view()),
    path("calls/orders/<str:order_id>/refunds", pos_calls.RefundsCall.as_view()),
    path("calls/refunds/<str:refund_id>", pos_calls.RefundCall.as_view()),
]
