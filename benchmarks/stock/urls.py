"""Both views."""

from django.urls import path

from benchmarks.stock.views import NoOp, Payments

urlpatterns = [path("no-op", NoOp.as_view()), path("payments", Payments.as_view())]
