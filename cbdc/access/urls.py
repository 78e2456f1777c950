"""Paths of the second factor, below the admin's."""

from django.urls import path

from cbdc.access.views import EnrolView, RecoveryCodesView, SecondFactorView

urlpatterns = [
    path("", SecondFactorView.as_view(), name="second-factor"),
    path("enrol/", EnrolView.as_view(), name="second-factor-enrol"),
    path("recovery-codes/", RecoveryCodesView.as_view(), name="second-factor-codes"),
]
