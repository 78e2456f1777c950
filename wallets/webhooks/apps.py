"""Django application: Webhooks."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "wallets.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"
