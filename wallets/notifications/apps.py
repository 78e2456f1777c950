"""Django application: Notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "wallets.notifications"
    label = "notifications"
    verbose_name = "Notifications"
