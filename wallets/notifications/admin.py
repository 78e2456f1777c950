"""What holders were told, and what could not be delivered; without phones."""

from django.contrib import admin

from cbdc.admin_pages import ReadOnlyAdmin
from wallets.notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "event", "wallet_id", "state", "attempts", "sent_at"]
    list_filter = ["state", "event"]
    search_fields = ["wallet_id"]
    ordering = ["-id"]
