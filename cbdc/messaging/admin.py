"""Messages in and out of this institution, to look at."""

from django.contrib import admin

from cbdc.admin_pages import ReadOnlyAdmin
from cbdc.messaging.models import InboxMessage, OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["id", "to", "kind", "attempts", "delivered_at", "parked_at", "last_error"]
    list_filter = [
        "to",
        "kind",
        ("delivered_at", admin.EmptyFieldListFilter),
        ("parked_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["id"]
    ordering = ["-id"]


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["message_id", "sender", "kind", "received_at"]
    list_filter = ["sender", "kind"]
    search_fields = ["message_id"]
    ordering = ["-received_at"]
