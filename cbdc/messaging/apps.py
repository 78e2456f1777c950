"""Django application: Messaging."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "cbdc.messaging"
    label = "messaging"
    verbose_name = "Messaging"
