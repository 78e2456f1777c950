"""The one path that institutions call."""

from django.urls import path

from cbdc.messaging.views import messages

urlpatterns = [path("interbank/v1/messages", messages)]
