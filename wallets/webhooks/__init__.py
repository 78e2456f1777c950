"""Webhooks: signed events to addresses that their owners chose (docs/reference/webhooks.md)."""
